"""Many problems at once: each searched, graded and written down, in one run folder that can be left and continued at any moment."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

from gifmcts.errors import JudgingFailed
from gifmcts.records import GradeRow, Summary, graded_checks
from gifmcts.seams import Benchmark, Monitored, Strategy, Task
from gifmcts.search import End, Ended, Search, Setting
from gifmcts.settings import Grading
from gifmcts.starts import Start, note
from gifmcts.store import RunFolder, TreeFile
from gifmcts.tree import frontier
from gifmcts.types import Attempt, Program, Refusal, Verdict
from gifmcts.waits import Place

logger = logging.getLogger(__name__)


class Observer(Protocol):
    """Whoever wants to watch a run; called from its event loop, must not block."""

    def found(self, task: Task, done: bool) -> None:
        """A task was taken up, or was finished by an earlier start."""

    def committed(self, task: Task, attempt: Attempt, again: bool) -> None:
        """An attempt is in the tree; ``again``: it was recorded by an earlier start."""

    def finished(self, summary: Summary, grades: list[GradeRow]) -> None:
        """A tree is finished and graded."""

    def refused(self, refusal: Refusal) -> None:
        """A task cannot be posed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run stops by itself, to be continued."""

    tokens: int | None = None
    hours: float | None = None


@dataclass(slots=True)
class Meter:
    """What the run has used since it was started (tokens of earlier starts count, hours do not)."""

    limits: Limits
    tokens: int = 0
    began: float = field(default_factory=monotonic)

    def add(self, tokens: int) -> None:
        """Count a model call's tokens."""
        self.tokens += tokens

    def spent(self) -> str | None:
        """Which limit is reached."""
        if self.limits.tokens is not None and self.tokens >= self.limits.tokens:
            return f"--max-tokens-total {self.limits.tokens}"
        if self.limits.hours is not None and monotonic() - self.began >= self.limits.hours * 3600:
            return f"--max-hours {self.limits.hours:g}"
        return None


class Run:
    """A benchmark searched with one strategy and one model into one folder."""

    def __init__(
        self,
        benchmark: Benchmark,
        strategy: Strategy[object],
        setting: Setting,
        folder: RunFolder,
        observer: Observer,
        grading: Grading = Grading.FRONTIER,
        limits: Limits = Limits(),
        active: dict[str, Task] | None = None,
    ) -> None:
        """The folder must have been claimed; ``setting.stopped`` is replaced by the limits; ``active`` holds the tasks in work."""
        self.benchmark, self.strategy, self.folder, self.observer = benchmark, strategy, folder, observer
        self.grading, self.meter = grading, Meter(limits)
        self.active = active if active is not None else {}
        self.setting = replace(setting, stopped=lambda: self.meter.spent() is not None)
        self._config = folder.manifest().digest
        self._refusals: dict[str, str] = {}
        self._waited: Counter[Place] = Counter()

    async def go(self, concurrency: int) -> str | None:
        """Search and grade every unfinished task, ``concurrency`` at once; the limit that stopped the run, if one did.

        Raises:
            ModelUnavailable, ModelRefused: the model gave no completion; the run can be continued.
            StoreError: the folder cannot be written, or holds something else.
        """
        grades = self.folder.grades()
        done = {name: row for name, row in self.folder.summaries().items() if self._is_done(row, grades.get(name, []))}
        for row in done.values():
            self.meter.add(row.prompt_tokens + row.completion_tokens)
        queue = _Shared(self.benchmark.tasks())
        try:
            async with self._measured(), asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(self._work(queue, set(done)))
        except ExceptionGroup as errors:
            raise first_failure(errors) from errors
        stopped = self.meter.spent()
        if stopped is None:
            self.folder.refuse(self._refusals)
        return stopped

    @asynccontextmanager
    async def _measured(self) -> AsyncIterator[None]:
        """Write down what this start took, unless it found nothing to do."""
        began, model = monotonic(), self.setting.model
        try:
            if isinstance(model, Monitored):
                from gifmcts.models.load import Load

                async with Load(model.monitors) as load:
                    yield
            else:
                load = None
                yield
        finally:
            if self._waited:
                waited = {place.value: round(self._waited[place], 6) for place in Place}
                note(self.folder.path, Start(round(monotonic() - began, 6), **waited, server=load.seen if load else None))

    def _is_done(self, row: Summary, grades: list[GradeRow]) -> bool:
        """Whether a tree is finished, whole, judged and graded; any other is taken up again."""
        graded = any(grade.attempt == row.best and not grade.unjudged for grade in grades)
        return row.end != "unjudged" and (graded or row.best is None) and not self.folder.damaged(row)

    async def _work(self, queue: "_Shared", done: set[str]) -> None:
        async for item in queue:
            if isinstance(item, Refusal):
                self._refusals[item.id] = item.reason
                self.observer.refused(item)
                continue
            self.observer.found(item, item.id in done)
            if item.id not in done and self.meter.spent() is None:
                await self._one(item)

    async def _one(self, task: Task) -> None:
        """Search one task, grade it, and write its row."""
        file = self.folder.open_tree(task, self._config)
        self.active[task.id] = task
        try:
            for attempt in file.recorded:
                self._count(task, attempt, again=True)
            search = Search(task, self.strategy, self.setting, lambda attempt: self._record(file, task, attempt), file.recorded)
            try:
                ended = await search.run()
                if ended.end is End.STOPPED:
                    return
                with search.waits.on(Place.SANDBOX):
                    grades = await self._grade(task, ended)
                summary = _summary(task, ended, file)
            except JudgingFailed as error:
                logger.warning("task %s could not be judged: %s", task.id, error)
                grades, summary = [], replace(_summary(task, Ended(search.tree, End.STOPPED), file), end="unjudged", why=str(error))
            finally:
                self._waited.update(search.waits.seconds)
        finally:
            file.close()
            del self.active[task.id]
        for row in grades:
            self.folder.grade(row)
        self.folder.finish(summary)
        self.observer.finished(summary, grades)

    def _record(self, file: TreeFile, task: Task, attempt: Attempt) -> None:
        file.append(attempt)
        self._count(task, attempt, again=False)

    def _count(self, task: Task, attempt: Attempt, again: bool) -> None:
        self.meter.add(attempt.completion.prompt_tokens + attempt.completion.completion_tokens)
        self.observer.committed(task, attempt, again)

    async def _grade(self, task: Task, ended: Ended) -> list[GradeRow]:
        """Grade the programs that the settings ask for; equal programs of a tree are graded once."""
        known: dict[str, GradeRow] = {}
        rows = []
        for attempt, best_so_far in _wanted(ended.tree.attempts, self.grading):
            source = attempt.program.source if attempt.program else ""
            if source not in known:
                known[source] = await grade(task, attempt)
            rows.append(replace(known[source], attempt=attempt.index, frontier=best_so_far))
        return rows


