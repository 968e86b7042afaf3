"""Processes that measure: each is pinned before it starts anything, measures when it is asked to, and idles until then."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection

import peers
import processes

from sandbox import SCRIPT, Jail, Job, Limits, SandboxError, Sharing, Status

CONFIRM, SCREEN, ZYGOTE, ZYGOTE_NUMPY = "confirm", "screen", "new zygote", "new zygote with numpy"
PRINTS = "print(1)"
PRINTS_NUMPY = "import numpy\nprint(1)"


class Station:
    """One such process and the line to it."""

    def __init__(self, serve: Callable[[Connection], None], cores: set[int]) -> None:
        """Start it on these cores."""
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_on, args=(cores, serve, theirs))
        self._process.start()
        theirs.close()

    def ask(self, mode: str, programs: int = 1) -> float:
        """The measurement of one mode over so many programs."""
        self._line.send((mode, programs))
        (found,) = self.hear()
        return found

    def hear(self) -> list[float]:
        """What it says next.

        Raises:
            SystemExit: it died, which it explained itself.
        """
        try:
            found: list[float] = self._line.recv()
        except EOFError:
            raise SystemExit("a measuring process ended") from None
        return found

    def close(self) -> None:
        """Let it end."""
        self._line.close()
        self._process.join()


def others(connection: Connection) -> None:
    """Answer with tests a second of the loops of others."""
    peers.prepare()
    while message := _asked(connection):
        connection.send([peers.rate(*message)])


def jail(connection: Connection) -> None:
    """Answer with tests a second of a standing jail that has a worker for each of this process's cores."""

    async def serve() -> None:
        peers.prepare()
        async with Jail() as jail:
            for sharing in (Sharing.FRESH, Sharing.SHARED):
                await _rate(jail, 4 * jail.workers, sharing)
            while message := _asked(connection):
                mode, programs = message
                connection.send([await _rate(jail, programs, Sharing.FRESH if mode == CONFIRM else Sharing.SHARED)])

    _run(serve())


def zygotes(connection: Connection) -> None:
    """Answer with milliseconds until the verdict of a program for which a zygote is ended and a new one started."""

    async def serve() -> None:
        async with Jail(workers=1, recycle_after=1) as jail:
            for source in (PRINTS, PRINTS_NUMPY):
                await _prints(jail, source)
            while message := _asked(connection):
                begin = time.monotonic()
                await _prints(jail, PRINTS if message[0] == ZYGOTE else PRINTS_NUMPY)
                connection.send([1000 * (time.monotonic() - begin)])

    _run(serve())


def memory(connection: Connection) -> None:
    """Say once how many bytes the trusted processes, the zygote and the zygote with numpy of one worker use; nothing if it is not told."""

    async def serve() -> None:
        async with Jail(workers=1) as jail:
            await _prints(jail, PRINTS)
            trusted, first = set(processes.children(os.getpid())), await _settled()
            await _prints(jail, PRINTS_NUMPY)
            second = await _settled()
            try:
                connection.send([processes.proportional(pids) for pids in (trusted, first - trusted, second - first)])
            except PermissionError:
                connection.send([])

    _run(serve())


def _on(cores: set[int], serve: Callable[[Connection], None], connection: Connection) -> None:
    """Whatever this process starts stays on the same cores."""
    os.sched_setaffinity(0, cores)
    serve(connection)


def _asked(connection: Connection) -> tuple[str, int] | None:
    """The next mode and number of programs; ``None`` when nobody asks any more."""
    try:
        message: tuple[str, int] = connection.recv()
    except EOFError:
        return None
    return message


def _run(work: Coroutine[None, None, None]) -> None:
    try:
        asyncio.run(work)
    except SandboxError as error:
        raise SystemExit(f"there is no jail to measure: {error}") from error


async def _settled() -> set[int]:
    """Everything below this process, a moment after a job, when its runner is no more."""
    await asyncio.sleep(0.5)
    return set(processes.descendants(os.getpid()))


async def _prints(jail: Jail, source: str) -> None:
    async for outcome in jail.run(Job(source, SCRIPT, [b""])):
        if outcome.stdout != b"1\n":
            raise SystemExit(f"a benchmark program ended with {outcome}")


async def _rate(jail: Jail, programs: int, sharing: Sharing) -> float:
    """Tests a second with as many jobs in flight as there are workers, and two more."""
    gate = asyncio.Semaphore(jail.workers + 2)

    async def one(number: int) -> None:
        async with gate:
            source = peers.source(number)
            right = iter(peers.expected(source))
            async for outcome in jail.run(Job(source, SCRIPT, peers.INPUTS, Limits(cpu_seconds=4), sharing)):
                if outcome.status is not Status.OK or outcome.stdout != next(right).encode():
                    raise SystemExit(f"a benchmark program ended with {outcome}")

    begin = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(programs)))
    return programs * peers.TESTS / (time.monotonic() - begin)
