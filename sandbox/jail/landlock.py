"""File, network and signal rights, as far as the kernel's Landlock goes."""

import os
import struct
from collections.abc import Iterable

from . import kernel

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many file rights the versions of the interface know."""
NET_SINCE, SCOPE_SINCE = 4, 6
RULE_PATH_BENEATH = 1


def version() -> int:
    """The version of the interface, 0 where there is none."""
    try:
        return kernel.syscall("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow reading below some paths, writing to some files, and no network, no signal and no abstract socket across the wall.

    Raises:
        OSError: the kernel has no Landlock.
    """
    known = version()
    handled = (1 << FILE_RIGHTS[min(max(known, 1), 5)]) - 1
    network = 3 if known >= NET_SINCE else 0
    scoped = 3 if known >= SCOPE_SINCE else 0
    attributes = struct.pack("=QQQ", handled, network, scoped)[: 24 if known >= SCOPE_SINCE else 16 if known >= NET_SINCE else 8]
    ruleset = kernel.syscall("landlock_create_ruleset", attributes, len(attributes), 0)
    for path in readable:
        _grant(ruleset, path, READ_FILE | READ_DIR)
    for path in writable:
        _grant(ruleset, path, READ_FILE | WRITE_FILE)
    kernel.syscall("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= ~READ_DIR
    kernel.syscall("landlock_add_rule", ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)
