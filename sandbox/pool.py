"""The jail: zygotes kept warm, jobs served in the order in which they asked, outcomes as they come."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Iterable
from types import TracebackType

from sandbox.attempt import Attempt, Broken, Feed
from sandbox.errors import JailBroken, SandboxError
from sandbox.types import Job, Level, Outcome, Status
from sandbox.zygote import FEATURES, Facts, Zygote

log = logging.getLogger(__name__)

RECYCLE_AFTER = 2000
"""Programs that one zygote serves."""
CLOSED = "the jail was closed while a job was in it: end every job before leaving the jail"


class Slot:
    """A worker: up to two zygotes, of which one at a time serves a job."""

    def __init__(self, allow: frozenset[str], unsafe: bool) -> None:
        """Start nothing yet."""
        self._allow = allow
        self._unsafe = unsafe
        self._zygotes: dict[bool, Zygote] = {}
        self._closed = False

    async def zygote(self, packages: bool) -> Zygote:
        """A zygote that is ready, with numpy or without.

        Raises:
            SandboxError: it does not start, or the jail was closed.
        """
        if self._closed:
            raise SandboxError(CLOSED)
        found = self._zygotes.get(packages)
        if found is not None and found.jobs >= RECYCLE_AFTER:
            await self.discard(packages)
            found = None
        if found is None:
            found = await Zygote.start(packages=packages, allow=self._allow, unsafe=self._unsafe)
            self._zygotes[packages] = found
            if self._closed:
                await self.discard(packages)
                raise SandboxError(CLOSED)
        return found

    async def discard(self, packages: bool) -> None:
        """End a zygote and everything below it."""
        found = self._zygotes.pop(packages, None)
        if found is not None:
            await found.close()

    async def close(self) -> None:
        """End both."""
        self._closed = True
        for packages in list(self._zygotes):
            await self.discard(packages)


class Stint:
    """A job in a worker, carried over to a fresh zygote when one breaks."""

    def __init__(self, slot: Slot, job: Job, packages: bool) -> None:
        """Start nothing yet."""
        self.attempt: Attempt | None = None
        self._slot = slot
        self._job = job
        self._packages = packages
        self._feed = Feed(job)
        self._done = 0
        self._broke_at = -1

    async def next(self) -> Outcome | None:
        """The next outcome, or nothing when every input has one.

        Raises:
            JailBroken: the same input broke two zygotes.
        """
        while True:
            try:
                if self.attempt is None:
                    self.attempt = Attempt(await self._slot.zygote(self._packages), self._job, self._feed)
                    await self.attempt.open()
                outcome = await self.attempt.next()
            except Broken as error:
                await self._replace(error)
            else:
                self._done += 1
                return outcome

    async def _replace(self, error: Broken) -> None:
        log.warning("a jail broke at input %d of a job and is replaced: %s", self._done, error)
        if self.attempt is not None:
            self.attempt.close()
            self.attempt = None
        await self._slot.discard(self._packages)
        if self._broke_at == self._done:
            raise JailBroken(f"input {self._done} broke two jails in a row, the second with: {error}") from error
        self._broke_at = self._done


class Jail:
    """Runs untrusted programs behind walls that are built once a worker: the real ``Sandbox``.

    Args:
        workers: how many jobs run at once, by default one a core; more wait in the order in which they asked.
        unsafe_no_isolation: run even where nothing protects the machine from the programs.
        allow: features of the kernel that may be used (``namespaces``, ``landlock``, ``seccomp``), by default all.
    """

    def __init__(self, workers: int | None = None, unsafe_no_isolation: bool = False, allow: Iterable[str] = FEATURES) -> None:
        """Start nothing yet."""
        self.workers = workers or len(os.sched_getaffinity(0))
        self.level = Level.NONE
        self.facts = Facts(Level.NONE, 0)
        self._allow = frozenset(allow)
        self._unsafe = unsafe_no_isolation
        self._free: asyncio.Queue[Slot] = asyncio.Queue()
        self._slots: list[Slot] = []
        self._settling: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Jail":
        """Build the first worker's walls.

        Raises:
            IsolationRefused: they cannot be had here.
            JailBroken: the first worker did not start.
        """
        self._slots = [Slot(self._allow, self._unsafe) for _ in range(self.workers)]
        self.facts = (await self._slots[0].zygote(packages=False)).facts
        self.level = self.facts.level
        _warn(self.facts)
        for slot in self._slots:
            self._free.put_nowait(slot)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End every worker; nothing of them is left."""
        for task in list(self._settling):
            task.cancel()
        await asyncio.gather(*self._settling, return_exceptions=True)
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Yield the outcome of every input, in order; ending the iteration early ends the job.

        Raises:
            JailBroken: the same input broke two workers.
            ValueError: the driver does not compile.
        """
        packages = "numpy" in job.source
        slot = await self._free.get()
        stint = Stint(slot, job, packages)
        try:
            while (outcome := await stint.next()) is not None:
                yield outcome
                if outcome.status is Status.COMPILE:
                    return
        finally:
            self._give_back(slot, packages, stint.attempt)

    def _give_back(self, slot: Slot, packages: bool, attempt: Attempt | None) -> None:
        """Free the worker, as soon as nothing of the job is left in it."""
        if attempt is not None:
            attempt.close()
        if attempt is None or attempt.over:
            self._free.put_nowait(slot)
            return
        task = asyncio.create_task(self._settle(slot, packages, attempt))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle(self, slot: Slot, packages: bool, attempt: Attempt) -> None:
        try:
            if not await attempt.settled():
                await slot.discard(packages)
        finally:
            self._free.put_nowait(slot)


def _warn(facts: Facts) -> None:
    if facts.level is Level.NONE:
        log.warning("programs run unprotected on this machine: %s", facts.missing)
    elif facts.missing:
        log.warning("the jail's walls are %s; missing: %s", facts.level, facts.missing)
