"""What stands around a zygote, as its runners need to know it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .seccomp import ChildFilter


class Walls:
    """What stands around a zygote."""

    __slots__ = ("base_bytes", "count_threads", "filter", "isolated")

    base_bytes: int
    """The address space of the interpreter before any program."""
    isolated: bool
    """Every runner gets a process namespace of its own."""
    filter: ChildFilter | None
    """System calls are filtered, and by this further in a child."""
    count_threads: bool
    """The limit on processes counts this jail's only."""

    def __init__(self, base_bytes: int, *, isolated: bool, filter: ChildFilter | None, count_threads: bool) -> None:
        self.base_bytes = base_bytes
        self.isolated = isolated
        self.filter = filter
        self.count_threads = count_threads

    @property
    def buries(self) -> bool:
        """The zygote inherits what runners leave: children share its namespace of processes and can make no more of them."""
        return not self.isolated and self.filter is not None
