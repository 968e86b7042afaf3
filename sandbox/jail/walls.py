"""What stands around a zygote, as its runners need to know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Walls:
    """What stands around a zygote."""

    base_bytes: int
    """The address space of the interpreter before any program."""
    isolated: bool
    """Every runner gets a process namespace of its own."""
    filtered: bool
    """System calls are filtered."""
    count_threads: bool
    """The limit on processes counts this jail's only."""
