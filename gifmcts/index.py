"""A run's problems without its trees: read once from the rows of its folder, then only what was added.

A grade's tests, which are most of its row, are skipped; where the row stands is remembered, so that it can be read when it is shown.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from gifmcts.manifest import Manifest, refuse_incomplete
from gifmcts.metrics import Share
from gifmcts.records import GradeRow, Header, Summary, decode, run_digest
from gifmcts.store import RunFolder
from gifmcts.types import Label
from gifmcts.wording import score

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Mark:
    """A grade without its tests."""

    task: str
    attempt: int
    solved: bool
    verdicts: Mapping[str, int]
    unjudged: bool = False
    frontier: bool = True

    @property
    def words(self) -> str:
        """The grade in three words."""
        return score(self.solved, self.unjudged, self.verdicts)


class Outcome(StrEnum):
    """What became of a problem: whether the chosen program passes every test."""

    SOLVED = "solved"
    FAILED = "not solved"
    UNJUDGED = "unjudged"
    SEARCHING = "unfinished"


@dataclass(frozen=True, slots=True)
class Entry:
    """A problem in a line; ``end`` and what follows are empty where its search is not finished."""

    task: str
    group: str
    label: Label
    outcome: Outcome
    calls: int
    reward: float = 0.0
    end: str = ""
    grade: str = ""
    tokens: int = 0
    seconds: float = 0.0
    solved_at: int | None = None


class RunIndex:
    """The problems of a run that may still be going on."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._begin()

    def _begin(self) -> None:
        self._generation = _stamp(self.folder.path / "config.json")
        self._manifest: Manifest | None = None
        self._summaries = _Tail(self.folder.path / "summary.jsonl", Summary)
        self._grades = _Tail(self.folder.path / "grades.jsonl", Mark)
        self.summaries: dict[str, Summary] = {}
        self.marks: dict[str, dict[int, Mark]] = {}
        self._places: dict[tuple[str, int], tuple[int, int]] = {}
        self._begun: dict[str, tuple[int, Entry]] = {}

    def refresh(self) -> None:
        """Read what was added since the last time; everything again when the run was begun afresh.

        Raises:
            StoreError: a row is damaged.
        """
        if _stamp(self.folder.path / "config.json") != self._generation or self._summaries.shrunk or self._grades.shrunk:
            self._begin()
        for _, _, row in self._summaries.added():
            self.summaries[row.task] = row
        for start, length, mark in self._grades.added():
            self.marks.setdefault(mark.task, {})[mark.attempt] = mark
            self._places[mark.task, mark.attempt] = start, length

    @property
    def manifest(self) -> Manifest:
        """What the run was asked to do.

        Raises:
            StoreError: it cannot be read, or lacks what every run writes down.
        """
        if self._manifest is None:
            self._manifest = self.folder.manifest()
            refuse_incomplete(self._manifest, self.folder.name)
        return self._manifest

    @property
    def digest(self) -> str:
        """The fingerprint of the finished trees."""
        return run_digest({task: row.digest for task, row in self.summaries.items()})

    @property
    def complete(self) -> bool:
        """Whether some start came to the end of the data, and no search is left unfinished."""
        return self.folder.complete and all(name in self.summaries for name, _ in self._trees())

    def entries(self) -> list[Entry]:
        """Every problem that was begun, in the order of their names, numbers by size."""
        entries = [self._finished(row) for row in self.summaries.values()] + self.begun()
        return sorted(entries, key=lambda entry: (len(entry.task), entry.task))

    def entry(self, task: str) -> Entry | None:
        """One problem in a line; ``None`` where it was not begun."""
        if task in self.summaries:
            return self._finished(self.summaries[task])
        return next((entry for entry in self.begun() if entry.task == task), None)

    def begun(self) -> list[Entry]:
        """The problems whose search is begun and not finished; the heads of their trees are read."""
        return [entry for name, size in self._trees() if name not in self.summaries and (entry := self._searching(name, size))]

    def shares(self) -> dict[Label, Share]:
        """The share of judged problems that are solved, by label."""
        counts: dict[Label, list[bool]] = {}
        for row in self.summaries.values():
            entry = self._finished(row)
            if entry.outcome is not Outcome.UNJUDGED:
                counts.setdefault(row.label, []).append(entry.outcome is Outcome.SOLVED)
        return {label: Share(sum(counts[label]), len(counts[label])) for label in Label if label in counts}

    def grade(self, task: str, attempt: int) -> GradeRow | None:
        """One grade with its tests, read from its place."""
        if (place := self._places.get((task, attempt))) is None:
            return None
        file = self.folder.path / "grades.jsonl"
        with file.open("rb") as stream:
            stream.seek(place[0])
            return decode(stream.read(place[1]), GradeRow, str(file))

    def _finished(self, row: Summary) -> Entry:
        mark = self.marks.get(row.task, {}).get(row.best) if row.best is not None else None
        outcome = Outcome.UNJUDGED
        if row.end != "unjudged" and mark is not None and not mark.unjudged:
            outcome = Outcome.SOLVED if mark.solved else Outcome.FAILED
        return Entry(
            task=row.task,
            group=row.group,
            label=row.label,
            outcome=outcome,
            calls=row.attempts,
            reward=row.reward,
            end=row.end,
            grade=mark.words if mark else "not graded",
            tokens=row.prompt_tokens + row.completion_tokens,
            seconds=row.model_seconds + row.evaluate_seconds,
            solved_at=row.solved_at,
        )

    def _trees(self) -> Iterator[tuple[str, int]]:
        """The names of the trees, and the lengths of those that are not finished."""
        try:
            with os.scandir(self.folder.path / "trees") as files:
                for file in files:
                    name = file.name.removesuffix(".jsonl")
                    if name != file.name:
                        yield name, 0 if name in self.summaries else file.stat().st_size
        except FileNotFoundError:
            return

    def _searching(self, task: str, size: int) -> Entry | None:
        """An unfinished problem; nothing where its file has no head yet."""
        known = self._begun.get(task)
        if known is None or known[0] != size:
            file = self.folder.path / "trees" / f"{task}.jsonl"
            data = file.read_bytes()
            head, end, _ = data.partition(b"\n")
            if not end:
                return None
            header = decode(head, Header, f"{file}:1")
            known = size, Entry(task, header.group, header.label, Outcome.SEARCHING, data.count(b"\n") - 1)
            self._begun[task] = known
        return known[1]


@dataclass(slots=True)
class _Tail(Generic[Row]):
    """The whole lines of a growing file, each decoded once."""

    file: Path
    kind: type[Row]
    offset: int = field(default=0)

    @property
    def shrunk(self) -> bool:
        """Whether lines that were read are gone."""
        return self.offset > 0 and (not self.file.is_file() or self.file.stat().st_size < self.offset)

    def added(self) -> Iterator[tuple[int, int, Row]]:
        """New lines: where each begins, how long it is, and its value."""
        if not self.file.is_file():
            return
        with self.file.open("rb") as stream:
            stream.seek(self.offset)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                start, row = self.offset, decode(line, self.kind, f"{self.file}, byte {self.offset}")
                self.offset += len(line)
                yield start, len(line), row


def _stamp(file: Path) -> tuple[int, int, int]:
    """What changes when a file is written anew."""
    try:
        state = file.stat()
    except OSError:
        return 0, 0, 0
    return state.st_ino, state.st_mtime_ns, state.st_size
