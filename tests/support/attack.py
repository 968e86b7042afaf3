"""Programs that try to get out, to forge, to starve or to hurt, each with the ends that are right for it.

Standard library and ``sandbox`` only: the tables also run under an interpreter that has nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox import SCRIPT, Job, Limits, Outcome, Sharing, Status

OK, ERROR, TIME, MEMORY = Status.OK, Status.ERROR, Status.TIME, Status.MEMORY
OUTPUT, CRASH, COMPILE = Status.OUTPUT, Status.CRASH, Status.COMPILE
LIMITS = Limits(cpu_seconds=0.3, wall_seconds=1.0, memory_bytes=256 << 20, output_bytes=1 << 20, compile_seconds=1.0, threads=32)

REFUSED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)) != -1:
        print("ADMITTED", number)
"""
"""Defines ``call``: a raw system call that must be refused."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A program, how it may end, and what its output must be where that says whether the attack failed."""

    source: str
    ends: tuple[Status, ...] = (OK,)
    stdout: bytes | None = None
    data: bytes = b""
    limits: Limits = field(default=LIMITS)
    needs: str = ""
    """``full`` for what only the full jail stops in the way described."""

    def job(self, sharing: Sharing) -> Job:
        """The program with its one input."""
        return Job(self.source, SCRIPT, [self.data], self.limits, sharing)

    def fails(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether the attack came to nothing: the intended end, the intended output."""
        return [one.status in self.ends for one in outcomes] == [True] and self.stdout in (None, outcomes[0].stdout)


End: TypeAlias = "bytes | Status | tuple[bytes | Status, ...]"
"""An output after an orderly end, another end, or one of several."""


@dataclass(frozen=True, slots=True)
class Series:
    """A program that uses one input to change what becomes of another, and how each may end."""

    source: str
    inputs: tuple[bytes, ...]
    fresh: tuple[End, ...] = ()
    """With a child per input; empty where the attack means nothing there."""
    shared: tuple[End, ...] = ()
    """With one child for all inputs, whether they come at once or one by one."""
    limits: Limits = field(default=LIMITS)
    needs: str = ""

    def ends(self, sharing: Sharing) -> tuple[End, ...]:
        """What is right with a kind of sharing."""
        return self.fresh if sharing is Sharing.FRESH else self.shared

    def job(self, sharing: Sharing) -> Job:
        """The program with all its inputs."""
        return Job(self.source, SCRIPT, list(self.inputs), self.limits, sharing)

    def fails(self, sharing: Sharing, outcomes: Sequence[Outcome]) -> bool:
        """Whether every input ended as it should."""
        ends = self.ends(sharing)
        return len(ends) == len(outcomes) and all(map(_as_told, outcomes, ends))


def _as_told(outcome: Outcome, end: End) -> bool:
    if isinstance(end, tuple):
        return any(_as_told(outcome, one) for one in end)
    return outcome.status is end if isinstance(end, Status) else (outcome.status is OK and outcome.stdout == end)


def refused(body: str) -> Attack:
    """An attack by raw system calls, every one of which is to be refused and none of which is to end the program."""
    return Attack(REFUSED + body + "\nprint('done')", (OK,), b"done\n")


def tries(body: str, needs: str = "") -> Attack:
    """An attack through Python: each line must raise ``OSError``."""
    lines = [f"try:\n    {line}\n    print('ADMITTED', {line!r})\nexcept OSError:\n    pass" for line in body.strip().splitlines()]
    return Attack("import os, socket, signal, resource, sys\n" + "\n".join(lines) + "\nprint('done')", (OK,), b"done\n", needs=needs)
