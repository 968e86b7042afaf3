"""APPS as a benchmark of the engine: options in, tasks out."""

import asyncio
import math
import os
import platform
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import ClassVar, Final

from apps_eval.dataset import Filter, problems
from apps_eval.exclusion import read_exclusions
from apps_eval.judges import Judge
from apps_eval.judges.official import OfficialJudge
from apps_eval.judges.strict import StrictJudge
from apps_eval.judges.wrapped import judge_reference, parses
from apps_eval.options import AppsOptions, Rules, SearchTier
from apps_eval.problem import Problem
from apps_eval.sources import Source, find_source
from apps_eval.split import SPLIT_VERSION
from apps_eval.task import AppsTask, pose
from gifmcts.errors import PreflightError, UsageError
from gifmcts.seams import Task
from gifmcts.types import Refusal, Scoring
from sandbox import Jail, Limits, SandboxError, survey

MOST_SECONDS: Final = 3600
MOST_MEBIBYTES: Final = 1 << 20


class Apps:
    """The APPS benchmark (arXiv 2105.09938): programs are rewarded by the share of unit tests that they pass."""

    name: ClassVar[str] = "apps"
    prompts: ClassVar[str] = "apps"
    options: ClassVar[type] = AppsOptions
    local: ClassVar[frozenset[str]] = frozenset({"workers", "unsafe_no_isolation"})
    judging: ClassVar[frozenset[str]] = frozenset({"rules", "search_tier", "early_stop", "time_limit", "memory_mb"})
    commands: ClassVar[Mapping[str, str]] = {
        "grade": "apps_eval.grading.command:grade",
        "audit": "apps_eval.auditing.command:audit",
    }

    def __init__(self, options: AppsOptions | None = None) -> None:
        self._options = options or AppsOptions()
        seconds, mebibytes = self._options.time_limit, self._options.memory_mb
        if not math.isfinite(seconds) or not 0 < seconds <= MOST_SECONDS:
            raise UsageError(f"--time-limit is {seconds:g}: it must be more than 0 and at most {MOST_SECONDS} seconds")
        if not 1 <= mebibytes <= MOST_MEBIBYTES:
            raise UsageError(f"--memory-mb is {mebibytes}: it must be at least 1 and at most {MOST_MEBIBYTES}")
        if self._options.workers is not None and self._options.workers < 1:
            raise UsageError(f"--workers is {self._options.workers}: at least one is needed")
        if self._options.rules is Rules.OFFICIAL:
            self._refuse_tiers()
        self._filter = Filter.of(self._options)
        self._source: Source = find_source(self._options.data, self._options.split)
        self._jail: Jail | None = None

    def _refuse_tiers(self) -> None:
        if self._options.early_stop:
            raise UsageError(
                "--early-stop goes with --rules strict only: the reference scorer takes a pass back when its process ends in a later test"
            )
        if self._options.search_tier is SearchTier.CONFIRM:
            raise UsageError("--search-tier confirm goes with --rules strict only: the reference scorer runs all tests in one process")

    @asynccontextmanager
    async def _opened(self) -> AsyncGenerator[None, None]:
        workers = self._options.workers or len(os.sched_getaffinity(0))
        async with AsyncExitStack() as held:
            try:
                self._jail = await held.enter_async_context(Jail(workers, self._options.unsafe_no_isolation))
            except SandboxError as error:
                raise PreflightError(str(error)) from error
            try:
                yield
            finally:
                self._jail = None

    def open(self) -> AbstractAsyncContextManager[None]:
        """Hold the jail that judges programs.

        Raises:
            PreflightError: there is no isolation here, or it does not start.
        """
        return self._opened()

    async def tasks(self) -> AsyncIterator[Task | Refusal]:
        """The problems in the order of the data, read one at a time; what cannot be posed is refused with its reason."""
        items = problems(self._source, self._filter)
        while (item := await asyncio.to_thread(next, items, None)) is not None:
            yield item if isinstance(item, Refusal) else pose(item, self._options.protocol, self._judge)

    def total(self) -> int | None:
        """How many rows there are, up to ``limit``; ``None`` where filters or the data's size leave that open."""
        rows = None if self._filter.selects else self._source.count()
        known = [number for number in (rows, self._options.limit) if number is not None]
        return min(known, default=None)

    def references(self, task: Task) -> Sequence[str]:
        """The problem's solutions that compile as plain programs."""
        return [source for source in task.problem.solutions if parses(source)] if isinstance(task, AppsTask) else []

    async def check(self) -> Mapping[str, str]:
        """What the machine offers to the jail, the level in force, and that the bundled suite's reference solutions pass.

        Raises:
            PreflightError: programs cannot be run or are judged wrongly here; says what the machine offers and what would enable the rest.
        """
        found = await survey()
        offered = {**found.features, **{f"to enable {name}": command for name, command in found.advice.items()}}
        try:
            async with self.open():
                passed, failed = await self._try_references()
                level = self._held().level.value
        except PreflightError as error:
            told = [f"{key}: {value}" for key, value in offered.items() if value != str(error)]
            raise PreflightError("\n  ".join([str(error), *told])) from error
        if failed or not passed:
            raise PreflightError(
                f"{len(failed)} of {passed + len(failed)} reference solutions of the bundled suite fail ({', '.join(failed[:5])}): "
                "the machine judges wrongly; try a longer --time-limit, more --memory-mb and fewer --workers"
            )
        references = f"{passed} of {passed} reference solutions of the bundled suite pass all of their tests"
        return {"isolation": level, **offered, "python": platform.python_version(), "references": references}

    def scoring(self) -> Scoring:
        """Tests passed."""
        return Scoring()

    def facts(self) -> Mapping[str, str]:
        """What a report's header must say."""
        options = self._options
        return {
            "data": options.data,
            "data checksum": self._source.checksum(),
            **({"split": self._source.split.value} if self._source.split else {}),
            "protocol": options.protocol.value,
            "split version": str(SPLIT_VERSION),
            **read_exclusions(options.exclude).facts,
            "rules": options.rules.value,
            **self._steered(),
            "isolation": self._jail.level.value if self._jail else "not started",
            "time limit": f"{options.time_limit:g} s of processor time per test",
            "memory limit": f"{options.memory_mb} MiB",
            "python": platform.python_version(),
        }

    def _steered(self) -> Mapping[str, str]:
        """How the search's own verdicts are come by, where there is a choice."""
        if self._options.rules is Rules.OFFICIAL:
            return {}
        return {"search tier": self._options.search_tier.value, **({"early stop": "on"} if self._options.early_stop else {})}

    def _judge(self) -> Judge:
        if self._options.rules is Rules.OFFICIAL:
            return OfficialJudge(self._held(), self._limits())
        return self._strict()

    def _strict(self) -> StrictJudge:
        return StrictJudge(self._held(), self._limits(), self._options.search_tier, self._options.early_stop)

    def _held(self) -> Jail:
        if self._jail is None:
            raise UsageError("programs are judged inside `async with benchmark.open()`")
        return self._jail

    def _limits(self) -> Limits:
        return Limits(cpu_seconds=self._options.time_limit, memory_bytes=self._options.memory_mb << 20)

    async def _try_references(self) -> tuple[int, list[str]]:
        """How many reference solutions of the bundled suite pass, and which do not."""
        judge = self._strict()

        async def passes(problem: Problem, index: int, source: str) -> str | None:
            judged = await judge_reference(judge, problem, source)
            return None if judged.passed else f"{problem.id} solution {index}"

        suite = problems(find_source("mini", self._options.split), Filter())
        tried = [
            passes(problem, index, source)
            for problem in suite
            if isinstance(problem, Problem)
            for index, source in enumerate(problem.solutions)
        ]
        failed = [name for name in await asyncio.gather(*tried) if name is not None]
        return len(tried) - len(failed), failed
