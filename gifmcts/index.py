"""A run's problems without its trees: read once from the rows of its folder, then only what was added.

A grade's tests, which are most of its row, are skipped; where the row stands is remembered, so that it can be read when it is shown.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gifmcts.errors import StoreError
from gifmcts.growing import GrowingTree, Tail, stamp
from gifmcts.manifest import Essentials, Manifest, essentials
from gifmcts.metrics import Share
from gifmcts.records import GradeRow, Summary, decode, run_digest
from gifmcts.store import RunFolder
from gifmcts.treelines import names_task
from gifmcts.types import Label
from gifmcts.wording import score


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
    UNREADABLE = "unreadable"
    """Its tree is not finished, and its file is damaged."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A problem in a line; ``end`` and what follows are empty where its search is not finished."""

    task: str
    group: str
    label: Label | None
    """Unknown of a tree that cannot be read."""
    outcome: Outcome
    calls: int
    reward: float = 0.0
    end: str = ""
    grade: str = ""
    tokens: int = 0
    seconds: float = 0.0
    solved_at: int | None = None
    why: str = ""
    """Why its tree cannot be read."""


class RunIndex:
    """The problems of a run that may still be going on."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._begin()

    def _begin(self) -> None:
        self._generation = stamp(self.folder.path / "config.json")
        self._manifest: Manifest | None = None
        self._summaries = Tail(self.folder.path / "summary.jsonl", Summary)
        self._grades = Tail(self.folder.path / "grades.jsonl", Mark)
        self.summaries: dict[str, Summary] = {}
        self.marks: dict[str, dict[int, Mark]] = {}
        self._places: dict[tuple[str, int], tuple[int, int]] = {}
        self._begun: dict[str, GrowingTree] = {}

    def refresh(self) -> None:
        """Read what was added since the last time; everything again when the run was begun afresh.

        Raises:
            StoreError: a row is damaged.
        """
        if stamp(self.folder.path / "config.json") != self._generation or self._summaries.shrunk or self._grades.shrunk:
            self._begin()
        for _, _, row in self._summaries.added():
            self.summaries[row.task] = row
            self._begun.pop(row.task, None)
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
            manifest = self.folder.manifest()
            essentials(manifest, self.folder.name)
            self._manifest = manifest
        return self._manifest

    @property
    def asked(self) -> Essentials:
        """What every run's configuration has.

        Raises:
            StoreError: it cannot be read, or lacks some of it.
        """
        return essentials(self.manifest, self.folder.name)

    @property
    def digest(self) -> str:
        """The fingerprint of the finished trees."""
        return run_digest({task: row.digest for task, row in self.summaries.items()})

    @property
    def complete(self) -> bool:
        """Whether some start came to the end of the data, and no search is left unfinished."""
        return self.folder.complete and all(name in self.summaries for name in self._trees())

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
        """The problems whose search is begun and not finished; what was added to their trees is read."""
        return [entry for name in self._trees() if name not in self.summaries and (entry := self._searching(name))]

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

    @property
    def strangers(self) -> list[str]:
        """Files among the trees whose names no problem can have; nothing is made of them."""
        return sorted(name for name in self._files() if not names_task(name))

    def _trees(self) -> Iterator[str]:
        """The names of the trees, finished or not."""
        return filter(names_task, self._files())

    def _files(self) -> Iterator[str]:
        """The files among the trees, without their ends.

        Raises:
            StoreError: they cannot be listed.
        """
        trees = self.folder.path / "trees"
        try:
            return (name.removesuffix(".jsonl") for name in os.listdir(trees) if name.endswith(".jsonl"))
        except FileNotFoundError:
            return iter(())
        except OSError as error:
            raise StoreError(f"{trees} cannot be read ({error.strerror})") from error

    def _searching(self, task: str) -> Entry | None:
        """An unfinished problem; nothing where its file has no head yet."""
        tree = self._begun.setdefault(task, GrowingTree(self.folder.path / "trees" / f"{task}.jsonl"))
        tree.refresh()
        group, label = (tree.header.group, tree.header.label) if tree.header else ("", None)
        if tree.why:
            return Entry(task, group, label, Outcome.UNREADABLE, tree.calls, why=tree.why)
        return Entry(task, group, label, Outcome.SEARCHING, tree.calls) if tree.header else None
