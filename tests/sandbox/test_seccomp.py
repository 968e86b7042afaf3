"""The filters of system calls of every machine, run by an interpreter of their byte code."""

import errno
import os
import subprocess
import sys

import pytest
from filter_machine import ALLOWED, KILLED, verdict

from sandbox.jail import kernel, machines, seccomp
from sandbox.jail.machines import Machine
from sandbox.jail.seccomp import FORK_FLAGS, LAST_KNOWN, PLAIN, SOME, THREAD_FLAGS, ChildFilter, child_program, jail_program

MINE = 7
"""The number of the process that the child's filter is for."""
I386, ARM = 0x40000003, 0x40000028
X32 = 0x40000000
_DANGEROUS = """
socket connect accept accept4 bind listen fork vfork execve execveat flock rename renameat renameat2 mkdir mkdirat rmdir creat link linkat
unlink unlinkat symlink symlinkat mknod mknodat chmod fchmod fchmodat chown fchown fchownat lchown truncate ptrace setuid setgid setresuid
setgroups chroot pivot_root mount umount2 open_tree move_mount fsopen mount_setattr reboot sethostname init_module finit_module
delete_module kexec_load kexec_file_load sched_setaffinity sched_setscheduler setpriority perf_event_open name_to_handle_at
open_by_handle_at process_vm_readv process_vm_writev kcmp bpf userfaultfd io_setup io_uring_setup io_uring_enter io_uring_register
pidfd_send_signal pidfd_getfd process_madvise clone3 openat2 add_key request_key keyctl shmget semget msgget mq_open personality
swapon syslog acct quotactl utimensat setxattr fsetxattr iopl ioperm modify_ldt memfd_secret landlock_create_ruleset rt_sigqueueinfo tkill
rt_tgsigqueueinfo setns unshare
"""
DANGEROUS = frozenset(_DANGEROUS.split())
"""Calls that change the machine, reach other processes or make new kinds of objects."""

UNDER_BOTH = """
import os
from sandbox.jail import kernel, seccomp

kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp.install(seccomp.jail_program(kernel.machine()))
seccomp.ChildFilter().install(os.getpid())
os.kill(os.getpid(), 0)
for forbidden in (lambda: os.kill(os.getppid(), 0), os.fork, lambda: os.memfd_create("x"), lambda: os.pidfd_open(os.getpid())):
    try:
        forbidden()
    except PermissionError:
        print("refused", flush=True)
"""


@pytest.fixture(params=sorted(machines.CAVEATS))
def machine(request: pytest.FixtureRequest) -> Machine:
    """Each machine in turn."""
    return machines.load(request.param)


def jail(machine: Machine, name: str, *arguments: int) -> str | int:
    return verdict(jail_program(machine), machine.arch, machine.numbers[name], *arguments)


def child(machine: Machine, name: str, *arguments: int) -> str | int:
    return verdict(child_program(machine, MINE), machine.arch, machine.numbers[name], *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("read", (), ALLOWED),
        ("socket", (2, 1, 0), errno.EPERM),
        ("socketpair", (1, 1 | 0x80000, 0), ALLOWED),
        ("socketpair", (1, 2, 0), errno.EPERM),
        ("clone", (FORK_FLAGS,), ALLOWED),
        ("clone", (THREAD_FLAGS,), ALLOWED),
        ("clone", (FORK_FLAGS | 0x10000000,), errno.EPERM),
        ("clone", (17,), errno.EPERM),
        ("clone", (0x4111,), errno.EPERM),
        ("clone3", (), errno.ENOSYS),
        ("execve", (), errno.EPERM),
        ("fcntl", (1, 3), ALLOWED),
        ("fcntl", (1, 6), errno.EPERM),
        ("ioctl", (1, 0x5401), ALLOWED),
        ("ioctl", (1, 0x5412), errno.ENOTTY),
        ("io_uring_setup", (), errno.EPERM),
        ("prlimit64", (0,), ALLOWED),
        ("prlimit64", (1,), errno.EPERM),
        ("prctl", (15,), ALLOWED),
        ("prctl", (22,), errno.EPERM),
        ("unshare", (0x20000000,), ALLOWED),
        ("unshare", (0x10000000,), errno.EPERM),
        ("setns", (3, 0x20000000), ALLOWED),
        ("setns", (3, 0), errno.EPERM),
        ("openat", (0, 0, os.O_RDONLY | 0x80000), ALLOWED),
        ("openat", (0, 0, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), ALLOWED),
        ("openat", (0, 0, os.O_RDONLY | os.O_TRUNC), errno.EPERM),
    ],
)
def test_the_filter_of_the_jail(machine: Machine, name: str, arguments: tuple[int, ...], expected: str | int) -> None:
    """The listed calls pass, the others get an error that libraries understand."""
    assert jail(machine, name, *arguments) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (FORK_FLAGS,), errno.EPERM),
        ("clone", (THREAD_FLAGS,), ALLOWED),
        ("kill", (MINE, 9), ALLOWED),
        ("kill", (1, 9), errno.EPERM),
        ("kill", (0, 9), errno.EPERM),
        ("kill", (0xFFFFFFFFFFFFFFFF, 9), errno.EPERM),
        ("tgkill", (MINE, MINE, 6), ALLOWED),
        ("tgkill", (1, MINE, 6), errno.EPERM),
        ("unshare", (0x20000000,), errno.EPERM),
        ("setns", (3, 0x20000000), errno.EPERM),
        ("memfd_create", (), errno.EPERM),
        ("pidfd_open", (), errno.EPERM),
        ("seccomp", (), errno.EPERM),
        ("setsid", (), errno.EPERM),
        ("capset", (), errno.EPERM),
        ("prctl", (15,), ALLOWED),
        ("prctl", (1,), errno.EPERM),
        ("write", (), ALLOWED),
        ("exit_group", (), ALLOWED),
    ],
)
def test_the_filter_of_a_child(machine: Machine, name: str, arguments: tuple[int, ...], expected: str | int) -> None:
    """No process, no signal to another, no namespace, no memory file."""
    assert child(machine, name, *arguments) == expected


