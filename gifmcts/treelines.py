"""A tree's file read back: each line is checked against those before it, so that whoever reads it need not."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from gifmcts import records
from gifmcts.errors import StoreError
from gifmcts.records import Header, StoredLine
from gifmcts.tree import Shape
from gifmcts.types import Attempt, Message, Move

_TASK = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,249}")


class Placed(Protocol):
    """What a line of an attempt must say to be placed in its tree."""

    @property
    def index(self) -> int:
        """Which attempt it is."""
        ...

    @property
    def move(self) -> Move:
        """Where it belongs."""
        ...


Row = TypeVar("Row", bound=Placed)


def names_task(name: str) -> bool:
    """Whether a task may be called so; no path has this form."""
    return _TASK.fullmatch(name) is not None


class TreeLines:
    """What the lines of a tree's file have said so far."""

    def __init__(self, file: Path) -> None:
        self.header: Header | None = None
        self.shape = Shape()
        self.calls = 0
        """How many attempts there are."""
        self._file = file
        self._first: tuple[Message, ...] = ()

    def begin(self, row: bytes) -> Header:
        """Read line 0.

        Raises:
            StoreError: it is none, of another version, or of another problem than the file is named after.
        """
        records.refuse_newer(row, f"{self._file}:1")
        header = records.decode(row, Header, f"{self._file}:1")
        if header.task != self._file.stem:
            raise self._damaged(f"it says that it is the tree of problem {header.task!r}")
        self.header = header
        return header

    def place(self, row: bytes, kind: type[Row]) -> tuple[Row, int]:
        """Read what is wanted of the next attempt, and in which node it was committed.

        Raises:
            StoreError: it is none, or does not follow from the lines before it.
        """
        line = records.decode(row, kind, f"{self._file}:{self.calls + 2}")
        if line.index != self.calls:
            raise self._damaged("attempts are missing from its middle")
        try:
            node = self.shape.place(line.move)
        except LookupError as error:
            raise self._damaged(str(error)) from error
        self.calls += 1
        return line, node

    def add(self, row: bytes) -> tuple[StoredLine, Attempt]:
        """Read the next attempt wholly.

        Raises:
            StoreError: it is none, or does not follow from the lines before it.
        """
        line, _ = self.place(row, StoredLine)
        if line.duplicate_of is not None and not 0 <= line.duplicate_of < line.index:
            raise self._damaged(f"attempt {line.index} has the program of one that was not before it")
        try:
            attempt = records.attempt(line, self._first)
        except LookupError as error:
            raise self._damaged(str(error)) from error
        self._first = self._first or attempt.chat
        return line, attempt

    def _damaged(self, why: str) -> StoreError:
        return StoreError(f"{self._file} is damaged: {why}; restore it, or use another --runs")


def read_tree(data: bytes, file: Path) -> tuple[Header | None, list[Attempt], list[StoredLine], int]:
    """The header, the attempts, their lines, and how many bytes are whole lines.

    Raises:
        StoreError: a line before the last is damaged; says where.
    """
    kept = data.rfind(b"\n") + 1
    rows = data[:kept].split(b"\n")[:-1]
    if not rows:
        return None, [], [], 0
    tree = TreeLines(file)
    header = tree.begin(rows[0])
    read = [tree.add(row) for row in rows[1:]]
    return header, [attempt for _, attempt in read], [line for line, _ in read], kept


def placed(file: Path, kind: type[Row]) -> Iterator[tuple[Row, int, int]]:
    """What is wanted of each attempt, its node, and the node's depth, with one line in memory at a time.

    Raises:
        StoreError: the file cannot be read, or a line before the last is damaged.
    """
    tree = TreeLines(file)
    try:
        with file.open("rb") as stream:
            for row in stream:
                if tree.header is None:
                    tree.begin(row)
                elif row.endswith(b"\n"):
                    line, node = tree.place(row, kind)
                    yield line, node, tree.shape.depths[node]
    except OSError as error:
        raise StoreError(f"{file} cannot be read ({error.strerror}); restore it, or use another --runs") from error
