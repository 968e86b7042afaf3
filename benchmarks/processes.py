"""Processes below a process, and what they hold, as /proc shows it to their owner."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def children(pid: int) -> list[int]:
    """A process's children, also those that are dead and not reaped; none when it is gone itself."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


def descendants(pid: int) -> list[int]:
    """Children and everything below them."""
    return [found for child in children(pid) for found in (child, *descendants(child))]


def identity(pid: int) -> tuple[int, str] | None:
    """The number of a process and when it began, which no other process shares; ``None`` when it is gone."""
    fields = _stat(pid)
    return (pid, fields[19]) if fields else None


def zombies(pids: Iterable[int]) -> list[int]:
    """Those that are dead and not reaped."""
    return [pid for pid in pids if _stat(pid)[:1] == ["Z"]]


def descriptors(pid: int) -> int:
    """How many a process has open; none when it is gone or may not be looked at."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def resident(pid: int) -> int:
    """Bytes of memory that a process has in use, whoever else shares them."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def proportional(pids: Iterable[int]) -> int:
    """Bytes of memory that processes have in use, what is shared divided among those that share it.

    Raises:
        PermissionError: this user may not look into one of them, which takes root.
    """
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(row.split()[1]) << 10 for row in rows if row.startswith("Pss:"))
    return total


def load() -> str:
    """The machine's load over one, five and fifteen minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def _stat(pid: int) -> list[str]:
    """What /proc tells of a process from its state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []
