"""``gifmcts grade RUN``: grade programs of a recorded run that were not graded yet."""

import asyncio
from pathlib import Path

from gifmcts.assembly import reopen
from gifmcts.cli.listing import find
from gifmcts.cli.rendering import print_report
from gifmcts.report import report
from gifmcts.run import grade_recorded
from gifmcts.settings import Grading


def grade(
    run: str, /, *, grade: Grading = Grading.FRONTIER, runs: Path = Path("runs"), workers: int | None = None, json: bool = False
) -> int:
    """Grade programs of a recorded run that were not graded yet; no model is asked.

    Parameters
    ----------
    run
        The run's name, or the path of its folder.
    grade
        Which programs: every one that was best so far, the best, or all.
    runs
        Where run folders stand.
    workers
        Processes that run programs; by default one per core.
    json
        Print one JSON object instead of the report.
    """
    folder = find(run, runs)
    benchmark = reopen(folder.manifest(), {} if workers is None else {"workers": workers})
    added = asyncio.run(grade_recorded(benchmark, folder, grade))
    result = report(folder)
    print_report(result, folder.path, json)
    if not json:
        print(f"{added} programs were graded now")
    return 1 if result.unjudged else 0
