"""Programs that try to get out, to forge, to starve or to hurt, each with the ends that are right for it.

Standard library and ``sandbox`` only: the table also runs under an interpreter that has nothing else.
"""

from dataclasses import dataclass, field

from sandbox import Limits, Status

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


def refused(body: str) -> Attack:
    """An attack by raw system calls, every one of which is to be refused and none of which is to end the program."""
    return Attack(REFUSED + body + "\nprint('done')", (OK,), b"done\n")


def tries(body: str, needs: str = "") -> Attack:
    """An attack through Python: each line must raise ``OSError``."""
    lines = [f"try:\n    {line}\n    print('ADMITTED', {line!r})\nexcept OSError:\n    pass" for line in body.strip().splitlines()]
    return Attack("import os, socket, signal, resource, sys\n" + "\n".join(lines) + "\nprint('done')", (OK,), b"done\n", needs=needs)
