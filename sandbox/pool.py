"""The jail: supervisors kept warm, jobs served in the order in which they asked, outcomes as they come."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Iterable
from types import TracebackType

from sandbox.errand import Errand
from sandbox.errors import SandboxError
from sandbox.supervisor import RECYCLE_AFTER, Settings
from sandbox.types import Job, Level, Outcome
from sandbox.worker import Worker
from sandbox.zygote import FEATURES, Facts

log = logging.getLogger(__name__)


class Jail:
    """Runs untrusted programs behind walls that are built once a worker: the real ``Sandbox``.

    Args:
        workers: how many jobs run at once, by default one a core; more wait in the order in which they asked.
        unsafe_no_isolation: run even where nothing protects the machine from the programs.
        allow: features of the kernel that may be used (``namespaces``, ``landlock``, ``seccomp``), by default all.
        pinned: where there are workers for all cores, keep each on one of them.
        recycle_after: how many programs one zygote serves.
    """

    def __init__(
        self,
        workers: int | None = None,
        unsafe_no_isolation: bool = False,
        allow: Iterable[str] = FEATURES,
        pinned: bool = True,
        recycle_after: int = RECYCLE_AFTER,
    ) -> None:
        """Start nothing yet."""
        cores = sorted(os.sched_getaffinity(0))
        self.workers = workers or len(cores)
        self.level = Level.NONE
        self.facts = Facts(Level.NONE, 0)
        pins = cores if pinned and self.workers >= len(cores) else [None]
        self._settings = [
            Settings(frozenset(allow), unsafe_no_isolation, recycle_after, pins[number % len(pins)]) for number in range(self.workers)
        ]
        self._workers: list[Worker] = []
        self._free: list[Worker] = []
        self._gate = asyncio.Semaphore(self.workers)

    async def __aenter__(self) -> "Jail":
        """Build the first worker's walls.

        Raises:
            IsolationRefused: they cannot be had here.
            JailBroken: the first worker did not start.
        """
        self._workers = [Worker(settings) for settings in self._settings]
        self._free = self._workers[::-1]
        try:
            self.facts = await self._workers[0].facts()
        except BaseException:
            await self._workers[0].close()
            raise
        self.level = self.facts.level
        _warn(self.facts)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End every worker; nothing of them is left."""
        await asyncio.gather(*(worker.close() for worker in self._workers))

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Yield the outcome of every input, in order; ending the iteration early ends the job.

        Raises:
            JailBroken: the same input broke two workers.
            SandboxError: the jail is not open.
            ValueError: the driver does not compile.
        """
        if not self._workers:
            raise SandboxError("the jail is not open: enter it by `async with` first")
        async with self._gate:
            worker = self._free.pop()
            errand = Errand(worker, job)
            try:
                while outcomes := await errand.outcomes():
                    for outcome in outcomes:
                        yield outcome
                        errand.consumed()
            finally:
                errand.end()
                self._free.append(worker)


def _warn(facts: Facts) -> None:
    missing = "; ".join(f"{what}: {why}" for what, why in facts.missing.items())
    if facts.level is Level.NONE:
        log.warning("programs run unprotected on this machine (%s)", missing)
    elif facts.missing:
        log.warning("isolation is %s; missing: %s; `gifmcts check` says what would enable it", facts.level, missing)
