"""The filters of system calls, run by an interpreter of their byte code."""

import errno
import struct

import pytest

from sandbox.jail.seccomp import AUDIT_ARCH_X86_64, FORK_FLAGS, PLAIN, THREAD_FLAGS, child_program, jail_program

ALLOW, KILL = "allow", "kill"


def _run(program: bytes, number: int, *arguments: int, arch: int = AUDIT_ARCH_X86_64) -> str | int:
    """What the kernel would do: allow, kill, or the error number."""
    data = struct.pack("=iIQ6Q", number if number < 1 << 31 else number - (1 << 32), arch, 0, *(list(arguments) + [0] * 6)[:6])
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator = counter = 0
    while True:
        operation, yes, no, constant = code[counter]
        counter += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, constant)
        elif operation == 0x54:
            accumulator &= constant
        elif operation == 0x06:
            return ALLOW if constant == 0x7FFF0000 else KILL if constant == 0x80000000 else constant & 0xFFFF
        else:
            test = {0x15: accumulator == constant, 0x25: accumulator > constant, 0x45: bool(accumulator & constant)}[operation]
            counter += yes if test else no


@pytest.mark.parametrize(
    ("number", "arguments", "expected"),
    [
        (0, (), ALLOW),
        (41, (2, 1, 0), errno.EPERM),
        (53, (1, 1 | 0x80000, 0), ALLOW),
        (53, (1, 2, 0), errno.EPERM),
        (56, (FORK_FLAGS,), ALLOW),
        (56, (THREAD_FLAGS,), ALLOW),
        (56, (FORK_FLAGS | 0x10000000,), errno.EPERM),
        (57, (), errno.EPERM),
        (59, (), errno.EPERM),
        (72, (1, 6), errno.EPERM),
        (16, (1, 0x5401), ALLOW),
        (16, (1, 0x5412), errno.ENOTTY),
        (435, (), errno.ENOSYS),
        (425, (), errno.EPERM),
        (451, (), errno.ENOSYS),
        (0x40000000, (), errno.ENOSYS),
        (302, (0,), ALLOW),
        (302, (1,), errno.EPERM),
        (272, (0x20000000,), ALLOW),
        (272, (0x10000000,), errno.EPERM),
    ],
)
def test_the_filter_of_the_jail(number: int, arguments: tuple[int, ...], expected: str | int) -> None:
    """The listed calls pass, the others get an error that libraries understand."""
    assert _run(jail_program(), number, *arguments) == expected


@pytest.mark.parametrize(
    ("number", "arguments", "expected"),
    [
        (56, (FORK_FLAGS,), errno.EPERM),
        (56, (THREAD_FLAGS,), ALLOW),
        (62, (7, 9), ALLOW),
        (62, (1, 9), errno.EPERM),
        (62, (0xFFFFFFFFFFFFFFFF, 9), errno.EPERM),
        (234, (7, 7, 6), ALLOW),
        (234, (1, 7, 6), errno.EPERM),
        (272, (0x20000000,), errno.EPERM),
        (319, (), errno.EPERM),
        (317, (), errno.EPERM),
        (157, (15,), ALLOW),
        (157, (1,), errno.EPERM),
        (1, (), ALLOW),
    ],
)
def test_the_filter_of_a_child(number: int, arguments: tuple[int, ...], expected: str | int) -> None:
    """No process, no signal to another, no namespace, no memory file."""
    assert _run(child_program(7), number, *arguments) == expected


def test_calls_of_another_architecture_kill() -> None:
    """Numbers mean something else there."""
    assert _run(jail_program(), 0, arch=0x40000003) == KILL


def test_no_listed_call_changes_the_machine() -> None:
    """Nothing that mounts, loads, traces, locks, listens or executes is in the list."""
    dangerous = {41, 42, 43, 49, 50, 54, 57, 58, 59, 73, 82, 83, 84, 86, 87, 88, 90, 92, 101, 105, 106, 133, 161, 165, 166, 169, 175, 250}
    dangerous |= {203, 246, 298, 303, 304, 310, 311, 313, 321, 322, 323, 424, 425, 426, 427, 428, 435, 438, 440}
    assert not dangerous & set(PLAIN.values())
