"""What a child may use, and the numbers that come with a job."""

import math
import resource
from dataclasses import dataclass

from . import frames

MEGABYTE = 1 << 20
THREAD_STACK = 8 * MEGABYTE
STACK_ROOM = 4096 * MEGABYTE
"""The soft stack limit at exec: the kernel leaves this gap below the stack, so that a child may be given as much."""
OTHER_PROCESSES = 4
"""Launcher, zygote, runner and the child itself, which the limit on threads counts too."""


@dataclass(frozen=True, slots=True)
class Request:
    """A job's header, as it came over the wire."""

    sharing: str
    cpu_seconds: float
    wall_seconds: float
    total_cpu_seconds: float
    compile_seconds: float
    memory_bytes: int
    output_bytes: int
    error_bytes: int
    stack_bytes: int
    open_files: int
    threads: int
    source_length: int
    filename_length: int

    @classmethod
    def unpack(cls, header: bytes) -> "Request":
        """Read the fixed layout of ``frames.REQUEST``."""
        sharing, *rest = frames.REQUEST.unpack(header)
        return cls(frames.SHARINGS[sharing], *rest)


def mapped_bytes() -> int:
    """The address space that this process maps now."""
    with open("/proc/self/statm", "rb") as stream:
        return int(stream.read().split()[0]) * resource.getpagesize()


def lower(kind: int, value: int) -> None:
    """Set both limits, as far down as asked and never up."""
    resource.setrlimit(kind, _lowered(kind, value))


def _lowered(kind: int, value: int) -> tuple[int, int]:
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    return value, value


class Confinement:
    """A job's limits, worked out once and applied in every child."""

    def __init__(self, request: Request, base_bytes: int, cpu_seconds: float, count_threads: bool) -> None:
        """``base_bytes`` is what a child maps before it does anything."""
        self._space = base_bytes + request.memory_bytes
        wanted = [
            (resource.RLIMIT_STACK, request.stack_bytes),
            (resource.RLIMIT_FSIZE, request.output_bytes + 1),
            (resource.RLIMIT_NOFILE, request.open_files),
            (resource.RLIMIT_CPU, math.ceil(cpu_seconds) + 2),
        ]
        if count_threads:
            wanted.append((resource.RLIMIT_NPROC, request.threads + OTHER_PROCESSES))
        self._limits = [(kind, _lowered(kind, value)) for kind, value in wanted]

    def apply(self, extra_bytes: int) -> None:
        """Confine this process, which maps ``extra_bytes`` more than others do."""
        for kind, values in self._limits:
            resource.setrlimit(kind, values)
        lower(resource.RLIMIT_AS, self._space + extra_bytes)


def confine_all() -> None:
    """The limits that hold for a whole zygote."""
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_MSGQUEUE, resource.RLIMIT_MEMLOCK):
        lower(kind, 0)


def offer_to_oom_killer() -> None:
    """When the machine runs out of memory the jail goes first."""
    try:
        with open("/proc/self/oom_score_adj", "w") as stream:
            stream.write("1000")
    except OSError:
        return


def raise_stack_room() -> bool:
    """Raise the soft stack limit for the next exec; whether it was too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = STACK_ROOM if hard == resource.RLIM_INFINITY else min(STACK_ROOM, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
        return True
    return False
