"""What a child may use, and the numbers that come with a job."""

from __future__ import annotations

import resource
import sys

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .walls import Walls

MEGABYTE = 1 << 20
THREAD_STACK = 8 * MEGABYTE
STACK_ROOM = 4096 * MEGABYTE
"""The soft stack limit at exec: the kernel leaves this gap below the stack, so that a child may be given as much."""
ENDLESS = 1e6
"""Processor seconds for the kernel's own backstop where only the runner counts."""
OTHER_PROCESSES = 4
"""Launcher, zygote, runner and the child itself, which the limit on threads counts too."""


class Request:
    """A job's header, as it came over the wire."""

    __slots__ = (
        "compile_seconds", "cpu_seconds", "error_bytes", "filename_length", "memory_bytes", "open_files", "output_bytes",
        "sharing", "source_length", "stack_bytes", "threads", "total_cpu_seconds", "wall_seconds",
    )  # fmt: skip

    SIZE = frames.REQUEST.size

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

    def __init__(self, header: bytes) -> None:
        """Read the fixed layout of ``frames.REQUEST``."""
        (
            sharing, self.cpu_seconds, self.wall_seconds, self.total_cpu_seconds, self.compile_seconds,
            self.memory_bytes, self.output_bytes, self.error_bytes, self.stack_bytes,
            self.open_files, self.threads, self.source_length, self.filename_length,
        ) = frames.REQUEST.unpack(header)  # fmt: skip
        self.sharing = frames.SHARINGS[sharing]


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

    def __init__(self, request: Request, walls: Walls, loaded_bytes: int) -> None:
        """``loaded_bytes`` is what was mapped in the program's name since the walls closed."""
        cpu_seconds = request.cpu_seconds if request.sharing == "fresh" else ENDLESS
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        self._hard = sys.maxsize if hard == resource.RLIM_INFINITY else hard
        self._space = walls.base_bytes + loaded_bytes + request.memory_bytes
        wanted = [
            (resource.RLIMIT_STACK, request.stack_bytes),
            (resource.RLIMIT_FSIZE, request.output_bytes + 1),
            (resource.RLIMIT_NOFILE, request.open_files),
            (resource.RLIMIT_CPU, int(cpu_seconds) + 3),
        ]
        if walls.count_threads:
            wanted.append((resource.RLIMIT_NPROC, request.threads + OTHER_PROCESSES))
        self._limits = [(kind, _lowered(kind, value)) for kind, value in wanted]

    def apply(self, extra_bytes: int) -> None:
        """Confine this process, which maps ``extra_bytes`` more than others do."""
        setrlimit = resource.setrlimit
        for kind, values in self._limits:
            setrlimit(kind, values)
        space = min(self._space + extra_bytes, self._hard)
        setrlimit(resource.RLIMIT_AS, (space, space))


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
