"""How far a run is: a live line on a terminal, plain lines elsewhere; always on standard error."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from gifmcts.assembly import Plan
from gifmcts.records import GradeRow, Summary
from gifmcts.seams import Task
from gifmcts.store import RunFolder
from gifmcts.types import Attempt, Refusal, Verdict

SIMULATED = "SIMULATED: a stand-in for a language model, no number says anything about a real one"
_SHOWN = 10
"""How many problems that are left out are named one by one."""
_INTERVAL = 30.0
"""Seconds between two plain lines."""


@dataclass(slots=True)
class Counts:
    """What has happened since the start."""

    found: int = 0
    trees: int = 0
    earlier: int = 0
    solved: int = 0
    attempts: int = 0
    again: int = 0
    tokens: int = 0
    tests: int = 0
    refused: int = 0
    began: float = field(default_factory=monotonic)

    def found_one(self, done: bool) -> None:
        """Count a task."""
        self.found += 1
        self.earlier += done

    def add(self, attempt: Attempt, again: bool) -> None:
        """Count an attempt that is new."""
        if again:
            self.again += 1
            return
        self.attempts += 1
        self.tokens += attempt.completion.completion_tokens
        self.tests += sum(check.verdict is not Verdict.SKIPPED for check in attempt.evaluation.checks)

    def line(self, total: int | None = None) -> str:
        """Everything in one line."""
        of = f" of {total}" if total else ""
        before = f", {self.earlier} of them earlier; since then" if self.earlier else ","
        seconds = max(monotonic() - self.began, 1e-9)
        return (
            f"{self.trees + self.earlier}{of} finished{before} {self.solved} solved on visible tests, {self.attempts} calls, "
            f"{self.tokens / seconds:.0f} tokens/s, {self.tests / seconds:.0f} tests/s"
        )

    def short(self) -> str:
        """The same beside a bar."""
        seconds = max(monotonic() - self.began, 1e-9)
        return f"{self.solved} solved {self.attempts} calls {self.tokens / seconds:.0f} tok/s {self.tests / seconds:.0f} tests/s"


class Watching:
    """An observer that keeps counts and shows them."""

    def __init__(self, console: Console, progress: Progress | None, total: int | None) -> None:
        self._console, self._progress, self._counts, self._total = console, progress, Counts(), total
        self._bar: TaskID | None = progress.add_task("problems", total=None, detail="") if progress else None
        self._said = monotonic()

    @property
    def counts(self) -> Counts:
        """What has happened since the start."""
        return self._counts

    def last_words(self, run: str) -> str:
        """What this start did."""
        counts, seconds = self._counts, monotonic() - self._counts.began
        if not counts.attempts and not counts.trees:
            return f"the run {run} was finished already; nothing was run (--fresh or another --name runs again)"
        kept = f", {counts.again} calls of earlier starts were kept" if counts.again else ""
        return f"{counts.attempts} calls in {seconds:.1f} s{kept}"

    def found(self, task: Task, done: bool) -> None:
        """Count the task."""
        self._counts.found_one(done)
        self._show()

    def committed(self, task: Task, attempt: Attempt, again: bool) -> None:
        """Count the attempt."""
        self._counts.add(attempt, again)
        self._show()

    def finished(self, summary: Summary, grades: list[GradeRow]) -> None:
        """Count the tree."""
        self._counts.trees += 1
        self._counts.solved += summary.solved_at is not None
        self._show()

    def refused(self, refusal: Refusal) -> None:
        """Say which task cannot be posed, and why."""
        self._counts.refused += 1
        if self._counts.refused <= _SHOWN:
            self._say(f"left out: problem {refusal.id}: {refusal.reason}")
        elif self._counts.refused == _SHOWN + 1:
            self._say("more problems are left out; the run's refusals.jsonl will list them all")

    def _say(self, text: str) -> None:
        self._console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def _show(self) -> None:
        if self._progress is not None and self._bar is not None:
            done = self._counts.trees + self._counts.earlier
            self._progress.update(self._bar, completed=done, total=self._total or self._counts.found, detail=self._counts.short())
        elif monotonic() - self._said >= _INTERVAL:
            self._said = monotonic()
            self._console.print(self._counts.line(self._total), markup=False, highlight=False, soft_wrap=True)


class _Phases(logging.Handler):
    """Shows what a model is busy with before it can answer."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line."""
        self._console.print(record.getMessage(), style="cyan", markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def phases(console: Console) -> Iterator[None]:
    """Show phases of the model for the time of the context."""
    logger, handler = logging.getLogger("gifmcts.phase"), _Phases(console)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextlib.contextmanager
def observer(plan: Plan, folder: RunFolder) -> Iterator[Watching]:
    """Show a run's progress for the time of the context."""
    console = Console(stderr=True)
    total = plan.benchmark.total()
    console.print(f"run {folder.name}", style="bold", highlight=False)
    if plan.model.simulated:
        console.print(SIMULATED, style="bold magenta", highlight=False, soft_wrap=True)
    if not sys.stderr.isatty():
        with phases(console):
            yield Watching(console, None, total)
        return
    columns: tuple[ProgressColumn, ...] = (
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress, phases(console):
        yield Watching(console, progress, total)
