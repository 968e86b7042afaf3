"""Results as files: a row a test as jsonl, a row a program as CSV or Parquet; each appears whole or not at all."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol, Self, TextIO

from apps_eval.grading.results import Graded, GradedProblem
from apps_eval.options import Rules
from gifmcts import records
from gifmcts.errors import StoreError, UsageError

_BATCH = 1000
_NUMBERS: Mapping[str, type] = {"solved": bool, "passed": int, "cpu_seconds": float, "near_limit": int, "stopped_by_clock": int}
"""What a row a program says under each rule set."""


class Export(Protocol):
    """A file that takes programs one at a time."""

    def add(self, program: Graded) -> None:
        """Write what there is to say of a program."""
        ...


class PerTest:
    """A jsonl file with a row a program and test."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, program: Graded) -> None:
        """Write a row a test: verdict and measurements under the first rule set, the reference scorer's code where it was asked for."""
        official = program.marks.get(Rules.OFFICIAL)
        for place, mark in enumerate(next(iter(program.marks.values()), ())):
            row: dict[str, object] = {
                "problem_id": program.problem_id,
                "sample": program.sample,
                "test": mark.test,
                "verdict": mark.verdict,
                "official": official[place].code if official else None,
                "cpu_seconds": mark.cpu_seconds,
                "memory_bytes": mark.memory_bytes,
                "near_limit": mark.near_limit,
                "stopped_by_clock": mark.stopped_by_clock,
                "error": mark.error,
                "verdicts": {rules.value: marks[place].verdict.value for rules, marks in program.marks.items()},
            }
            self._file.write(records.encode(row) + b"\n")


class Csv:
    """A CSV file with a row a program."""

    def __init__(self, file: TextIO, rules: Sequence[Rules]) -> None:
        self._rules = rules
        self._writer = csv.DictWriter(file, columns(rules))
        self._writer.writeheader()

    def add(self, program: Graded) -> None:
        """Write a row."""
        self._writer.writerow(_row(program, self._rules))


class Parquet:
    """A Parquet file with a row a program, written in batches."""

    def __init__(self, path: Path, rules: Sequence[Rules]) -> None:
        import pyarrow
        from pyarrow import parquet

        kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
        self._rules = rules
        self._rows: list[dict[str, object]] = []
        self._table = pyarrow.Table
        self._schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns(rules).items()])
        self._writer = parquet.ParquetWriter(path, self._schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, program: Graded) -> None:
        """Write a row, soon."""
        self._rows.append(_row(program, self._rules))
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


def columns(rules: Sequence[Rules]) -> dict[str, type]:
    """The columns of a row a program."""
    found: dict[str, type] = {"problem_id": str, "sample": int, "difficulty": str, "place": str, "tests": int}
    for one in rules:
        found |= {f"{one.value}_{name}": kind for name, kind in _NUMBERS.items()}
    return found


def _row(program: Graded, rules: Sequence[Rules]) -> dict[str, object]:
    row: dict[str, object] = {
        "problem_id": program.problem_id,
        "sample": program.sample,
        "difficulty": program.difficulty,
        "place": program.place.encode("utf-8", "replace").decode("utf-8"),
        "tests": max((len(marks) for marks in program.marks.values()), default=0),
    }
    for one in rules:
        marks = program.marks.get(one)
        values: tuple[object, ...] = (None,) * len(_NUMBERS)
        if marks is not None:
            counts = (sum(mark.near_limit for mark in marks), sum(mark.stopped_by_clock for mark in marks))
            seconds = round(sum(mark.cpu_seconds for mark in marks), 6)
            values = (program.solved(one), sum(mark.passed for mark in marks), seconds, *counts)
        row |= dict(zip((f"{one.value}_{name}" for name in _NUMBERS), values, strict=True))
    return row


@contextmanager
def exporting(per_test: Path | None, csv_file: Path | None, parquet: Path | None, rules: Sequence[Rules]) -> Iterator[list[Export]]:
    """The files that were asked for; they take their names when everything is written.

    Raises:
        StoreError: one cannot be written.
    """
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in (per_test, csv_file, parquet) if path is not None}
    try:
        with ExitStack() as held:
            exports: list[Export] = []
            if per_test is not None:
                exports.append(PerTest(held.enter_context(drafts[per_test].open("wb"))))
            if csv_file is not None:
                exports.append(Csv(held.enter_context(drafts[csv_file].open("w", newline="", encoding="utf-8")), rules))
            if parquet is not None:
                exports.append(held.enter_context(Parquet(drafts[parquet], rules)))
            yield exports
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise StoreError(f"the results cannot be written ({error.strerror or error}); make room or choose another place") from error
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def check_places(per_test: Path | None, csv_file: Path | None, parquet: Path | None) -> None:
    """Refuse, before anything is run, what could not be written after it.

    Raises:
        UsageError: a file cannot stand where it is asked for, two are the same, or a library is not installed.
    """
    named = {flag: path for flag, path in (("--per-test", per_test), ("--csv", csv_file), ("--parquet", parquet)) if path is not None}
    check_writable(named)
    if len({path.absolute() for path in named.values()}) < len(named):
        raise UsageError(f"{' and '.join(named)} name the same file: give each its own")
    if parquet is not None:
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise UsageError("--parquet needs pyarrow: install it by `pip install 'gifmcts[parquet]'`, or use --csv") from error


def check_writable(named: Mapping[str, Path]) -> None:
    """Refuse files, by the flags that name them, which could not be written in the end.

    Raises:
        UsageError: there is no such directory, it cannot be written, or the file is one.
    """
    for flag, path in named.items():
        if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
            raise UsageError(f"{flag} {path} cannot be written: give a file in a directory that exists and can be written")


def exported(problems: Iterable[GradedProblem], exports: Sequence[Export]) -> Iterator[GradedProblem]:
    """The problems, written to every file as they pass."""
    for problem in problems:
        for program in problem.programs:
            for export in exports:
                export.add(program)
        yield problem
