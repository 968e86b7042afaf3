"""Where given programs come from: rows, the original form, directories and recorded runs; read one at a time."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeAlias, cast

from apps_eval.problem import Json
from apps_eval.row import BadRow, columns, is_id, row_id

LARGEST_SAMPLE: Final = 10**9
"""The largest number that a sample may have."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One program that somebody wrote for a problem."""

    problem_id: str
    source: str
    sample: int | None = None
    """Which of the problem's samples it is; ``None`` takes the smallest number that is free."""
    place: str = ""
    """Where it was read, such as ``line-17``."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What should have been a program and is none, and why."""

    place: str
    reason: str


Item: TypeAlias = "Submission | Refused"
"""A program, or the reason why there is none at its place."""


def read_rows(path: Path) -> Iterator[Item]:
    """The programs of a jsonl file, plain or gzip: ``problem_id``, ``source``, and ``sample`` where they are numbered."""
    number = 0
    try:
        with opened(path) as file:
            while line := file.readline():
                number += 1
                if not line.isspace():
                    yield _row(f"line-{number}", line)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Refused(f"line-{number + 1}", f"the gzip file is damaged here and the rest of it is lost: {error}")
    except OSError as error:
        yield Refused(f"line-{number + 1}", f"the file cannot be read here: {error.strerror}")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, plain or gzip by its first two bytes, whatever its name says."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not compressed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as stream:
            yield cast("IO[bytes]", stream)


def _row(place: str, line: bytes) -> Item:
    try:
        row = columns(line)
        source = row.get("source")
        if not isinstance(source, str):
            raise BadRow("no program: source is not a text" if "source" in row else "no program: there is no source")
        return Submission(row_id(row), source, _sample(row.get("sample")), place)
    except BadRow as error:
        return Refused(place, str(error))


def _sample(value: Json) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SAMPLE:
        raise BadRow(f"sample is not a whole number within 0 … {LARGEST_SAMPLE}")
    return value


def numbered(problem_id: str, index: int, source: Json, place: str) -> Item:
    """A program by its place in a list; a place without a program keeps its number."""
    if not is_id(problem_id):
        return Refused(place, f"{problem_id[:80]!r} is no problem id")
    if not isinstance(source, str):
        return Refused(place, "no program: not a text")
    return Submission(problem_id, source, index, place)
