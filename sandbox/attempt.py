"""One runner's share of a job: inputs are sent ahead, replies are checked, and an end is told from a breakdown."""

import asyncio
from collections import deque
from collections.abc import Iterator

from sandbox import wire
from sandbox.jail import frames
from sandbox.types import Job, Outcome, Sharing, Status
from sandbox.zygote import Hung, Zygote

WINDOW_INPUTS = 4
WINDOW_BYTES = 1 << 20
"""How far inputs are sent ahead of the outcomes."""
GRACE_SECONDS = 10.0
"""How long a runner may be silent beyond its limits before it counts as broken."""
BUFFER_BYTES = 1 << 20
EXCEEDED = b"MemoryError: compiling exceeded its limits\n"


class Broken(Exception):
    """A job cannot go on in this zygote; its next input has no outcome yet."""


class Feed:
    """A job's inputs: those sent and not yet answered, and those still to be drawn."""

    def __init__(self, job: Job) -> None:
        """Draw nothing yet."""
        self._inputs: Iterator[bytes] = iter(job.inputs)
        self._ahead = 1 if job.sharing is Sharing.SESSION else WINDOW_INPUTS
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._sent = 0
        self._exhausted = False
        self._ended = False

    def __bool__(self) -> bool:
        """Whether an input waits for its outcome."""
        return bool(self._waiting)

    def rewind(self) -> None:
        """What has no outcome is to be sent again."""
        self._sent = 0
        self._ended = False

    def frames(self) -> bytes:
        """What is to be written now: inputs as far as the window goes, and the end after the last."""
        while not self._exhausted and len(self._waiting) < self._ahead and self._bytes < WINDOW_BYTES:
            try:
                data = next(self._inputs)
            except StopIteration:
                self._exhausted = True
            else:
                self._waiting.append(data)
                self._bytes += len(data)
        content = [wire.pack_input(data) for data in list(self._waiting)[self._sent :]]
        self._sent = len(self._waiting)
        if self._exhausted and not self._ended:
            self._ended = True
            content.append(wire.pack_end())
        return b"".join(content)

    def answered(self) -> None:
        """The first that waited has its outcome."""
        self._bytes -= len(self._waiting.popleft())
        self._sent -= 1


class Attempt:
    """A runner at work on a job, until the job or the runner ends."""

    def __init__(self, zygote: Zygote, job: Job, feed: Feed) -> None:
        """Start nothing yet."""
        self.over = False
        self._zygote = zygote
        self._job = job
        self._feed = feed
        self._patience = wire.wall_seconds(job.limits) + 5 * job.limits.compile_seconds + 5 + GRACE_SECONDS
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Start the runner and tell it the job.

        Raises:
            Broken: the zygote is gone.
        """
        self._feed.rewind()
        try:
            connection = await self._zygote.begin(self._job.driver, self._job.limits.compile_seconds)
        except Hung as error:
            raise Broken(str(error)) from error
        self._reader, self._writer = await asyncio.open_unix_connection(sock=connection, limit=BUFFER_BYTES)
        self._writer.write(wire.pack_job(self._job))

    async def next(self) -> Outcome | None:
        """The outcome of the next input, or nothing when every input has one.

        Raises:
            Broken: the runner or the zygote died, fell silent or talked nonsense.
            ValueError: the driver does not compile.
        """
        assert self._writer is not None
        if content := self._feed.frames():
            self._writer.write(content)
        try:
            async with asyncio.timeout(self._patience):
                outcome = await self._receive()
        except TimeoutError as error:
            raise Broken("the runner fell silent") from error
        if outcome is not None and outcome.status is not Status.COMPILE:
            self._feed.answered()
        return outcome

    async def _receive(self) -> Outcome | None:
        try:
            reply = wire.read_reply(await self._reader.readexactly(frames.REPLY.size), self._job.limits)
            outcome = reply.outcome(await self._reader.readexactly(reply.length))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            return await self._explain(error)
        except wire.Nonsense as error:
            raise Broken(str(error)) from error
        if not self._feed and outcome.status is not Status.COMPILE:
            raise Broken("the runner talks without being asked")
        return outcome

    async def _explain(self, error: Exception) -> Outcome | None:
        """What the end of the runner means."""
        try:
            compiled, code = await self._zygote.ended()
        except Hung as hung:
            raise Broken(str(hung)) from hung
        except ValueError:
            self.over = True
            raise
        self.over = True
        if not compiled and code != 0:
            return Outcome(Status.COMPILE, stderr=EXCEEDED, exit_code=1)
        if self._feed or code != 0:
            raise Broken(f"the runner ended with {code}: {error}")
        return None

    def close(self) -> None:
        """Hang up and, where the runner may still live, ask for its end."""
        if self._writer is not None:
            self._writer.close()
        if not self.over:
            self._zygote.stop_job()

    async def settled(self) -> bool:
        """Wait for the end of the runner that ``close`` asked for; whether the zygote can serve again."""
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._zygote.ended()
        except (Hung, TimeoutError, ValueError):
            return False
        return True
