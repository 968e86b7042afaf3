"""Waits for a child, ends it at its limits, and says how it ended."""

import os
import select
import signal
import time
from dataclasses import dataclass, replace

from .child import OUT_OF_MEMORY
from .limits import Request

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Ending:
    """How an input ended, in the words of ``frames.STATUSES``."""

    status: str
    exit_code: int
    cpu_ns: int
    wall_ns: int
    peak_bytes: int

    def judged(self, exceeded: bool) -> "Ending":
        """The same, as ``output`` if too much was written and no other limit ended it."""
        return replace(self, status="output") if exceeded and self.status not in ("time", "memory") else self


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

    def wait(self, cpu_seconds: float) -> Ending:
        """Wait for the end, or bring it about when the limits are reached."""
        return self.collect(cpu_seconds, expired=not self.ends_within(cpu_seconds))

    def ends_within(self, cpu_seconds: float, used_ns: int = 0, descriptor: int | None = None) -> bool:
        """Whether it ended (or ``descriptor`` became readable) before the processor limit, beyond ``used_ns``, and the wall limit."""
        if descriptor is not None:
            self._poller.register(descriptor, select.POLLIN)
        try:
            return self._polled(cpu_seconds, used_ns)
        finally:
            if descriptor is not None:
                self._poller.unregister(descriptor)

    def _polled(self, cpu_seconds: float, used_ns: int) -> bool:
        deadline = time.monotonic() + self.request.wall_seconds
        limit = used_ns + int(cpu_seconds * SECOND)
        left = cpu_seconds
        while not self._poller.poll(max(1, int(1000 * min(left, deadline - time.monotonic())) + 1)):
            used = time.clock_gettime_ns(cpu_clock(self.pid))
            if used >= limit or time.monotonic() >= deadline:
                return False
            left = (limit - used) / SECOND
        return True

    def collect(self, cpu_seconds: float, used_ns: int = 0, *, expired: bool) -> Ending:
        """Kill it if it is still there, wait for it, and say how it ended."""
        os.kill(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        os.close(self._pidfd)
        cpu_ns = int((usage.ru_utime + usage.ru_stime) * SECOND) - used_ns
        wall_ns = time.monotonic_ns() - self.started_ns
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
