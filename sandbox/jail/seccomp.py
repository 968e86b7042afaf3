"""Which system calls exist in the jail: a long list once for a zygote, a short list of refusals for every child.

Calls are named here, once for all machines; their numbers come from a machine's table, and what it does not have is not listed.
"""

from __future__ import annotations

import ctypes
import errno
import struct

from . import kernel
from .bpf import KILL_PROCESS, When, allow_list, deny_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .machines import Machine

LAST_KNOWN = 450
"""Numbers above it get ENOSYS, so that libraries fall back to older calls."""

_PLAIN = """
read write close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 pwrite64
readv writev access pipe select sched_yield mremap msync mincore madvise dup dup2 pause nanosleep getitimer alarm setitimer getpid
sendfile sendto recvfrom sendmsg recvmsg shutdown getsockname getpeername getsockopt exit wait4 kill uname fsync fdatasync ftruncate
getdents getcwd chdir fchdir readlink umask gettimeofday getrlimit getrusage sysinfo times getuid getgid geteuid getegid getppid
getpgrp setsid getgroups getresuid getresgid getpgid getsid capget capset rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
statfs fstatfs getpriority sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min arch_prctl setrlimit
gettid time futex sched_getaffinity epoll_create getdents64 set_tid_address restart_syscall timer_create timer_settime
timer_gettime timer_getoverrun timer_delete clock_gettime clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl tgkill waitid
newfstatat readlinkat faccessat pselect6 ppoll set_robust_list epoll_pwait timerfd_create eventfd fallocate timerfd_settime
timerfd_gettime signalfd4 eventfd2 epoll_create1 dup3 pipe2 preadv pwritev getcpu seccomp getrandom memfd_create membarrier
copy_file_range preadv2 pwritev2 statx rseq pidfd_open close_range faccessat2 epoll_pwait2
"""
PLAIN = tuple(_PLAIN.split())
"""Admitted whatever their arguments are."""

CLONE_THREAD = 0x00010000
FORK_FLAGS = 0x01200011
"""What fork() of glibc passes: CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID and SIGCHLD."""
THREAD_FLAGS = 0x003D0F00
"""What pthread_create() of glibc passes; musl leaves out nothing of it and adds CLONE_DETACHED."""
OPENINGS, OPENING = (0, 1, 2, 0x201, 0x202), 0x203
"""How a file may be opened: O_TRUNC not without writing, which Landlock before its third version does not notice."""

SOME = {
    "ioctl": When(1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    "socketpair": When(1, (1, 5), 0xF),
    "clone": When(0, (FORK_FLAGS, THREAD_FLAGS, THREAD_FLAGS | 0x00400000)),
    "fcntl": When(1, (0, 1, 2, 3, 4, 1030, 1033, 1034)),
    "open": When(1, OPENINGS, OPENING),
    "openat": When(2, OPENINGS, OPENING),
    "prctl": When(0, (1, 15, 16)),
    "unshare": When(0, (kernel.CLONE_NEWPID,)),
    "prlimit64": When(0, (0,)),
    "setns": When(1, (kernel.CLONE_NEWPID,)),
}
"""Admitted with certain arguments; they have the same places on all machines that are known."""
REFUSALS = {"ioctl": errno.ENOTTY, "clone3": errno.ENOSYS}
"""What is returned instead of EPERM."""

CHILD_REFUSED = ("memfd_create", "pidfd_open", "seccomp", "setsid", "capset", "unshare", "setns")
CHILD_SOME = {"clone": When(0, (CLONE_THREAD,), CLONE_THREAD), "prctl": When(0, (15, 16))}
CLOCKS = ("clock_gettime", "clock_getres", "clock_nanosleep", "timer_create")
"""Not of other processes: those clocks have negative numbers."""
SET_MODE_FILTER, GET_ACTION_AVAIL = 1, 2


def jail_program(machine: Machine) -> bytes:
    """The filter of the zygote and of everything below it."""
    numbers = machine.numbers
    named: dict[str, When | None] = {**SOME, **dict.fromkeys(PLAIN)}
    rules = {numbers[name]: rule for name, rule in named.items() if name in numbers}
    refusals = {numbers[name]: error for name, error in REFUSALS.items()}
    return allow_list(machine.arch, rules, refusals, LAST_KNOWN, errno.EPERM, errno.ENOSYS)


def child_program(machine: Machine, pid: int) -> bytes:
    """The further filter of a child: no new process, no new memory file, no signal to anyone but itself, no clock of others."""
    only_self, no_clock_of_others = When(0, (pid,)), When(0, (0,), 0x80000000)
    named: dict[str, When | None] = {**CHILD_SOME, "kill": only_self, "tgkill": only_self, **dict.fromkeys(CLOCKS, no_clock_of_others)}
    named |= dict.fromkeys(CHILD_REFUSED)
    return deny_list({machine.numbers[name]: rule for name, rule in named.items()}, errno.EPERM)


def available() -> bool:
    """Whether the kernel has filters that can do what these do, and nothing around this process refuses them."""
    try:
        return kernel.syscall("seccomp", GET_ACTION_AVAIL, 0, struct.pack("=I", KILL_PROCESS)) == 0
    except OSError:
        return False


def install(program: bytes) -> None:
    """Apply a filter to this process and to all that come of it; needs no_new_privs.

    Raises:
        OSError: the kernel has no seccomp filters.
    """
    code = ctypes.create_string_buffer(program, len(program))
    kernel.syscall("seccomp", SET_MODE_FILTER, 0, _header(program, ctypes.addressof(code)))


def _header(program: bytes, address: int) -> bytes:
    return struct.pack("HxxxxxxQ", len(program) // 8, address)


class ChildFilter:
    """The further filter, made before the fork; the child only writes its own number into it."""

    PLACE = 0x7FEDCBA9

    def __init__(self) -> None:
        """Assemble, and prepare the call: what a child touches for the first time costs it a page each.

        Raises:
            OSError: this machine's system calls are not known here.
        """
        program = child_program(kernel.machine(), self.PLACE)
        words = struct.unpack(f"={len(program) // 4}I", program)
        self._code = (ctypes.c_uint32 * len(words))(*words)
        self._place = words.index(self.PLACE)
        self._drop, self._nothing = kernel.prepared("capset", struct.pack("=II", kernel.CAPABILITIES_V3, 0), bytes(24))
        self._call, self._arguments = kernel.prepared("seccomp", SET_MODE_FILTER, 0, _header(program, ctypes.addressof(self._code)))

    def drop_capabilities(self) -> None:
        """Give up every capability, for good once no_new_privs is set.

        Raises:
            OSError: the kernel refused it.
        """
        if self._drop(*self._nothing) == -1:
            raise OSError("giving up capabilities was refused")

    def install(self, pid: int) -> None:
        """Apply it to this process, whose number is ``pid``.

        Raises:
            OSError: the kernel refused it.
        """
        self._code[self._place] = pid
        if self._call(*self._arguments) == -1:
            raise OSError("the filter of system calls was refused")
