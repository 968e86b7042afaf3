"""File, network and signal rights, as far as the kernel's Landlock goes."""

from __future__ import annotations

import errno
import os
import struct

from . import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WRITE_FILE, READ_FILE, READ_DIR = 2, 4, 8
RULE_PATH_BENEATH = 1
QUIET = 1
"""LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF: a program must not be able to fill the machine's log with what it was refused."""
NEWEST = 7
"""The newest version that is made use of (Linux 6.15)."""
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16}
"""How many file rights the versions of the interface know."""
NET_SINCE, SCOPE_SINCE, QUIET_SINCE = 4, 6, 7
RULES_SINCE = {3: "truncating files", 4: "the network", 5: "commands to devices", 6: "signals and abstract sockets"}


def version() -> int:
    """The version of the interface, 0 where there is none: what the kernel claims, lowered until it takes that version's rules.

    Some distributions carry a version over into an older kernel and leave out a part of it.
    """
    try:
        known = kernel.syscall("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0
    return next((candidate for candidate in range(min(known, NEWEST), 0, -1) if _works(candidate)), 0)


def why_missing() -> str:
    """Why there is no Landlock here."""
    try:
        kernel.syscall("landlock_create_ruleset", None, 0, 1)
    except OSError as error:
        known = {errno.ENOSYS: "not in this kernel", errno.EOPNOTSUPP: "in this kernel, but not switched on when it was booted"}
        return known.get(error.errno or 0, "refused by a filter of system calls around this process")
    return "its rules are refused"


def gaps(version: int) -> list[str]:
    """What a version has no rules for that a later one has."""
    return [what for since, what in RULES_SINCE.items() if version < since]


def attributes(version: int) -> bytes:
    """Everything that a version can handle, hence refuse (``struct landlock_ruleset_attr`` as long as that version knows it)."""
    handled = (1 << FILE_RIGHTS[version]) - 1
    network, scoped = 3, 3
    if version >= SCOPE_SINCE:
        return struct.pack("=QQQ", handled, network, scoped)
    return struct.pack("=QQ", handled, network) if version >= NET_SINCE else struct.pack("=Q", handled)


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow reading below some paths, writing to some files, and no network, no signal and no abstract socket across the wall.

    Raises:
        OSError: the kernel has no Landlock.
    """
    known = version()
    ruleset = _create(max(known, 1))
    for path in readable:
        _grant(ruleset, path, READ_FILE | READ_DIR)
    for path in writable:
        _grant(ruleset, path, READ_FILE | WRITE_FILE)
    kernel.syscall("landlock_restrict_self", ruleset, QUIET if known >= QUIET_SINCE else 0)
    os.close(ruleset)


def _create(version: int) -> int:
    wanted = attributes(version)
    return kernel.syscall("landlock_create_ruleset", wanted, len(wanted), 0)


def _works(version: int) -> bool:
    try:
        os.close(_create(version))
    except OSError:
        return False
    return True


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= ~READ_DIR
    kernel.syscall("landlock_add_rule", ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)
