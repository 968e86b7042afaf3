"""Grading from Python: programs and problems in, typed results out."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from apps_eval.grading.origin import origin_of
from apps_eval.grading.places import read_programs, recorded_run
from apps_eval.grading.programs import Item, Submission
from apps_eval.grading.request import RULES, Request
from apps_eval.grading.results import Graded, GradedProblem
from apps_eval.grading.session import Grading, session
from apps_eval.options import AppsOptions, Rules
from apps_eval.problem import Problem
from gifmcts.errors import UsageError


def grade(
    programs: str | Path | Iterable[Submission],
    problems: str | Path | Iterable[Problem],
    rules: str | Sequence[str] = RULES,
    *,
    k: int | Sequence[int] = (1,),
    all_problems: bool = False,
    options: AppsOptions | None = None,
    out: Path | None = None,
) -> Grading:
    """Run programs on the tests of their problems and judge them by one rule set or more.

    Args:
        programs: submissions, or what names them on the command line: a file, a directory, a recorded run.
        problems: problems, or what names them as ``--data``.
        rules: ``strict``, ``official`` or both; the first one's numbers stand at the head.
        k: of pass@k, one or several.
        all_problems: count problems without a program as failed, instead of leaving them out.
        options: limits, filters and workers; its ``data`` and ``rules`` are not looked at.
        out: a folder that keeps what was run, so that the same call goes on where another was stopped.

    Raises:
        UsageError: programs, problems or settings that cannot be meant.
        PreflightError: there is no isolation here.
        StoreError: ``out`` cannot be written.
    """
    named = isinstance(problems, str | Path)
    if not named and out is not None:
        raise UsageError("out needs problems that are named by a file or a data set: others cannot be told apart by a later call")
    chosen = replace(options or AppsOptions(), data=str(problems) if named else "given")
    request = Request(
        options=chosen,
        rules=tuple(map(_rules, [rules] if isinstance(rules, str) else rules)),
        ks=(k,) if isinstance(k, int) else tuple(k),
        all_problems=all_problems,
        posed=None if isinstance(problems, str | Path) else problems,
        name=str(programs) if isinstance(programs, str | Path) else "programs",
    )
    run = recorded_run(str(programs)) if isinstance(programs, str | Path) else None
    if run is not None:
        request = replace(request, origin=origin_of(run, request.source()))
    items: Iterable[Item] = read_programs(str(programs)) if isinstance(programs, str | Path) else programs
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _grade(request, items, out)
    # A notebook has an event loop of its own in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_grade, request, items, out).result()


def _rules(name: str) -> Rules:
    try:
        return Rules(name)
    except ValueError:
        raise UsageError(f"there are no rules {name!r}: give {' or '.join(Rules)}") from None


def _grade(request: Request, items: Iterable[Item], out: Path | None) -> Grading:
    kept: list[Graded] = []
    with session(request, items) as opened, TemporaryDirectory() if out is None else nullcontext(str(out)) as place:
        folder, counts, facts = asyncio.run(opened.run(Path(place)))
        fold = opened.fold(folder)
        grading = opened.conclude(_keeping(fold.recorded(), kept), fold, folder, counts, facts)
    return replace(grading, programs=tuple(kept), folder=out)


def _keeping(problems: Iterable[GradedProblem], kept: list[Graded]) -> Iterator[GradedProblem]:
    for problem in problems:
        kept.extend(problem.programs)
        yield problem
