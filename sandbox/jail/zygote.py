"""The warm interpreter: forks a runner for each job and reports how the runner ended."""

from __future__ import annotations

import contextlib
import os
import select
import struct
import time
from _socket import CMSG_SPACE, MSG_WAITALL, socket

from . import frames, namespaces, runner
from .kernel import SIGKILL
from .watch import SECOND, cpu_clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import NoReturn

    from .walls import Walls

WALL_FACTOR, WALL_EXTRA = 5, 5
RIGHTS = struct.Struct("i")
"""The descriptor that comes with a message."""


class Zygote:
    """Serves jobs, one after another, over its control socket."""

    def __init__(self, control: socket, walls: Walls) -> None:
        """Nothing is read yet."""
        self.control = control
        self.walls = walls
        self.drivers: dict[int, CodeType | str] = {}

    def serve(self) -> NoReturn:
        """Serve until the trusted side hangs up."""
        while True:
            kind, number, payload, descriptor = self._receive()
            if kind == frames.DRIVER:
                self._learn(number, payload)
            elif kind == frames.JOB and descriptor is not None:
                self._run(number, payload, descriptor)

    def _receive(self) -> tuple[bytes, int, bytes, int | None]:
        header, rights, _, _ = self.control.recvmsg(frames.CONTROL.size, CMSG_SPACE(RIGHTS.size), MSG_WAITALL)
        if len(header) != frames.CONTROL.size:
            os._exit(0)
        kind, number, length = frames.CONTROL.unpack(header)
        payload = b""
        while len(payload) < length:
            piece = self.control.recv(length - len(payload))
            if not piece:
                os._exit(0)
            payload += piece
        return kind, number, payload, RIGHTS.unpack(rights[0][2])[0] if rights else None

    def _send(self, kind: bytes, number: int, payload: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.control.sendall(frames.CONTROL.pack(kind, number, len(payload)) + payload)

    def _learn(self, number: int, text: bytes) -> None:
        """Compile a driver once, for all the jobs that use it."""
        try:
            self.drivers[number] = compile(text.decode(), "driver.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            self.drivers[number] = str(error)

    def _run(self, number: int, payload: bytes, descriptor: int) -> None:
        """Fork the runner of a job and see it through."""
        (driver_number, compile_seconds) = frames.START.unpack(payload)
        driver = self.drivers[driver_number]
        if isinstance(driver, str):
            os.close(descriptor)
            self._send(frames.FAILED, number, driver.encode())
            return
        compiled = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        if self.walls.isolated:
            namespaces.own_processes()
        zygote = 0 if self.walls.isolated else os.getpid()
        pid = os.fork()
        if pid == 0:
            self.control.close()
            runner.become(descriptor, driver, compiled, self.walls, zygote)
        os.close(descriptor)
        self._watch(pid, number, compiled, compile_seconds)
        _, status = os.waitpid(pid, 0)
        if self.walls.buries:
            _bury()
        self._send(frames.ENDED, number, frames.ENDING.pack(_has_compiled(compiled), os.waitstatus_to_exitcode(status)))
        os.close(compiled)

    def _watch(self, pid: int, number: int, compiled: int, compile_seconds: float) -> None:
        """Wait for the runner's end; bring it about when compiling takes too long or the trusted side asks for it."""
        pidfd = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        poller.register(self.control, select.POLLIN)
        deadline = time.monotonic() + WALL_FACTOR * compile_seconds + WALL_EXTRA
        left: float | None = compile_seconds
        while True:
            events = poller.poll(None if left is None else int(1000 * left) + 1)
            ready = [found for found, _ in events]
            if pidfd in ready:
                break
            if ready:
                kind, which, _, _ = self._receive()
                if kind == frames.KILL and which == number:
                    os.kill(pid, SIGKILL)
            elif _has_compiled(compiled, consume=False):
                left = None
            else:
                left = compile_seconds - time.clock_gettime_ns(cpu_clock(pid)) / SECOND
                if left <= 0 or time.monotonic() > deadline:
                    os.kill(pid, SIGKILL)
                    left = None
                else:
                    left = min(left, max(0.0, deadline - time.monotonic()))
        os.close(pidfd)


def _bury() -> None:
    """Wait for what a runner left to its zygote: children that died with it."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _has_compiled(event: int, consume: bool = True) -> bool:
    if not consume:
        return bool(select.select([event], [], [], 0)[0])
    try:
        return os.eventfd_read(event) > 0
    except BlockingIOError:
        return False