def _wanted(attempts: Sequence[Attempt], grading: Grading) -> list[tuple[Attempt, bool]]:
    """The attempts to grade, each with whether it was the best so far."""
    best = frontier(attempts)
    wanted = {Grading.ALL: attempts, Grading.FRONTIER: best, Grading.BEST: best[-1:]}[grading]
    indices = {attempt.index for attempt in best}
    return [(attempt, attempt.index in indices) for attempt in wanted]


async def grade(task: Task, attempt: Attempt) -> GradeRow:
    """An attempt's program on the tests that score the task; an attempt without a program has solved nothing."""
    program: Program | None = attempt.program
    if program is None:
        return GradeRow(task.id, attempt.index, 0.0, solved=False, verdicts={})
    result = await task.grade(program)
    verdicts = Counter(check.verdict.value for check in result.checks)
    unjudged = verdicts[Verdict.UNJUDGED.value] > 0
    counts, checks = dict(sorted(verdicts.items())), graded_checks(result)
    return GradeRow(task.id, attempt.index, result.reward, result.solved, counts, unjudged, checks=checks)


def _summary(task: Task, ended: Ended, file: TreeFile) -> Summary:
    attempts, best = ended.tree.attempts, ended.tree.best
    solved = next((attempt.index + 1 for attempt in attempts if attempt.evaluation.solved), None)
    return Summary(
        task=task.id,
        group=task.group,
        label=task.label,
        end=ended.end.value,
        attempts=len(attempts),
        abandoned=ended.abandoned,
        best=best.index if best else None,
        reward=best.evaluation.reward if best else 0.0,
        solved_at=solved,
        prompt_tokens=sum(attempt.completion.prompt_tokens for attempt in attempts),
        completion_tokens=sum(attempt.completion.completion_tokens for attempt in attempts),
        cached_tokens=sum(attempt.completion.cached_tokens for attempt in attempts),
        model_seconds=round(sum(attempt.completion.seconds for attempt in attempts), 6),
        evaluate_seconds=round(sum(attempt.seconds for attempt in attempts), 6),
        digest=file.digest,
        simulated=file.header.simulated,
        duplicates=sum(attempt.duplicate_of is not None for attempt in attempts),
        bytes=file.size,
    )


def first_failure(errors: ExceptionGroup[Exception]) -> Exception:
    """The first failure of a group: the others are cancellations that it caused or repeats of it."""
    error = errors.exceptions[0]
    return first_failure(error) if isinstance(error, ExceptionGroup) else error


class _Shared:
    """One stream of tasks that many workers draw from."""

    def __init__(self, items: AsyncIterator[Task | Refusal]) -> None:
        self._items, self._lock = items, asyncio.Lock()

    def __aiter__(self) -> "_Shared":
        return self

    async def __anext__(self) -> Task | Refusal:
        async with self._lock:
            return await anext(self._items)


async def grade_recorded(benchmark: Benchmark, folder: RunFolder, grading: Grading) -> int:
    """Grade programs of finished trees that have no grade yet; how many there were. No model is asked.

    Raises:
        StoreError: the folder cannot be read, or another process writes to it.
    """
    added = 0
    async with benchmark.open():
        with folder.claim(folder.manifest()):
            finished, known = folder.summaries(), folder.grades()
            async for task in benchmark.tasks():
                if isinstance(task, Refusal) or task.id not in finished:
                    continue
                _, attempts = folder.tree(task.id)
                graded = {row.attempt for row in known.get(task.id, []) if not row.unjudged}
                for attempt, best_so_far in _wanted(attempts, grading):
                    if attempt.index not in graded:
                        folder.grade(replace(await grade(task, attempt), frontier=best_so_far))
                        added += 1
    return added
