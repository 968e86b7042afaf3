"""The machines whose system calls are known here.

On x86-64 the jail and all attacks on it are run. The table of aarch64 was written from the kernel's headers and its filters are
checked by interpretation; they were never run on such a machine, which ``caveat`` says.
"""

from __future__ import annotations

import importlib
import os
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CAVEATS = {"x86_64": "", "aarch64": "the tables are generated and checked by interpretation, never run"}
"""What a user must know of each machine."""


class Machine:
    """A machine's system calls.

    Args:
        name: as ``uname -m`` says it.
        arch: the kernel's AUDIT_ARCH, by which a filter tells this machine's calls from those of another in the same process.
        numbers: system call to its number.
    """

    def __init__(self, name: str, arch: int, numbers: Mapping[str, int]) -> None:
        self.name = name
        self.arch = arch
        self.numbers = numbers

    @property
    def caveat(self) -> str:
        """What its users must know; empty where there is nothing."""
        return CAVEATS[self.name]


def load(name: str) -> Machine:
    """The machine of that name.

    Raises:
        KeyError: it is none of ``CAVEATS``.
    """
    if name not in CAVEATS:
        raise KeyError(name)
    table = importlib.import_module(f".numbers_{name}", __package__)
    return Machine(name, table.AUDIT_ARCH, table.NUMBERS)


def here() -> Machine | None:
    """This machine, where its calls are known and this interpreter makes them with 64 bits, low byte first."""
    name = os.uname().machine
    return load(name) if name in CAVEATS and struct.calcsize("P") == 8 and sys.byteorder == "little" else None
