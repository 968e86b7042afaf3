"""``gifmcts run BENCHMARK``: resolve, search, grade, report, and say how to go on when it was left."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import Field, dataclass, fields
from difflib import get_close_matches
from types import FunctionType
from typing import Annotated, Any, cast

from cyclopts import Parameter
from rich.console import Console

from gifmcts.assembly import Plan, benchmark_class, plan
from gifmcts.cli.app import FINISHED, INTERRUPTED, UNJUDGED
from gifmcts.cli.progress import observer
from gifmcts.cli.rendering import print_plan, print_report
from gifmcts.errors import ConfigError, ModelError, UsageError
from gifmcts.models.catalog import ModelSettings
from gifmcts.report import report
from gifmcts.run import Limits, Run
from gifmcts.seams import Benchmark
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.wording import harmless

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FLAT = Parameter(name="*")


@dataclass(frozen=True, slots=True)
class Display:
    """What is shown of a run, and whether it is run at all."""

    json: bool = False
    """Print one JSON object at the end instead of the report."""
    dry_run: bool = False
    """Say what would be run, and ask and write nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a command that searches."""

    benchmark: Benchmark
    options: object
    settings: RunSettings
    sampling: SamplingSettings
    models: ModelSettings
    display: Display


def command(name: str) -> Callable[..., int]:
    """The command of a benchmark, with its options beside the engine's."""
    kind = benchmark_class(name)

    def run(*, options: Any, settings: RunSettings, models: ModelSettings, sampling: SamplingSettings, display: Display) -> int:
        request = Request(kind(options), options, settings, sampling, models, display)  # type: ignore[call-arg]
        return asyncio.run(interruptible(lambda: _run(request)))

    run.__doc__ = (
        f"Search and grade the problems of {name}.\n\nThe same command continues a run that was left, and reports one that is finished."
    )
    return with_options(cast("FunctionType", run), kind.options)


def with_options(command: FunctionType, options: type, *own: str) -> Callable[..., int]:
    """Give a command, beside its own, the options of a benchmark, a run, models, sampling and what is shown, each as a flag.

    Raises:
        ConfigError: the environment has a variable of ours that no option reads.
    """
    kinds = {"options": options, "settings": RunSettings, "models": ModelSettings, "sampling": SamplingSettings, "display": Display}
    known = [field for kind in kinds.values() for field in fields(kind) if not _is_internal(field)]
    _refuse_unknown_variables({f"GIFMCTS_{name.upper()}" for name in (*own, *(field.name for field in known))})
    command.__annotations__ |= {name: Annotated[kind, _FLAT] for name, kind in kinds.items()}
    command.__kwdefaults__ = {**(command.__kwdefaults__ or {}), **{name: kind() for name, kind in kinds.items()}}
    return command


def _is_internal(known: "Field[object]") -> bool:
    """Whether nobody can set a field by a flag or a variable."""
    marks = getattr(known.type, "__metadata__", ())
    return any(isinstance(mark, Parameter) and mark.parse is False for mark in marks)


def _refuse_unknown_variables(known: set[str]) -> None:
    """A misspelt variable must not silently change the run.

    Raises:
        ConfigError: the environment has a variable of ours that nothing reads.
    """
    known |= {"GIFMCTS_CONFIG", "GIFMCTS_LOG", "GIFMCTS_API_KEY", "GIFMCTS_TEST_DATA", "GIFMCTS_WRITE_GOLDEN"}
    for name in sorted(os.environ):
        if name.startswith("GIFMCTS_") and name not in known and not name.startswith("GIFMCTS_SET_"):
            close = get_close_matches(name, known, 1)
            raise ConfigError(
                f"the environment variable {name} means nothing here{f'; did you mean {close[0]}?' if close else ''}; unset it"
            )


async def interruptible(work: Callable[[], Coroutine[object, object, int]]) -> int:
    """Do the work, and end cleanly with the command that continues on SIGINT, SIGTERM and, unless ``nohup`` set it aside, SIGHUP."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    heard = [number for number in _ENDINGS if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        loop.add_signal_handler(number, task.cancel if task else lambda: None)
    try:
        return await work()
    except asyncio.CancelledError:
        say_how_to_continue("interrupted; what was committed is kept. To continue:")
        return INTERRUPTED
    except ModelError as error:
        say(f"error: {error}", "bold red")
        say_how_to_continue("what was committed is kept. To continue:")
        return UNJUDGED
    finally:
        for number in heard:
            loop.remove_signal_handler(number)


async def _run(request: Request) -> int:
    async with request.benchmark.open(), _planned(request) as prepared:
        folder = RunFolder(request.settings.runs / prepared.name)
        if request.display.dry_run:
            print_plan(prepared, folder.path, request.display.json)
            return FINISHED
        await prepared.model.preflight()
        with folder.claim(prepared.manifest, request.settings.fresh):
            try:
                stopped = await _search(request, prepared, folder)
            finally:
                folder.forget_if_empty()
    result = report(folder)
    print_report(result, folder.path, request.display.json)
    if stopped:
        say_how_to_continue(f"stopped by {stopped}, {result.problems} problems are finished. To go on:", request.settings.max_tokens_total)
    return UNJUDGED if result.unjudged else FINISHED


async def _search(request: Request, prepared: Plan, folder: RunFolder) -> str | None:
    limits = Limits(request.settings.max_tokens_total, request.settings.max_hours)
    with observer(prepared, folder) as watching:
        run = Run(
            prepared.benchmark,
            prepared.strategy,
            prepared.setting,
            folder,
            watching,
            prepared.grading,
            limits,
            prepared.references.tasks,
        )
        stopped = await run.go(request.settings.concurrency)
    if not watching.counts.found:
        raise UsageError(
            f"there is no problem to run: {watching.counts.refused} were left out, and no other is in the data; see --data and its filters"
        )
    say(watching.last_words(folder.name))
    return stopped


@asynccontextmanager
async def _planned(request: Request) -> AsyncIterator[Plan]:
    prepared = plan(request.benchmark, request.options, request.settings, request.sampling, request.models, ["gifmcts", *sys.argv[1:]])
    try:
        yield prepared
    finally:
        with contextlib.suppress(ModelError):
            await prepared.model.close()


def say(text: str, style: str = "") -> None:
    """Say something on standard error."""
    Console(stderr=True).print(harmless(text), style=style, markup=False, highlight=False, soft_wrap=True)


def say_how_to_continue(reason: str, tokens: int | None = None) -> None:
    """The last line is a command that goes on; where a limit of all starts together was reached, with twice that limit."""
    words = [word for word in sys.argv[1:] if word != "--fresh"]
    if tokens is not None:
        words = [word for word in words if not word.startswith("--max-tokens-total=")]
        while "--max-tokens-total" in words:
            place = words.index("--max-tokens-total")
            del words[place : place + 2]
        words += ["--max-tokens-total", str(2 * tokens)]
    say(reason, "yellow")
    say(shlex.join(["gifmcts", *words]))
