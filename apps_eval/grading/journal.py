"""The tests of programs whose execution is under way, a line each, so that a kill loses the tests in flight and no others."""

from pathlib import Path
from typing import Final, TypeAlias

from apps_eval.grading.lines import Lines, line_of, record_of
from apps_eval.grading.record import Left, Record
from apps_eval.options import Rules

LARGEST: Final = 16 << 20
"""Bytes from which on the lines of finished executions are dropped from the file."""

Key: TypeAlias = "tuple[str, str, Rules]"
"""Problem, program and mode."""


class Journal:
    """What is known of unfinished executions; the log has the finished ones. ``largest``: bytes from which on the file is shrunk."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self._path, self._least = path, largest
        self._places: dict[Key, list[int]] = {}
        self._lines = Lines(path)
        self._largest = largest
        with path.open("rb") as stream:
            start = 0
            for line in stream:
                found = record_of(line)
                if found is not None:
                    self._places.setdefault(_key(found), []).append(start)
                start += len(line)

    def add(self, record: Record) -> None:
        """Write down one test of an execution.

        Raises:
            StoreError: the disk does not take it.
        """
        self._places.setdefault(_key(record), []).append(self._lines.append(record))

    def known(self, problem: str, program: str, mode: Rules) -> dict[int, Left]:
        """The tests of an execution that an earlier start wrote down, by index."""
        places = self._places.get((problem, program, mode), ())
        return {left.test: left for found in self._read(places) for left in found.tests}

    def drop(self, problem: str, program: str, mode: Rules) -> None:
        """An execution is finished, and stands in the log."""
        self._places.pop((problem, program, mode), None)
        if self._path.stat().st_size > self._largest:
            self._shrink()

    def _read(self, places: "list[int] | tuple[()]") -> list[Record]:
        with self._path.open("rb") as stream:
            found = []
            for place in places:
                stream.seek(place)
                record = record_of(stream.readline())
                if record is not None:
                    found.append(record)
        return found

    def _shrink(self) -> None:
        draft = self._path.with_name(f".{self._path.name}")
        places: dict[Key, list[int]] = {}
        with draft.open("wb") as stream:
            for key, old in self._places.items():
                for record in self._read(old):
                    places.setdefault(key, []).append(stream.tell())
                    stream.write(line_of(record))
        self._lines.close()
        draft.replace(self._path)
        self._places, self._lines = places, Lines(self._path)
        # Twice what is left, so that shrinking costs no more than writing did.
        self._largest = max(self._least, 2 * self._path.stat().st_size)

    def close(self) -> None:
        """Give the file back."""
        self._lines.close()


def _key(record: Record) -> Key:
    return record.problem, record.program, record.mode
