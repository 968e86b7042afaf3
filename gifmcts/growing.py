"""Files that grow while they are read: each line is read once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from gifmcts.errors import StoreError
from gifmcts.records import Header, decode
from gifmcts.treelines import TreeLines

Row = TypeVar("Row")


@dataclass(slots=True)
class Tail(Generic[Row]):
    """The whole lines of a growing file, each decoded once."""

    file: Path
    kind: type[Row]
    offset: int = field(default=0)

    @property
    def shrunk(self) -> bool:
        """Whether lines that were read are gone."""
        return self.offset > 0 and (not self.file.is_file() or self.file.stat().st_size < self.offset)

    def added(self) -> Iterator[tuple[int, int, Row]]:
        """New lines: where each begins, how long it is, and its value; none of a file that is not there yet."""
        for line in _whole(self.file, self.offset) if self.file.exists() else ():
            start, row = self.offset, decode(line, self.kind, f"{self.file}, byte {self.offset}")
            self.offset += len(line)
            yield start, len(line), row


class GrowingTree:
    """A tree that is being searched: what it says of itself, how many calls it has, or why it cannot be read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = (0, 0, 0)
        self._begin()

    def _begin(self) -> None:
        self.why = ""
        """Why it cannot be read."""
        self._lines, self._offset = TreeLines(self._file), 0

    @property
    def header(self) -> Header | None:
        """Line 0; nothing where it is not written yet."""
        return self._lines.header

    @property
    def calls(self) -> int:
        """How many attempts were read."""
        return self._lines.calls

    def refresh(self) -> None:
        """Read what was added; a file that could not be read is tried again when it has changed."""
        now = stamp(self._file)
        if now == self._seen:
            return
        if self.why or now[2] < self._offset:
            self._begin()
        self._seen = now
        try:
            for line in _whole(self._file, self._offset):
                if self._lines.header is None:
                    self._lines.begin(line)
                else:
                    self._lines.add(line)
                self._offset += len(line)
        except StoreError as error:
            self.why = str(error)


def stamp(file: Path) -> tuple[int, int, int]:
    """What changes when a file is written; its length comes last."""
    try:
        state = file.stat()
    except OSError:
        return 0, 0, 0
    return state.st_ino, state.st_mtime_ns, state.st_size


def _whole(file: Path, offset: int) -> Iterator[bytes]:
    """The lines from a byte on that end; a pipe, which would have to be waited for, has none.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        if file.exists() and not file.is_file():
            raise StoreError(f"{file} is no file")
        with file.open("rb") as stream:
            stream.seek(offset)
            yield from (line for line in stream if line.endswith(b"\n"))
    except OSError as error:
        raise StoreError(f"{file} cannot be read ({error.strerror})") from error
