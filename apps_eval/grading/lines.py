"""Lines that are only ever appended, each with the digest of what it holds, so that a damaged one is known."""

import logging
import os
from dataclasses import dataclass
from hashlib import blake2b
from io import FileIO
from pathlib import Path

import msgspec

from apps_eval.grading.record import Record
from gifmcts import records
from gifmcts.errors import StoreError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Line:
    """A row, and the digest of its bytes."""

    sum: str
    row: msgspec.Raw


class Lines:
    """A file of records, open for appending; a torn last line is cut off, and said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = appending(path)

    def append(self, record: Record) -> int:
        """Write a record; where it stands.

        Raises:
            StoreError: the disk does not take it; a line that was written in part is dropped by the next start.
        """
        data, place = line_of(record), self.path.parent
        start = self._file.seek(0, os.SEEK_END)
        try:
            written = self._file.write(data)
        except OSError as error:
            raise StoreError(f"{place} cannot be written ({error.strerror}); make room, then the same command goes on") from error
        if written != len(data):
            raise StoreError(f"{place} cannot be written (the disk is full); make room, then the same command goes on")
        return start

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def line_of(record: Record) -> bytes:
    """A record as a line."""
    data = records.encode(record)
    return b'{"sum":"%s","row":%s}\n' % (_sum(data).encode(), data)


def record_of(line: bytes) -> Record | None:
    """A line's record; ``None`` where it is not what was written."""
    try:
        whole = msgspec.json.decode(line, type=_Line)
        if not line.endswith(b"\n") or _sum(bytes(whole.row)) != whole.sum:
            return None
        return msgspec.json.decode(whole.row, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _sum(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def appending(file: Path) -> FileIO:
    """A file for appending, with a torn last line cut off."""
    stream = file.open("a+b", buffering=0)
    size = end = stream.seek(0, 2)
    while end:
        step = min(end, 1 << 16)
        stream.seek(end - step)
        found = stream.read(step).rfind(b"\n")
        if found >= 0:
            end += found + 1 - step
            break
        end -= step
    if end < size:
        logger.warning("%s ended in the middle of a line, which was dropped", file)
        stream.truncate(end)
    return stream
