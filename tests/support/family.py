"""Processes below this one, as /proc shows them, and how to wait for their end."""

import contextlib
import os
import select
from pathlib import Path


def children(pid: int) -> list[int]:
    """A process's children, also those that are dead and not reaped; none when it is gone itself."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """Children and everything below them."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def supervisors(pid: int | None = None) -> list[int]:
    """The sandbox's supervisors below a process, by default this one."""
    return [
        child for child in children(os.getpid() if pid is None else pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def cores(pid: int) -> set[int] | None:
    """Where a process may run; nothing when it is gone."""
    try:
        return os.sched_getaffinity(pid)
    except ProcessLookupError:
        return None


def all_end(pids: list[int], seconds: float = 10) -> bool:
    """Whether every one of these processes is dead soon; a process that cannot be watched any more is."""
    return all(_ends(pid, seconds) for pid in pids)


def _ends(pid: int, seconds: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    try:
        return bool(poller.poll(1000 * seconds))
    finally:
        os.close(descriptor)
