"""The folder of a grading: what was asked, and an append-only log with a line an execution, each with its checksum."""

import fcntl
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from apps_eval.grading.record import Record
from gifmcts import records
from gifmcts.errors import RunMismatch, StoreError

FORMAT: Final = 1
"""The version of the folder's form; another number is refused, never guessed at."""
MANIFEST: Final = "grading.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What decides the records of a folder, and so who may add to them."""

    config: Mapping[str, object]
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """16 hexadecimal digits."""
        return blake2b(records.encode(self.config), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a grading: written down, and no part of what decides its records."""

    time: str
    command: str
    programs: str
    checksum: str
    version: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the log: a row, and the digest of its bytes."""

    sum: str
    row: msgspec.Raw


class GradingFolder:
    """A grading's folder, written by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        """Lines whose checksum or form is wrong; what they held is run again."""
        self._log: FileIO | None = None
        self._lock: IO[bytes] | None = None

    def manifest(self) -> Manifest:
        """What was asked.

        Raises:
            StoreError: this is no folder of a grading, or one of another form.
        """
        file = self.path / MANIFEST
        try:
            found = records.decode(file.read_bytes(), Manifest, str(file))
        except OSError as error:
            raise StoreError(f"{self.path} holds no grading ({error.strerror}: {file.name})") from error
        if found.format != FORMAT:
            raise StoreError(f"{self.path} has format {found.format}, this version reads {FORMAT}; use the version that wrote it")
        return found

    def claim(self, manifest: Manifest, start: Start, fresh: bool = False) -> Self:
        """Take the folder for writing: make it, or go on in it where the same decides its records.

        Raises:
            StoreError: it cannot be written, or another process writes to it.
            RunMismatch: something else decides its records; the message lists the differences.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("ab")
        except OSError as error:
            raise StoreError(f"the folder {self.path} cannot be written ({error.strerror}); choose another place by --out") from error
        try:
            self._take(manifest, start, fresh)
        except BaseException:
            self.close()
            raise
        return self

    def _take(self, manifest: Manifest, start: Start, fresh: bool) -> None:
        try:
            fcntl.flock(self._lock or 0, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(f"another process is writing to {self.path}; wait for it, or choose another --out") from error
        if fresh:
            for name in ("log.jsonl", "starts.jsonl", MANIFEST):
                (self.path / name).unlink(missing_ok=True)
        if (self.path / MANIFEST).is_file():
            _refuse_another(self.path, self.manifest(), manifest)
        else:
            draft = self.path / f".{MANIFEST}"
            draft.write_bytes(records.encode(manifest))
            draft.replace(self.path / MANIFEST)
        with (self.path / "starts.jsonl").open("ab") as stream:
            stream.write(records.encode(start) + b"\n")
        self._log = _appending(self.path / "log.jsonl")

    def read(self) -> Iterator[tuple[int, Record]]:
        """Every record with where it stands; damaged lines are counted and left out.

        Raises:
            StoreError: the log cannot be read.
        """
        self.damaged = 0
        file = self.path / "log.jsonl"
        try:
            with file.open("rb") as stream:
                start = 0
                for line in stream:
                    found = _record(line)
                    if found is None:
                        self.damaged += 1
                    else:
                        yield start, found
                    start += len(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"{file} cannot be read ({error.strerror})") from error

    def at(self, start: int) -> Record:
        """The record that stands there.

        Raises:
            StoreError: it was damaged since it was found.
        """
        with (self.path / "log.jsonl").open("rb") as stream:
            stream.seek(start)
            found = _record(stream.readline())
        if found is None:
            raise StoreError(f"the log of {self.path} was changed while it was read; run the same command again")
        return found

    def append(self, record: Record) -> int:
        """Write a record; where it stands.

        Raises:
            StoreError: the disk does not take it; a line that was written in part is dropped by the next start.
        """
        if self._log is None:
            raise StoreError("the folder was not claimed for writing")
        data = records.encode(record)
        line = b'{"sum":"%s","row":%s}\n' % (_sum(data).encode(), data)
        start = self._log.seek(0, os.SEEK_END)
        try:
            written = self._log.write(line)
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written ({error.strerror}); make room, then the same command goes on") from error
        if written != len(line):
            raise StoreError(f"{self.path} cannot be written (the disk is full); make room, then the same command goes on")
        return start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder back to other writers."""
        for stream in (self._log, self._lock):
            if stream is not None:
                stream.close()


def _sum(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _record(line: bytes) -> Record | None:
    """A line's record; ``None`` where it is not what was written."""
    try:
        whole = msgspec.json.decode(line, type=_Line)
        if not line.endswith(b"\n") or _sum(bytes(whole.row)) != whole.sum:
            return None
        return msgspec.json.decode(whole.row, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _appending(file: Path) -> FileIO:
    """The log for appending, with a torn last line cut off."""
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


def _refuse_another(path: Path, old: Manifest, new: Manifest) -> None:
    before, after = ({key: str(value) for key, value in one.config.items()} for one in (old, new))
    if keys := sorted(key for key in {*before, *after} if before.get(key) != after.get(key)):
        listed = "\n".join(f"  {key}: {before.get(key)} there, {after.get(key)} now" for key in keys)
        raise RunMismatch(f"{path} holds another grading:\n{listed}\nchoose another --out, or --fresh to forget it")
