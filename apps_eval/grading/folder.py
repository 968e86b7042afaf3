"""The folder of a grading: what was asked, and an append-only log with a line an execution, each with its checksum."""

import fcntl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from apps_eval.grading.journal import Journal
from apps_eval.grading.lines import Lines, record_of
from apps_eval.grading.record import Record
from gifmcts import records
from gifmcts.errors import RunMismatch, StoreError

FORMAT: Final = 1
"""The version of the folder's form; another number is refused, never guessed at."""
MANIFEST: Final = "grading.json"


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


class GradingFolder:
    """A grading's folder, written by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        """Lines whose checksum or form is wrong; what they held is run again."""
        self._log: Lines | None = None
        self._journal: Journal | None = None
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
            words = f"{self.path} holds no grading ({error.strerror}: {file.name})"
            raise StoreError(f"{words}: name the folder of an earlier one by --out, or grade first without --rescore") from error
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
        except OSError as error:
            self.close()
            raise StoreError(f"the folder {self.path} cannot be written ({error.strerror}); make room or choose another --out") from error
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
            for name in ("log.jsonl", "tests.jsonl", "starts.jsonl", MANIFEST):
                (self.path / name).unlink(missing_ok=True)
        if (self.path / MANIFEST).is_file():
            _refuse_another(self.path, self.manifest(), manifest)
        else:
            draft = self.path / f".{MANIFEST}"
            draft.write_bytes(records.encode(manifest))
            draft.replace(self.path / MANIFEST)
        with (self.path / "starts.jsonl").open("ab") as stream:
            stream.write(records.encode(start) + b"\n")
        self._log = Lines(self.path / "log.jsonl")
        self._journal = Journal(self.path / "tests.jsonl")

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
                    found = record_of(line)
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
            found = record_of(stream.readline())
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
        return self._log.append(record)

    @property
    def journal(self) -> Journal:
        """The tests of executions that are under way.

        Raises:
            StoreError: the folder was not claimed for writing.
        """
        if self._journal is None:
            raise StoreError("the folder was not claimed for writing")
        return self._journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder back to other writers."""
        for stream in (self._log, self._journal, self._lock):
            if stream is not None:
                stream.close()


def _refuse_another(path: Path, old: Manifest, new: Manifest) -> None:
    before, after = ({key: str(value) for key, value in one.config.items()} for one in (old, new))
    if keys := sorted(key for key in {*before, *after} if before.get(key) != after.get(key)):
        listed = "\n".join(f"  {key}: {before.get(key)} there, {after.get(key)} now" for key in keys)
        raise RunMismatch(f"{path} holds another grading:\n{listed}\nchoose another --out, or --fresh to forget it")
