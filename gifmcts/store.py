"""The run folder: what a run was asked to do, one file a tree, a row a finished tree, and its grades.

``config.json`` is written before the first call. ``trees/TASK.jsonl`` has a header and a line an attempt, flushed as it is committed.
``summary.jsonl`` has a row a finished tree, ``grades.jsonl`` a row a graded program. A torn last line, which a kill leaves, is dropped.
"""

import contextlib
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from gifmcts import records
from gifmcts.errors import StoreError, UsageError
from gifmcts.manifest import Manifest, place_option, refuse_another
from gifmcts.records import GradeRow, Header, Summary, TreeDigest
from gifmcts.seams import Task
from gifmcts.treelines import names_task, read_tree
from gifmcts.types import Attempt, Message

logger = logging.getLogger(__name__)
Row = TypeVar("Row")


@dataclass(slots=True)
class TreeFile:
    """One tree's file, open for appending, and what it already held."""

    header: Header
    recorded: list[Attempt]
    _file: IO[bytes]
    _digest: TreeDigest
    _first: tuple[Message, ...] = field(default=())

    def append(self, attempt: Attempt) -> None:
        """Write an attempt and flush it: a kill loses at most what is in flight."""
        self._first = self._first or attempt.chat
        line = records.line(attempt, self._first if attempt.index else ())
        _write(self._file, records.encode(line))
        self._digest.add(line)

    @property
    def digest(self) -> str:
        """The tree's digest so far."""
        return self._digest.value

    @property
    def size(self) -> int:
        """The file's bytes so far."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class RunFolder:
    """A run's folder, read by anyone and written by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._created = self._simulated = False
        self._lock: IO[bytes] | None = None
        self._summary: IO[bytes] | None = None
        self._grades: IO[bytes] | None = None

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    # Reading

    def manifest(self) -> Manifest:
        """What the run was asked to do.

        Raises:
            StoreError: this is no run folder, or one of another format.
        """
        file = self.path / "config.json"
        try:
            data = file.read_bytes()
        except OSError as error:
            raise StoreError(f"{self.path} is not a run folder ({error.strerror}: {file.name}); `gifmcts runs` lists the runs") from error
        records.refuse_newer(data, str(file))
        return records.decode(data, Manifest, str(file))

    def summaries(self) -> dict[str, Summary]:
        """The rows of all finished trees, by task; the latest row of a task counts."""
        return {row.task: row for row in self._rows("summary.jsonl", Summary)}

    def grades(self) -> dict[str, list[GradeRow]]:
        """The grades of all finished trees, by task, in the order of the attempts."""
        rows = {(row.task, row.attempt): row for row in self._rows("grades.jsonl", GradeRow)}
        grades: dict[str, list[GradeRow]] = {}
        for (task, _), row in sorted(rows.items()):
            grades.setdefault(task, []).append(row)
        return grades

    def refusals(self) -> dict[str, str]:
        """The tasks that could not be posed, with their reasons."""
        return {row.task: row.why for row in self._rows("refusals.jsonl", RefusalRow)}

    @property
    def complete(self) -> bool:
        """Whether some start came to the end of the data; trees may have been left unjudged all the same."""
        return (self.path / "refusals.jsonl").is_file()

    def damaged(self, row: Summary) -> bool:
        """Whether a finished tree's file is no longer as long as it was when it was finished."""
        file = self.path / "trees" / f"{row.task}.jsonl"
        return not names_task(row.task) or not file.is_file() or file.stat().st_size != row.bytes

    def tasks(self) -> list[str]:
        """The tasks that have a tree, finished or not."""
        return sorted(file.stem for file in (self.path / "trees").glob("*.jsonl") if names_task(file.stem) and _begun(file))

    def tree(self, task: str) -> tuple[Header, list[Attempt]]:
        """A tree's header and attempts.

        Raises:
            UsageError: the run has no such tree.
            StoreError: its file is damaged before its last line.
        """
        file = self.path / "trees" / f"{task}.jsonl"
        if not names_task(task) or not file.is_file():
            raise UsageError(f"the run {self.name} has no tree of task {task!r}; `gifmcts show {self.name} --problems` lists them")
        with file.open("rb") as stream:
            header, attempts, _, _ = read_tree(stream.read(), file)
        if header is None:
            raise StoreError(f"{file} has no header; the run was stopped before the first attempt of this task")
        return header, attempts

    def _rows(self, name: str, kind: type[Row]) -> Iterator[Row]:
        file = self.path / name
        if not file.is_file():
            return
        with file.open("rb") as stream:
            for number, data in enumerate(stream, 1):
                if data.endswith(b"\n"):
                    yield records.decode(data, kind, f"{file}:{number}")

    # Writing

    def claim(self, manifest: Manifest, fresh: bool = False) -> Self:
        """Take the folder for writing: make it, or continue it if it holds the same configuration.

        Raises:
            StoreError: another process writes to it, or it cannot be made.
            RunMismatch: it holds another configuration; the message lists the differences.
        """
        try:
            (self.path / "trees").mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("ab")
        except OSError as error:
            raise StoreError(f"the run folder {self.path} cannot be written ({error.strerror}); choose another place by --runs") from error
        try:
            self._take(manifest, fresh)
        except BaseException:
            self.close()
            raise
        return self

    def _take(self, manifest: Manifest, fresh: bool) -> None:
        try:
            fcntl.flock(self._lock or 0, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            other = place_option(self.name, manifest)
            raise StoreError(f"another process is writing to the run {self.name}; wait for it, or choose another {other}") from error
        self._simulated = manifest.simulated
        if fresh:
            self._clear()
        file = self.path / "config.json"
        if file.exists():
            refuse_another(self.name, self.manifest(), manifest)
        else:
            self._created = True
            write_whole(file, records.encode(manifest))
        self._summary = _appending(self.path / "summary.jsonl")
        self._grades = _appending(self.path / "grades.jsonl")

    def open_tree(self, task: Task, config: str) -> TreeFile:
        """The task's file for appending; a torn last line is cut off."""
        file = self.path / "trees" / f"{task.id}.jsonl"
        expected = records.header(task, config, self._simulated)
        data = file.read_bytes() if file.exists() else b""
        header, attempts, lines, kept = read_tree(data, file)
        if header is not None and header != expected:
            raise StoreError(f"task {task.id}: the data has changed since {file} was written; use --fresh or another --runs")
        stream = file.open("r+b" if data else "w+b")
        stream.truncate(kept)
        stream.seek(kept)
        if header is None:
            stream.write(records.encode(expected) + b"\n")
            stream.flush()
        digest = TreeDigest(expected)
        for line in lines:
            digest.add(line)
        return TreeFile(expected, attempts, stream, digest, attempts[0].chat if attempts else ())

    def finish(self, summary: Summary) -> None:
        """Append a finished tree's row."""
        _append(self._summary, summary)

    def grade(self, row: GradeRow) -> None:
        """Append a program's grade, stamped where a stand-in wrote the program."""
        _append(self._grades, replace(row, simulated=self._simulated))

    def refuse(self, rows: Mapping[str, str]) -> None:
        """Write down the tasks that could not be posed, as the last thing of a run that came to the end of its data."""
        write_whole(self.path / "refusals.jsonl", b"".join(records.encode(RefusalRow(*row)) + b"\n" for row in rows.items()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def forget_if_empty(self) -> None:
        """Remove the run again if this claim made it and nothing was searched; what else stands there, such as a server's log, stays."""
        if self._created and not any((self.path / "trees").iterdir()):
            self._clear()
            (self.path / "trees").rmdir()
            (self.path / "lock").unlink()
            with contextlib.suppress(OSError):
                self.path.rmdir()

    def close(self) -> None:
        """Give the folder back to other writers."""
        for stream in (self._summary, self._grades, self._lock):
            if stream is not None:
                stream.close()

    def _clear(self) -> None:
        """Forget an earlier run of this name; only files that a run folder has are removed."""
        shutil.rmtree(self.path / "trees")
        (self.path / "trees").mkdir()
        for name in ("config.json", "summary.jsonl", "grades.jsonl", "refusals.jsonl", "starts.jsonl"):
            (self.path / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """A task that could not be posed, and why."""

    task: str
    why: str


def _begun(file: Path) -> bool:
    """Whether the first line is whole, as it is not where a kill cut it."""
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return b"\n" in stream.readline()


def _appending(file: Path) -> IO[bytes]:
    """The file for appending, with a torn last line cut off."""
    stream = file.open("a+b")
    stream.seek(0)
    data = stream.read()
    if data and not data.endswith(b"\n"):
        logger.warning("%s ended in the middle of a line, which was dropped", file.name)
        stream.truncate(data.rfind(b"\n") + 1)
    return stream


def _append(stream: IO[bytes] | None, row: object) -> None:
    if stream is None:
        raise StoreError("the run folder was not claimed for writing")
    _write(stream, records.encode(row))


def _write(stream: IO[bytes], row: bytes) -> None:
    """Write a line and flush it.

    Raises:
        StoreError: the disk does not take it; a line that was written in part is dropped by the next start.
    """
    try:
        stream.write(row + b"\n")
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError):
            stream.close()
        raise StoreError(f"the run folder cannot be written ({error.strerror}); make room, then the same command goes on") from error


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that a kill leaves the old one or the new one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(file)
