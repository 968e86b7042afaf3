"""Running given programs: each once per problem and mode, a bounded number at a time, every end written down at once."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from apps_eval.grading.folder import GradingFolder
from apps_eval.grading.record import Record, left_of, record
from apps_eval.grading.spool import Spool
from apps_eval.judges import Judge
from apps_eval.judges.official import OfficialJudge
from apps_eval.judges.strict import StrictJudge
from apps_eval.options import Rules
from apps_eval.problem import Json, Problem
from gifmcts.types import Refusal, Verdict
from sandbox.types import Limits, Sandbox

HEAVY: Final = 24 << 20
"""Characters of tests in work beyond which no further problem is read."""
AHEAD: Final = 2
"""How many programs wait for a free worker."""


@dataclass(slots=True)
class Counts:
    """What this start did."""

    problems: int = 0
    """Rows of the data read."""
    executed: int = 0
    """Executions: a program, a problem and a mode."""
    reused: int = 0
    """Executions that an earlier start had written down."""
    tests: int = 0
    """Tests of this start's executions that it ran."""
    resumed: int = 0
    """Tests of this start's executions that an earlier one had run."""
    failed: int = 0
    """Executions that the sandbox could not finish; the same command tries them again."""


Watch: TypeAlias = Callable[[Counts], None]
"""Told whenever something was done."""


class Window:
    """How much is in work: executions, and the size of their problems."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._changed = asyncio.Condition()
        self._running = self._weight = 0

    async def enter(self, weight: int) -> None:
        """Wait until one more execution may begin."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._running < self._most)
            self._running += 1
            self._weight += weight

    async def leave(self, weight: int) -> None:
        """An execution has ended."""
        async with self._changed:
            self._running -= 1
            self._weight -= weight
            self._changed.notify_all()

    async def lightened(self) -> None:
        """Wait until what is in work is small enough for another problem to be read."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._weight < HEAVY)


class Grader:
    """Runs what the log does not hold yet."""

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits,
        modes: tuple[Rules, ...],
        spool: Spool,
        folder: GradingFolder,
        workers: int,
        watch: Watch | None = None,
    ) -> None:
        judges: dict[Rules, Judge] = {Rules.STRICT: StrictJudge(sandbox, limits), Rules.OFFICIAL: OfficialJudge(sandbox, limits)}
        self._judges = {mode: judges[mode] for mode in modes}
        self._spool, self._folder, self._watch = spool, folder, watch or _unwatched
        self._window = Window(workers + AHEAD)
        self.counts = Counts()

    async def run(self, items: Iterator[Problem | Refusal]) -> Counts:
        """Read every problem once, in order, and run its programs; memory is bounded by the largest problem.

        Raises:
            StoreError: the log cannot be written.
        """
        for start, found in self._folder.read():
            self._spool.note(found.problem, found.program, found.mode, start)
            self._folder.journal.drop(found.problem, found.program, found.mode)
        try:
            async with asyncio.TaskGroup() as group:
                while await self._next(items, group):
                    await self._window.lightened()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        return self.counts

    async def _next(self, items: Iterator[Problem | Refusal], group: asyncio.TaskGroup) -> bool:
        """Read one problem and start its programs; whether there was one."""
        item = await asyncio.to_thread(next, items, None)
        if item is None:
            return False
        self.counts.problems += 1
        if isinstance(item, Refusal):
            self._spool.add_unscorable(item.id, item.reason)
        elif self._spool.add_problem(item.id, item.difficulty, len(item.cases)):
            await self._start(item, group)
        self._watch(self.counts)
        return True

    async def _start(self, problem: Problem, group: asyncio.TaskGroup) -> None:
        entries = self._spool.entries(problem.id)
        size = weight(problem) if entries else 0
        for digest in dict.fromkeys(entry.digest for entry in entries):
            for mode in self._judges:
                if self._spool.find(problem.id, digest, mode) is not None:
                    self.counts.reused += 1
                    continue
                await self._window.enter(size)
                group.create_task(self._execute(problem, digest, mode, size))

    async def _execute(self, problem: Problem, digest: str, mode: Rules, size: int) -> None:
        try:
            journal = self._folder.journal
            known = journal.known(problem.id, digest, mode)
            tests = [test for test in range(len(problem.cases)) if test not in known]
            judge, source = self._judges[mode], self._spool.source(digest)
            trials = await judge.confirm(problem, source, tests, lambda trial: journal.add(record(problem, digest, mode, [trial])))
            if any(trial.verdict is Verdict.UNJUDGED for trial in trials):
                self.counts.failed += 1
                return
            found = known | {trial.test: left_of(problem, mode, trial) for trial in trials}
            start = self._folder.append(Record(problem.id, digest, mode, tuple(found[test] for test in sorted(found))))
            self._spool.note(problem.id, digest, mode, start)
            journal.drop(problem.id, digest, mode)
            self.counts.executed += 1
            self.counts.resumed += len(known)
            self.counts.tests += len(trials)
            self._watch(self.counts)
        finally:
            await self._window.leave(size)


def _unwatched(counts: Counts) -> None:
    """Nobody is told."""


def weight(problem: Problem) -> int:
    """About how many characters a problem's tests have."""
    waiting: list[Json] = [value for case in problem.cases for value in (case.input, case.expected)]
    total = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        total += 32
    return total
