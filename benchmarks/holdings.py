"""What an idle jail and its trusted side hold, whether it grew, and which files were left."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

import processes
from mix import MARK

MIB = 1 << 20
GROWTH, GROWTH_BYTES = 1.1, 5 * MIB
SETTLE_SECONDS = 10.0
"""How long after the last outcome something may still be ending."""
PLACES = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/"), Path.home(), Path.cwd())
"""Where programs try to leave files."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the trusted side and the idle jail hold at one moment."""

    main_bytes: int
    below_bytes: int
    main_descriptors: int
    below_descriptors: int
    processes: int
    zombies: int


def held() -> Held:
    """Look, while nothing runs."""
    below = processes.descendants(os.getpid())
    try:
        memory = processes.proportional(below)
    except PermissionError:
        memory = sum(map(processes.resident, below))
    return Held(
        processes.resident(os.getpid()),
        memory,
        processes.descriptors(os.getpid()),
        sum(map(processes.descriptors, processes.children(os.getpid()))),
        len(below),
        len(processes.zombies(below)),
    )


async def settled(processes_before: int) -> Held:
    """Look as soon as there are no more processes than before, or when waiting for it has no more use."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found = held()
        if (found.processes <= processes_before and not found.zombies) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)


def growth(found: list[Held]) -> list[str]:
    """What is more after the last block than after the first fifth of them; of processes, than before the first."""
    reasons = []
    early, last = found[-(-(len(found) - 1) // 5)], found[-1]
    for name, before, now in (
        ("resident memory of the main process", early.main_bytes, last.main_bytes),
        ("memory below it", early.below_bytes, last.below_bytes),
    ):
        if now > GROWTH * before + GROWTH_BYTES:
            reasons.append(f"{name} grew from {before / MIB:.1f} to {now / MIB:.1f} MiB")
    for name, before, now in (
        ("descriptors of the main process", early.main_descriptors, last.main_descriptors),
        ("descriptors of its children", early.below_descriptors, last.below_descriptors),
        ("processes", found[0].processes, max(each.processes for each in found)),
        ("zombies", 0, max(each.zombies for each in found)),
    ):
        if now > before:
            reasons.append(f"{name}: {now}, and {before} before")
    return reasons


def entries() -> set[Path]:
    """What is in the places where programs could leave files."""
    return {path for place in PLACES if place.is_dir() for path in place.iterdir()}


def leavings(before: set[Path], own: Path) -> list[str]:
    """Files of hostile programs by their name, and of the trusted side in the directory that it was given."""
    new = entries() - before
    ours = sorted(str(path) for path in [*(path for path in new if MARK in path.name), *own.iterdir()])
    print(f"new files: {len(ours)} of this run; {len(new) - len(ours)} of others, who work on this machine")
    return [f"a file was left: {path}" for path in ours]
