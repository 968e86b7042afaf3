"""Waits for a child, ends it at its limits, and says how it ended."""

from __future__ import annotations

import os
import select
import time

from . import frames
from .child import OUT_OF_MEMORY
from .kernel import SIGKILL
from .limits import Request

SECOND = 1_000_000_000


SAMPLE_SECONDS, BUSY = 0.02, 3
"""A machine is too busy when so much work takes so many times as long by the clock."""


class Ending:
    """How an input ended, in the words of ``frames.STATUSES``."""

    __slots__ = ("cpu_ns", "exit_code", "peak_bytes", "status", "wall_ns")

    def __init__(self, status: str, exit_code: int, cpu_ns: int, wall_ns: int, peak_bytes: int) -> None:
        self.status = status
        self.exit_code = exit_code
        self.cpu_ns = cpu_ns
        self.wall_ns = wall_ns
        self.peak_bytes = peak_bytes

    def exceeded(self) -> None:
        """Call it ``output``, unless another limit ended it: too much was written."""
        if self.status not in ("time", "memory"):
            self.status = "output"


def machine_is_busy() -> bool:
    """Whether a program that has not ended may just have had no turn: a little work of one's own takes far longer by the clock."""
    begun, until = time.monotonic(), time.process_time() + SAMPLE_SECONDS
    while time.process_time() < until:
        pass
    return time.monotonic() - begun > BUSY * SAMPLE_SECONDS


def cpu_clock(pid: int) -> int:
    """The kernel's clock of a process's processor time."""
    return (~pid << 3) | 2


class Watch:
    """Over one child, from its fork to its end."""

    def __init__(self, pid: int, request: Request, started_ns: int) -> None:
        """Begin; wall time counts from ``started_ns``."""
        self.pid = pid
        self.request = request
        self.started_ns = started_ns
        self._poller = select.poll()
        self._pidfd = os.pidfd_open(pid)
        self._poller.register(self._pidfd, select.POLLIN)
        self._heard: int | None = None

    def listen(self, descriptor: int | None) -> None:
        """Let a message over this descriptor end the waiting too."""
        if self._heard is not None:
            self._poller.unregister(self._heard)
        if descriptor is not None:
            self._poller.register(descriptor, select.POLLIN)
        self._heard = descriptor

    def wait(self, cpu_seconds: float) -> Ending:
        """Wait for the end, or bring it about when the limits are reached."""
        return self.collect(cpu_seconds, expired=not self.ends_within(cpu_seconds))

    def ends_within(self, cpu_seconds: float, used_ns: int = 0) -> bool:
        """Whether it ended, or was heard, before the processor limit, beyond ``used_ns``, and the wall limit."""
        limit = used_ns + int(cpu_seconds * SECOND)
        wall_limit, extensions = self.request.wall_seconds, frames.EXTENSIONS
        left, wall_left = cpu_seconds, wall_limit
        while not self._poller.poll(max(1, int(1000 * min(left, wall_left)) + 1)):
            used = time.clock_gettime_ns(cpu_clock(self.pid))
            wall_left = wall_limit - (time.monotonic_ns() - self.started_ns) / SECOND
            if used >= limit:
                return False
            left = (limit - used) / SECOND
            if wall_left <= 0:
                if not extensions or not machine_is_busy():
                    return False
                extensions -= 1
                wall_limit += self.request.wall_seconds
                wall_left = self.request.wall_seconds
        return True

    def collect(self, cpu_seconds: float, used_ns: int = 0, *, expired: bool = False) -> Ending:
        """Kill it if it is still there, wait for it, and say how it ended."""
        os.kill(self.pid, SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        wall_ns = time.monotonic_ns() - self.started_ns
        os.close(self._pidfd)
        cpu_ns = int((usage.ru_utime + usage.ru_stime) * SECOND) - used_ns
        code = os.waitstatus_to_exitcode(status)
        late = expired or cpu_ns > cpu_seconds * SECOND
        return _ending(code, late=late, cpu_ns=max(cpu_ns, 0), wall_ns=wall_ns, peak_bytes=usage.ru_maxrss * 1024)


def _ending(code: int, *, late: bool, cpu_ns: int, wall_ns: int, peak_bytes: int) -> Ending:
    if late:
        status = "time"
    elif code == OUT_OF_MEMORY:
        status, code = "memory", 1
    elif code < 0:
        status = "crash"
    else:
        status = "error" if code else "ok"
    return Ending(status, code, cpu_ns, wall_ns, peak_bytes)


def claimed(code: int, *, late: bool, cpu_ns: int, wall_ns: int, peak_bytes: int) -> Ending:
    """How a child that lives on says that an input ended; it can claim no signal and no size that does not fit."""
    return _ending(code & 0xFF, late=late, cpu_ns=cpu_ns, wall_ns=wall_ns, peak_bytes=peak_bytes & 0xFFFFFFFFFFFF)
