"""What the kernel shows of the processes of a jail, and waiting for it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from family import children


def deepest(pid: int) -> list[int]:
    """The longest line of descent below a process, from the first child to the last."""
    lines = [[child, *deepest(child)] for child in children(pid)]
    return max(lines, key=len, default=[])


def read(pid: int, name: str) -> str:
    """A file of the kernel about a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def owner(pid: int, name: str) -> int:
    """The user to whom the kernel gives a file about a process: root where the process may not be dumped."""
    return os.stat(f"/proc/{pid}/{name}").st_uid


async def until(condition: Callable[[], bool]) -> None:
    """Look again and again: the kernel tells nobody about changes in a tree of processes.

    Raises:
        TimeoutError: it did not come true in ten seconds.
    """
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
