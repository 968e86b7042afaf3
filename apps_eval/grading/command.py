"""``gifmcts grade FILE --data …``: grade given programs; no search, no model."""

import asyncio
import math
import shlex
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from apps_eval.grading.choices import Choices
from apps_eval.grading.exports import check_places, exported, exporting
from apps_eval.grading.folder import GradingFolder
from apps_eval.grading.grader import Counts
from apps_eval.grading.origin import origin_of
from apps_eval.grading.places import Choice, read_programs, recorded_run
from apps_eval.grading.printing import print_grading
from apps_eval.grading.progress import progress, say
from apps_eval.grading.request import RULES, Request, facts_of_rescoring, find_folder, place_for, recorded_options
from apps_eval.grading.session import Grading, Session, session
from apps_eval.options import Rules
from gifmcts.errors import UsageError
from gifmcts.settings import LISTED
from gifmcts.wording import harmless

_FLAT = Parameter(name="*")


@dataclass(frozen=True, kw_only=True)
class GradeOptions(Choices):
    """Which problems are scored, by which rules, and where results go."""

    data: Annotated[str, Parameter(show_default=False)] = ""
    """The problems, which programs always need: "mini", a jsonl file (plain or gzip), a parquet file, a directory of problems,
    or a public data set such as codeparrot/apps."""
    exclude: str | None = None
    """Leave out the problems of this list, which `gifmcts audit` writes: a jsonl file of problem_id and reason."""
    rules: Annotated[tuple[Rules, ...], LISTED] = RULES
    """Which judges decide; the first one's numbers stand at the head."""
    k: Annotated[tuple[int, ...], LISTED] = (1,)
    """k of pass@k; every problem that has programs needs as many."""
    all_problems: bool = False
    """Count problems without a program as failed, instead of leaving them out."""
    choice: Choice = Choice.CHOSEN
    """Of a recorded run: the programs that it chose, or all as samples."""
    time_limit: float | None = None
    """Processor seconds per test; by default 4, and with --rescore those recorded."""
    memory_mb: int | None = None
    """Memory per test in MiB, beyond the empty interpreter; by default 1024."""
    rescore: bool = False
    """Judge the stored outputs of an earlier grading by these settings; nothing is run."""
    tolerance: float | None = None
    """With --rescore: the tolerance of the strict rules for numbers that are no integers; by default 1e-6."""
    per_test: Path | None = None
    """Write a row a test to this jsonl file."""
    csv: Path | None = None
    """Write a row a program to this CSV file."""
    parquet: Path | None = None
    """Write a row a program to this Parquet file."""


_DEFAULTS: Final = GradeOptions()


def grade(programs: str, /, *, options: Annotated[GradeOptions, _FLAT] = _DEFAULTS) -> int:
    """Grade given programs on the problems of APPS; no search, no model.

    With the name of a recorded run and without --data, the run itself is graded; `gifmcts grade RUN --help` tells how.
    The same command goes on where an earlier one was stopped.

    Parameters
    ----------
    programs
        A jsonl file (problem_id, source, and sample where they are numbered), an all_codes.json, either of them gzip,
        a directory of PROBLEM.py or PROBLEM/SAMPLE.py, or the name or folder of a recorded run.
    """
    _check(options)
    check_places(options.per_test, options.csv, options.parquet)
    request = _request(programs, options)
    items = read_programs(programs, options.runs, options.choice)
    if request.origin is not None:
        say(harmless(f"the run {request.origin.run.name} was made on {request.origin.words}"))
    with progress() as watch, session(request, items, watch) as opened:
        if options.rescore:
            grading = _rescore(opened, options)
        else:
            try:
                grading = asyncio.run(_grade(opened, options))
            except asyncio.CancelledError:
                say("interrupted; what was finished is kept. To continue:")
                say(shlex.join(word for word in ("gifmcts", *sys.argv[1:]) if word != "--fresh"))
                return 130
    print_grading(grading, options.json)
    return 1 if grading.unjudged else 0


def _check(options: GradeOptions) -> None:
    if not options.data:
        raise UsageError("programs need --data, which names the problems that they are for, such as --data apps.jsonl")
    if options.tolerance is not None and not options.rescore:
        raise UsageError("--tolerance judges stored outputs: add --rescore, after the programs were graded once")
    if options.tolerance is not None and not 0 <= options.tolerance < math.inf:
        raise UsageError(f"--tolerance {options.tolerance:g}: give a number of at least 0")
    if options.rescore and (options.fresh or options.memory_mb is not None):
        raise UsageError("--rescore runs nothing: leave --fresh and --memory-mb away")


def _request(programs: str, options: GradeOptions) -> Request:
    time_limit = 4.0 if options.time_limit is None else options.time_limit
    chosen = options.for_apps(time_limit, 1024 if options.memory_mb is None else options.memory_mb, options.exclude)
    command = shlex.join(["gifmcts", *sys.argv[1:]])
    asked = Request(chosen, options.rules, options.k, options.all_problems, None, programs, command)
    run = recorded_run(programs, options.runs)
    return asked if run is None else replace(asked, origin=origin_of(run, asked.source()))


async def _grade(opened: Session, options: GradeOptions) -> Grading:
    """Grade, and end cleanly on SIGINT and SIGTERM."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel if task else lambda: None)
    folder, counts, facts = await opened.run(options.out or place_for(options.runs, opened.request.name), options.fresh)
    fold = opened.fold(folder)
    with exporting(options.per_test, options.csv, options.parquet, options.rules) as exports:
        return opened.conclude(exported(fold.recorded(), exports), fold, folder, counts, facts)


def _rescore(opened: Session, options: GradeOptions) -> Grading:
    """Judge what an earlier grading stored."""
    folder = GradingFolder(options.out or find_folder(options.runs, opened.request))
    opened.request = replace(opened.request, options=recorded_options(folder, opened.request.options, options.time_limit))
    fold = opened.fold(folder)
    with exporting(options.per_test, options.csv, options.parquet, options.rules) as exports:
        results = exported(opened.rescored(folder, fold, options.tolerance), exports)
        return opened.conclude(results, fold, folder, Counts(), facts_of_rescoring(folder, opened.request, options.tolerance))
