"""What a user's word names: a file of programs, a directory of them, or a recorded run."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from apps_eval.grading.original import read_original
from apps_eval.grading.programs import Item, Refused, Submission, numbered, read_rows
from apps_eval.problem import Json
from apps_eval.row import BadRow, is_id, parse
from gifmcts.errors import UsageError
from gifmcts.store import RunFolder

_FORMS = "give a jsonl file, an all_codes.json, a directory of programs, or a recorded run"
_ROWS, _ORIGINAL = (".jsonl", ".jsonl.gz"), (".json", ".json.gz")


class Choice(StrEnum):
    """Which programs of a recorded run are graded."""

    CHOSEN = "chosen"
    """The one program of each problem that the run chose."""
    ALL = "all"
    """Every attempt, as a sample; an attempt without a program counts as an empty one."""


def read_programs(name: str, runs: Path = Path("runs"), choice: Choice = Choice.CHOSEN) -> Iterator[Item]:
    """The programs that a word names, in a fixed order.

    Raises:
        UsageError: there is nothing of that name.
        StoreError: it is a recorded run whose files are damaged.
    """
    path, run = Path(name), recorded_run(name, runs)
    if run is not None:
        return _recorded(run, choice)
    if path.is_dir():
        return _directory(path)
    if path.is_file():
        return _file(path)
    raise UsageError(f"there are no programs at {name!r}: {_FORMS}")


def recorded_run(name: str, runs: Path = Path("runs")) -> RunFolder | None:
    """The recorded run that a word names, by its folder or its name."""
    return next((RunFolder(folder) for folder in (Path(name), runs / name) if (folder / "config.json").is_file()), None)


def _file(path: Path) -> Iterator[Item]:
    return read_original(path) if path.name.endswith(_ORIGINAL) else read_rows(path)


def _directory(path: Path) -> Iterator[Item]:
    """Files ``PROBLEM.py``, directories ``PROBLEM`` of them, and files of programs side by side; hidden ones are not looked at."""
    for entry in _inside(path):
        if entry.is_dir():
            yield from _samples(entry)
        elif entry.name.endswith(_ROWS + _ORIGINAL):
            yield from _placed(entry.name, _file(entry))
        elif entry.suffix == ".py":
            yield _program(entry, entry.stem, None, entry.name)
        else:
            yield Refused(entry.name, "neither a program (PROBLEM.py) nor a file of programs (.jsonl, .json)")


def _placed(name: str, items: Iterator[Item]) -> Iterator[Item]:
    for item in items:
        place = f"{name} {item.place}"
        yield (
            Submission(item.problem_id, item.source, item.sample, place) if isinstance(item, Submission) else Refused(place, item.reason)
        )


def _samples(directory: Path) -> Iterator[Item]:
    """The programs of one problem: ``SAMPLE.py``, or the list of a ``gen_solutions.json`` as it was published with CodeRL."""
    for entry in _inside(directory):
        place = f"{directory.name}/{entry.name}"
        if entry.name == "gen_solutions.json":
            yield from _generated(entry, directory.name, place)
        elif entry.suffix == ".py" and entry.name != "starter_code.py":
            sample = int(entry.stem) if entry.stem.isdecimal() and len(entry.stem) < 10 else None
            yield _program(entry, directory.name, sample, place)


def _generated(file: Path, problem: str, place: str) -> Iterator[Item]:
    try:
        rows = parse(file.read_bytes())
    except (BadRow, OSError) as error:
        yield Refused(place, str(error))
        return
    if not isinstance(rows, list):
        yield Refused(place, "not a list of programs")
        return
    for index, row in enumerate(rows):
        source: Json = row.get("code") if isinstance(row, dict) else row
        yield numbered(problem, index, source, f"{place} program {index}")


def _program(file: Path, problem: str, sample: int | None, place: str) -> Item:
    if not is_id(problem):
        return Refused(place, f"{problem[:80]!r} is no problem id")
    try:
        return Submission(problem, file.read_text(encoding="utf-8"), sample, place)
    except (OSError, UnicodeDecodeError) as error:
        return Refused(place, f"unreadable: {error}")


def _inside(directory: Path) -> list[Path]:
    return sorted(entry for entry in directory.iterdir() if not entry.name.startswith("."))


def _recorded(folder: RunFolder, choice: Choice) -> Iterator[Item]:
    """The programs of a run's finished problems; those that were not finished are refused by name."""
    folder.manifest()
    summaries = folder.summaries()
    for task in folder.tasks():
        if task not in summaries:
            yield Refused(f"problem {task}", "its search is not finished")
            continue
        best = summaries[task].best
        for attempt in folder.tree(task)[1]:
            if choice is Choice.ALL or attempt.index == best:
                sample = attempt.index if choice is Choice.ALL else 0
                source = attempt.program.source if attempt.program else ""
                yield Submission(task, source, sample, f"problem {task} attempt {attempt.index}")
