"""The engine's handle on a supervisor, which is started when it is first needed and anew after it died."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox import supervisor
from sandbox.errors import IsolationRefused, JailBroken, SandboxError
from sandbox.orders import DESCRIBE, FACTS, HEADER, REFUSED, WARNING, Frame
from sandbox.spawning import spawn
from sandbox.types import Level
from sandbox.zygote import START_SECONDS, Facts, last_words

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

log = logging.getLogger(__name__)

BUFFER_BYTES = 256 << 10
"""Beyond twice as much, what a supervisor says waits in the supervisor."""
GRACE_SECONDS = 10.0
"""How long a supervisor may take to end by itself."""
CLOSED = "the jail was closed while a job was in it: end every job before leaving the jail"


class Gone(Exception):
    """The supervisor died, fell silent or talked nonsense, and is no more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A supervisor that was started."""

    process: "SpawnProcess"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    errors: int


class Worker:
    """Serves one job at a time."""

    def __init__(self, settings: supervisor.Settings) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._standing: Standing | None = None
        self._closed = False
        self._jobs = 0

    async def ready(self) -> int:
        """Start the supervisor if there is none; the number that the next job may have.

        Raises:
            SandboxError: it does not start, or the jail was closed.
        """
        if self._closed:
            raise SandboxError(CLOSED)
        if self._standing is None:
            try:
                self._standing = await _start(self._settings)
            except OSError as error:
                raise JailBroken(f"a supervisor cannot be started: {error}") from error
        self._jobs += 1
        return self._jobs

    async def facts(self) -> Facts:
        """What is known of the walls, once they stand.

        Raises:
            IsolationRefused: they cannot be had here.
            JailBroken: a supervisor or zygote does not start.
        """
        await self.ready()
        self.say(Frame(DESCRIBE, 0).pack())
        try:
            frame = await self.hear(0, START_SECONDS + GRACE_SECONDS)
        except Gone as error:
            raise JailBroken(f"a jail did not start under {sys.version.split()[0]}: {error}") from error
        if frame.kind == FACTS:
            told = json.loads(frame.payload)
            return Facts(Level(told["level"]), told["landlock"], told["missing"])
        raise (IsolationRefused if frame.kind == REFUSED else JailBroken)(frame.payload.decode())

    def say(self, content: bytes) -> None:
        """Send frames, if there is still somebody to hear them."""
        if self._standing is not None and content:
            self._standing.writer.write(content)

    async def hear(self, number: int, patience: float) -> Frame:
        """The next message that belongs to a job; what is left of the jobs before it is skipped.

        Raises:
            Gone: the supervisor died, or said nothing for ``patience`` seconds.
            SandboxError: the jail was closed.
        """
        try:
            async with asyncio.timeout(patience):
                while True:
                    frame = await self._next()
                    if frame.kind == WARNING:
                        log.warning("%s", frame.payload.decode())
                    elif frame.number == number:
                        return frame
        except TimeoutError as error:
            await self.discard(kill=True)
            raise Gone("its supervisor fell silent") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            ending = await self.discard()
            if self._closed:
                raise SandboxError(CLOSED) from error
            raise Gone(f"its supervisor ended with {ending}") from error

    async def discard(self, *, kill: bool = False) -> str:
        """End the supervisor and everything below it; how it ended, and the last that it wrote to its standard error."""
        found, self._standing = self._standing, None
        if found is None:
            return ""
        found.writer.transport.abort()
        try:
            if not kill:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(GRACE_SECONDS):
                        await _ended(found.process)
            with contextlib.suppress(ConnectionError):
                await found.writer.wait_closed()
        finally:
            found.process.kill()
            found.process.join()
            ending = f"{found.process.exitcode} {last_words(found.errors)}".strip()
            found.process.close()
            os.close(found.errors)
        return ending

    async def close(self) -> None:
        """End it for good."""
        self._closed = True
        await self.discard()

    async def _next(self) -> Frame:
        if self._standing is None:
            raise ConnectionError
        reader = self._standing.reader
        kind, number, length = HEADER.unpack(await reader.readexactly(HEADER.size))
        return Frame(kind, number, await reader.readexactly(length))


async def _start(settings: supervisor.Settings) -> Standing:
    ours, theirs = socket.socketpair()
    errors = os.memfd_create("supervisor-errors", os.MFD_CLOEXEC)
    process: SpawnProcess | None = None
    try:
        with theirs:
            process = spawn(supervisor.main, theirs, os.getpid(), settings)
        socket.send_fds(ours, [b"\0"], [errors])
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=BUFFER_BYTES)
    except BaseException:
        ours.close()
        os.close(errors)
        if process is not None:
            process.kill()
            process.join()
            process.close()
        raise
    return Standing(process, reader, writer, errors)


async def _ended(process: "SpawnProcess") -> None:
    """Wait until a process is dead."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(process.sentinel, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(process.sentinel)