def test_every_number_is_judged_as_the_lists_say(machine: Machine) -> None:
    """Plain calls pass, what is in no list is refused, and what is too new or no call at all does not exist."""
    names = {number: name for name, number in machine.numbers.items()}
    program = jail_program(machine)
    for number in [*range(LAST_KNOWN + 100), X32 - 1, 0x7FFFFFFF, 0xFFFFFFFF]:
        found = verdict(program, machine.arch, number, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        name = names.get(number)
        if number > LAST_KNOWN or name == "clone3":
            assert found == errno.ENOSYS, number
        elif name in PLAIN:
            assert found == ALLOWED, name
        else:
            assert found == (errno.ENOTTY if name == "ioctl" else errno.EPERM), (number, name)


def test_numbers_with_the_mark_of_x32_are_refused() -> None:
    """The same calls under their other numbers do not pass, neither those that are plain nor those of x32 alone."""
    machine = machines.load("x86_64")
    program = jail_program(machine)
    assert {verdict(program, machine.arch, X32 | number, FORK_FLAGS) for number in range(1024)} == {errno.ENOSYS}


def test_calls_of_another_machine_kill(machine: Machine) -> None:
    """A 64-bit process can make 32-bit calls, whose numbers mean something else."""
    other = {found.arch for found in map(machines.load, machines.CAVEATS)} - {machine.arch}
    program = jail_program(machine)
    assert {verdict(program, arch, number) for arch in (I386, ARM, 0, *other) for number in range(LAST_KNOWN)} == {KILLED}


def test_every_name_is_a_call_of_some_machine() -> None:
    """A misspelt name would be left out in silence."""
    known = {name for found in map(machines.load, machines.CAVEATS) for name in found.numbers}
    assert {*PLAIN, *SOME, *DANGEROUS} <= known
    assert len(PLAIN) == len(set(PLAIN))


def test_no_listed_call_changes_the_machine() -> None:
    """Nothing that mounts, loads, traces, locks, listens or executes is plainly in the list."""
    assert not DANGEROUS & set(PLAIN)


def test_aarch64_lacks_only_what_has_a_newer_form() -> None:
    """Where a machine has no call of that name, its libraries use one that is in the list too."""
    newer = {
        "open": "openat", "stat": "newfstatat", "lstat": "newfstatat", "poll": "ppoll", "access": "faccessat", "pipe": "pipe2",
        "select": "pselect6", "dup2": "dup3", "pause": "ppoll", "alarm": "setitimer", "getdents": "getdents64", "readlink": "readlinkat",
        "getpgrp": "getpgid", "time": "gettimeofday", "epoll_create": "epoll_create1", "epoll_wait": "epoll_pwait", "eventfd": "eventfd2",
    }  # fmt: skip
    numbers = machines.load("aarch64").numbers
    assert {name for name in [*PLAIN, *SOME] if name not in numbers} == {*newer, "arch_prctl"}
    assert all(name in numbers and name in [*PLAIN, *SOME] for name in newer.values())


def test_the_zygote_can_make_every_call_that_it_needs(machine: Machine) -> None:
    """The walls are built with calls that each machine has a number for."""
    needed = "capset pivot_root setns seccomp mount_setattr landlock_create_ruleset landlock_add_rule landlock_restrict_self"
    assert set(needed.split()) <= machine.numbers.keys()


def test_the_childs_number_stands_in_one_place(machine: Machine) -> None:
    """A child writes it there after the fork."""
    words = memoryview(child_program(machine, ChildFilter.PLACE)).cast("I")
    assert words.tolist().count(ChildFilter.PLACE) == 1


def test_a_prepared_filter_falls_in_a_real_process() -> None:
    """A process under both filters may signal itself and nobody else, and makes no process and no descriptor of one."""
    if not kernel.supported() or not seccomp.available():
        pytest.skip("this machine has no filters of system calls that are known here")
    done = subprocess.run([sys.executable, "-c", UNDER_BOTH], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n" * 4, done.stderr
