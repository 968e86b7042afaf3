"""``gifmcts grade``: a recorded run by its own benchmark, or given programs by a benchmark that knows how."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from cyclopts import App, CycloptsError

from gifmcts.assembly import reopen
from gifmcts.cli.listing import find
from gifmcts.cli.offers import offered, offers
from gifmcts.cli.rendering import print_report
from gifmcts.errors import UsageError
from gifmcts.report import report
from gifmcts.run import grade_recorded
from gifmcts.settings import Grading

_HELP_FLAGS = ("--help", "-h")


def command(words: Sequence[str], benchmark: str | None) -> Callable[..., int]:
    """What ``grade`` does with these words: grade a recorded run, or hand given programs to the benchmark that grades them.

    Raises:
        UsageError: the words name neither a run nor a file, or it is open which benchmark is meant.
    """
    if not offers("grade") or (benchmark is None and _names_run(words)):
        return grade
    return offered("grade", benchmark)


def _names_run(words: Sequence[str]) -> bool:
    """Whether the words are those of grading a recorded run: they fit that command, and name a run.

    Raises:
        UsageError: they fit, and name neither a run nor a file.
    """
    app = App(default_command=grade, help_flags=(), version_flags=())
    given = [word for word in words if word not in _HELP_FLAGS]
    try:
        _, bound, _ = app.parse_args(given, exit_on_error=False, print_error=False)
    except CycloptsError:
        return False
    name, runs = str(bound.arguments["run"]), Path(bound.arguments.get("runs", "runs"))
    if any((path / "config.json").is_file() for path in (runs / name, Path(name))):
        return True
    if given != list(words):
        return not Path(name).exists()
    if not Path(name).exists():
        raise UsageError(
            f"there is no run {name!r} in {runs}, and no file of that name: `gifmcts runs` lists runs, --data goes with programs"
        )
    return False


def grade(
    run: str, /, *, grade: Grading = Grading.FRONTIER, runs: Path = Path("runs"), workers: int | None = None, json: bool = False
) -> int:
    """Grade programs of a recorded run that were not graded yet; no model is asked.

    With --data, or with a file or a directory of programs instead of a run, other options apply: `gifmcts grade --help` lists them.

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
