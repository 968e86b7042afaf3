"""World models as a benchmark of the engine: options in, tasks out."""

import asyncio
import math
import os
import platform
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final

from cwmb_eval import catalog, descriptions
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.options import CwmbOptions
from cwmb_eval.references import reference
from cwmb_eval.sources import Source, find_source
from cwmb_eval.task import WorldTask
from gifmcts.errors import PreflightError, UsageError
from gifmcts.seams import Literature, Task
from gifmcts.store import RunFolder
from gifmcts.types import Program, Refusal, Scoring
from sandbox import Jail, Limits, SandboxError

MOST_SECONDS: Final = 3600
MOST_MEBIBYTES: Final = 1 << 20
TRIED: Final = ("CartPole", "Taxi", "RTFM")
"""Environments whose references ``check`` runs."""


class Cwmb:
    """Code world models (arXiv 2405.15383): programs are rewarded by how well they predict recorded transitions."""

    name: ClassVar[str] = "cwmb"
    prompts: ClassVar[str] = "cwmb"
    options: ClassVar[type] = CwmbOptions
    local: ClassVar[frozenset[str]] = frozenset({"workers", "unsafe_no_isolation"})
    judging: ClassVar[frozenset[str]] = frozenset({"metric", "time_limit", "memory_mb"})
    commands: ClassVar[Mapping[str, str]] = {
        "collect": "cwmb_eval.commands.collecting:collect",
        "llm-as-model": "cwmb_eval.commands.predicting:llm_as_model",
        "mutants": "cwmb_eval.commands.mutants:mutants",
        "plan": "cwmb_eval.commands.planning:plan",
        "score": "cwmb_eval.commands.scoring:score",
    }

    def __init__(self, options: CwmbOptions | None = None) -> None:
        self._options = chosen = options or CwmbOptions()
        if not math.isfinite(chosen.time_limit) or not 0 < chosen.time_limit <= MOST_SECONDS:
            raise UsageError(f"--time-limit is {chosen.time_limit:g}: it must be more than 0 and at most {MOST_SECONDS} seconds")
        if not 1 <= chosen.memory_mb <= MOST_MEBIBYTES:
            raise UsageError(f"--memory-mb is {chosen.memory_mb}: it must be at least 1 and at most {MOST_MEBIBYTES}")
        if chosen.workers is not None and chosen.workers < 1:
            raise UsageError(f"--workers is {chosen.workers}: at least one is needed")
        self._source: Source = find_source(_folder(chosen.data), _folder(chosen.published))
        self._wanted = self._source.select(catalog.entries(chosen.envs) if chosen.envs else None)
        self._jail: Jail | None = None

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
        """Hold the jail that runs programs.

        Raises:
            PreflightError: there is no isolation here, or it does not start.
        """
        return self._opened()

    async def tasks(self) -> AsyncIterator[Task | Refusal]:
        """The environments in the order of the catalogue; one without data or description is refused with its reason."""
        for name, known in self._wanted.items():
            yield await asyncio.to_thread(self._posed, name) if known else Refusal(name, self._source.missing(name))

    def total(self) -> int | None:
        """How many environments have data."""
        return sum(self._wanted.values())

    def references(self, task: Task) -> Sequence[str]:
        """The world model written by hand, where there is one."""
        known = reference(task.id)
        return [known] if known else []

    async def check(self) -> Mapping[str, str]:
        """That references predict the transitions that come with the package, and where descriptions come from.

        Raises:
            PreflightError: programs cannot be run or are judged wrongly here.
        """
        benchmark = Cwmb(CwmbOptions(envs=TRIED, workers=self._options.workers, unsafe_no_isolation=self._options.unsafe_no_isolation))
        failed = []
        async with benchmark.open():
            async for task in benchmark.tasks():
                if isinstance(task, Refusal) or not (await task.evaluate(Program(benchmark.references(task)[0]))).solved:
                    failed.append(task.id)
        if failed:
            raise PreflightError(
                f"the reference world models of {', '.join(failed)} do not predict the recorded transitions: "
                "the machine judges wrongly; try a longer --time-limit and more --memory-mb"
            )
        return {
            "references": f"{len(TRIED)} of {len(TRIED)} reference world models predict every transition",
            "descriptions": descriptions.source(),
        }

    def facts(self) -> Mapping[str, str]:
        """What a report's header must say."""
        options = self._options
        return {
            "data": self._source.name,
            "data checksum": sha256(
                "".join(self._source.checksum(name) for name, known in self._wanted.items() if known).encode()
            ).hexdigest(),
            "protocol": self._source.protocol,
            "metric": options.metric.value,
            **self._ceiling(),
            "descriptions": descriptions.source(),
            "isolation": self._jail.level.value if self._jail else "not started",
            "time limit": f"{options.time_limit:g} s of processor time for each hundred transitions",
            "memory limit": f"{options.memory_mb} MiB",
            "python": platform.python_version(),
        }

    def scoring(self) -> Scoring:
        """The metric on the split that scores, and that no check of any split may fail."""
        split = "held-out" if self._source.protocol == "held-out" else "search"
        return Scoring(f"{split} {self._options.metric.value}", "every check passed on every split")

    @classmethod
    def literature(cls, runs: Sequence[RunFolder]) -> Literature:
        """The numbers of arXiv 2405.15383 beside those of runs."""
        from cwmb_eval.literature import literature

        return literature(runs)

    def _ceiling(self) -> dict[str, str]:
        """What the true simulators score, where something hides a part of the state from observations."""
        if self._options.metric is not Metric.ACCURACY:
            return {}
        tops = {name: self._source.ceiling(name) for name, known in self._wanted.items() if known}
        told = ", ".join(f"{name} {top:.3f}" for name, top in tops.items() if top is not None and round(top, 3) < 1)
        return {"ceiling": told} if told else {}

    def _posed(self, name: str) -> WorldTask | Refusal:
        description = descriptions.describe(name)
        if description is None:
            return Refusal(name, "nothing describes it here: pip install 'gifmcts[cwmb]'")
        try:
            data = self._source.load(name)
        except UsageError as error:
            return Refusal(name, str(error))
        if data.spec.stochastic and self._options.metric is Metric.CWM2024:
            return Refusal(name, "undefined: --metric cwm2024 compares single answers, and this environment is stochastic")
        return WorldTask(data, description, self._judge)

    def _judge(self) -> Judge:
        if self._jail is None:
            raise UsageError("programs are judged inside `async with benchmark.open()`")
        options = self._options
        return Judge(self._jail, Limits(cpu_seconds=options.time_limit, memory_bytes=options.memory_mb << 20), options.metric)


def _folder(name: str | None) -> Path | None:
    return None if name is None else Path(name)
