"""Which commands there are, where their values come from, and what the exit status says."""

import errno
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points, version
from pathlib import Path

from cyclopts import App, Parameter
from cyclopts.config import Env, Toml
from rich.console import Console

from gifmcts.errors import GifmctsError, PreflightError, UsageError

FINISHED, UNJUDGED, USAGE, PREFLIGHT, INTERRUPTED = 0, 1, 2, 3, 130

_ABOUT = """Evaluate program search with language models: GIF-MCTS on APPS, with unit tests as the reward.

Values come from flags, then from environment variables GIFMCTS_…, then from --config FILE.toml, then from defaults.
Results go to standard output, everything else to standard error.
Exit status: 0 finished, or stopped by a limit that you set; 1 something could not be done (tasks unjudged, a server or a folder lost);
2 usage; 3 preflight failed; 130 interrupted. Where a run can be continued, the last line printed is the command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=os.environ.get("GIFMCTS_LOG", "WARNING").upper(), format="%(levelname)s %(name)s: %(message)s")
    errors = Console(stderr=True)
    try:
        config, words = _take_config(words)
        benchmark, words = _take(words, "--benchmark", "NAME") if words[:1] in (["grade"], ["audit"], ["ablate"]) else (None, words)
        result = build(config, words, benchmark)(words, error_console=errors, result_action="return_value", exit_on_error=False)
        print(end="", flush=True)
    except GifmctsError as error:
        from gifmcts.wording import harmless

        errors.print("error:", style="bold red", end=" ")
        errors.print(harmless(str(error)), markup=False, highlight=False, soft_wrap=True)
        return _status(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _leave_output()
        return FINISHED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _leave_output()
        errors.print("error:", style="bold red", end=" ")
        errors.print(
            f"the results could not be written: {error.strerror}; make room, or send them elsewhere", highlight=False, soft_wrap=True
        )
        return UNJUDGED
    except Exception as error:
        if _cyclopts_error(error):
            return USAGE
        raise
    return result if isinstance(result, int) else FINISHED


def _leave_output() -> None:
    """What is still to be written goes nowhere, so that the interpreter's end does not complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def build(config: Path | None, words: Sequence[str], benchmark: str | None = None) -> App:
    """The application; only the benchmark that the words name, or that grades the programs which they name, is imported."""
    sources = [Env("GIFMCTS_", command=False)]
    if config is not None:
        _check_config(config)
        sources.append(Toml(config, must_exist=True, use_commands_as_keys=False))  # type: ignore[arg-type]
    app = App(
        name="gifmcts",
        help=_ABOUT,
        help_format="plaintext",
        version=lambda: f"gifmcts {version('gifmcts')}",
        config=sources,
        default_parameter=Parameter(negative_iterable=(), negative_bool=()),
    )
    epilogue = "--config FILE.toml gives values for any of these options; GIFMCTS_BUDGET=50 in the environment gives one."
    run = App(name="run", help="Search and grade the problems of a benchmark.", help_epilogue=epilogue)
    app.command(run)
    for point in entry_points(group="gifmcts.benchmarks"):
        if "run" in words and point.name in words:
            from gifmcts.cli.run import command

            run.command(command(point.name), name=point.name)
        else:
            run.command(App(name=point.name, help=f"Run the benchmark {point.name}; `gifmcts run {point.name} --help` lists its options."))
        if words[:1] == [point.name]:
            from gifmcts.cli.extras import extras

            app.command(extras(point.name))
        else:
            app.command(App(name=point.name, help=f"Commands of the benchmark {point.name} alone, where it has any."))
    if words[:1] == ["ablate"]:
        from gifmcts.cli.ablating import command as ablating

        app.command(ablating(benchmark or "apps"), name="ablate", help_epilogue=epilogue)
    else:
        app.command(App(name="ablate", help=_HELP["ablate"]))
    for name in ("runs", "show", "view", "report", "export", "compare", "grade", "check"):
        if name == "grade" and words[:1] == ["grade"]:
            from gifmcts.cli.grading import command as grading

            app.command(grading(words[1:], benchmark), name=name)
        else:
            app.command(f"gifmcts.cli.{_MODULES[name]}:{name}", name=name, help=_HELP[name])
    if words[:1] == ["audit"]:
        from gifmcts.cli.offers import offered

        app.command(offered("audit", benchmark), name="audit")
    else:
        app.command(App(name="audit", help=_HELP["audit"]))
    return app


_MODULES = {
    "runs": "listing",
    "show": "listing",
    "view": "viewing",
    "report": "publishing",
    "export": "publishing",
    "compare": "comparing",
    "grade": "grading",
    "check": "checking",
}
_HELP = {
    "runs": "List the runs of a folder.",
    "show": "Show a run's report, or one problem's search tree.",
    "view": "Show runs in a browser on this machine.",
    "report": "Write one page with the numbers and figures of runs.",
    "export": "Write every attempt of a run as a row.",
    "ablate": "Compare ways of searching that differ in a few settings, and best-of-n, over several seeds.",
    "compare": "Compare two runs over the problems that both have judged.",
    "grade": "Grade a file of programs, or programs of a finished run that were not graded yet.",
    "audit": "Run the reference solutions of a benchmark's data, and list problems that cannot be trusted.",
    "check": "Say what works on this machine: isolation, benchmarks, the model.",
}


def _take_config(words: list[str]) -> tuple[Path | None, list[str]]:
    """The file of ``--config`` and the other words."""
    file, words = _take(words, "--config", "FILE.toml")
    file = os.environ.get("GIFMCTS_CONFIG") if file is None else file
    return (Path(file) if file else None), words


def _take(words: list[str], flag: str, example: str) -> tuple[str | None, list[str]]:
    """The value of a flag that is needed before there is an application, and the other words."""
    for index, word in enumerate(words):
        if word == "--":
            break
        if word.startswith(f"{flag}="):
            return word.removeprefix(f"{flag}="), words[:index] + words[index + 1 :]
        if word == flag:
            if index + 1 == len(words):
                raise UsageError(f"{flag} needs a value: {flag} {example}")
            return words[index + 1], words[:index] + words[index + 2 :]
    return None, words


def _check_config(file: Path) -> None:
    """Refuse a file that cannot be read before anything is made of it."""
    import tomllib

    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--config {file}: {error.strerror}; give a TOML file") from error
    except ValueError as error:
        raise UsageError(f"--config {file} is not TOML: {error}") from error


def _status(error: GifmctsError) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return PREFLIGHT if isinstance(error, PreflightError) else UNJUDGED


def _cyclopts_error(error: Exception) -> bool:
    from cyclopts import CycloptsError

    return isinstance(error, CycloptsError)
