"""Landlock's attributes for every version of its interface, and a kernel that claims more than it has."""

import os
import struct
import subprocess
import sys

import pytest

from sandbox.jail import kernel, landlock

REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
CLAIMED = """
import errno
from sandbox.jail import bpf, kernel, landlock, seccomp

kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
shorter = {kernel.machine().numbers["landlock_create_ruleset"]: bpf.When(1, (0, 8, 16))}
seccomp.install(bpf.deny_list(shorter, errno.EINVAL))
print(landlock.version())
"""


@pytest.mark.parametrize(
    ("version", "size", "rights", "newest"),
    [
        (1, 8, 13, 1 << 12),
        (2, 8, 14, REFER),
        (3, 8, 15, TRUNCATE),
        (4, 16, 15, TRUNCATE),
        (5, 16, 16, IOCTL_DEV),
        (6, 24, 16, IOCTL_DEV),
        (7, 24, 16, IOCTL_DEV),
    ],
)
def test_attributes_are_what_a_version_knows(version: int, size: int, rights: int, newest: int) -> None:
    """As long as that version's struct, every right of it and none that it would reject as unknown."""
    found = landlock.attributes(version)
    assert len(found) == size
    files, network, scoped = struct.unpack("=QQQ", found.ljust(24, b"\0"))
    assert (files.bit_count(), files.bit_length(), files & newest) == (rights, rights, newest)
    assert (network, scoped) == (3 if version >= 4 else 0, 3 if version >= 6 else 0)


def test_what_a_version_lacks_is_named() -> None:
    """Each version closes the gap that it was made for."""
    assert [len(landlock.gaps(version)) for version in range(1, 8)] == [4, 4, 3, 2, 1, 0, 0]
    assert landlock.gaps(3) == ["the network", "commands to devices", "signals and abstract sockets"]


def test_the_kernel_takes_the_attributes_of_every_version_up_to_its_own() -> None:
    """What older kernels are given is tried on this one."""
    newest = landlock.version()
    if newest == 0:
        pytest.skip(f"no Landlock: {landlock.why_missing()}")
    for version in range(1, newest + 1):
        wanted = landlock.attributes(version)
        os.close(kernel.syscall("landlock_create_ruleset", wanted, len(wanted), 0))


def test_a_version_that_the_kernel_claims_and_does_not_take_is_lowered() -> None:
    """As on a kernel that took over the number of a version and not its scopes: the longest attributes it takes decide."""
    if landlock.version() < 6:
        pytest.skip("this kernel has no version that could be claimed in vain")
    done = subprocess.run([sys.executable, "-c", CLAIMED], capture_output=True, text=True, check=False)
    assert done.stdout == "5\n", done.stderr
