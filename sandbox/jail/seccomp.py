"""Which system calls exist in the jail: a long list once for a zygote, a short list of refusals for every child."""

import ctypes
import errno
import struct

from . import kernel
from .bpf import When, allow_list, assemble, deny_list

AUDIT_ARCH_X86_64 = 0xC000003E
LAST_KNOWN = 450
"""Numbers above it get ENOSYS, so that libraries fall back to older calls."""

PLAIN = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10,
    "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "pwrite64": 18, "readv": 19,
    "writev": 20, "access": 21, "pipe": 22, "select": 23, "sched_yield": 24, "mremap": 25, "msync": 26, "mincore": 27, "madvise": 28,
    "dup": 32, "dup2": 33, "pause": 34, "nanosleep": 35, "getitimer": 36, "alarm": 37, "setitimer": 38, "getpid": 39, "sendfile": 40,
    "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "shutdown": 48, "getsockname": 51, "getpeername": 52, "getsockopt": 55,
    "exit": 60, "wait4": 61, "kill": 62, "uname": 63, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "getdents": 78, "getcwd": 79,
    "chdir": 80, "fchdir": 81, "readlink": 89, "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
    "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "setsid": 112,
    "getgroups": 115, "getresuid": 118, "getresgid": 120, "getpgid": 121, "getsid": 124, "capget": 125, "capset": 126, "rt_sigpending": 127,
    "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "sigaltstack": 131, "statfs": 137, "fstatfs": 138, "getpriority": 140,
    "sched_getparam": 143, "sched_getscheduler": 145, "sched_get_priority_max": 146, "sched_get_priority_min": 147, "arch_prctl": 158,
    "setrlimit": 160, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "epoll_create": 213, "getdents64": 217,
    "set_tid_address": 218, "restart_syscall": 219, "fadvise64": 221, "timer_create": 222, "timer_settime": 223, "timer_gettime": 224,
    "timer_getoverrun": 225, "timer_delete": 226, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
    "epoll_wait": 232, "epoll_ctl": 233, "tgkill": 234, "waitid": 247, "openat": 257, "newfstatat": 262, "readlinkat": 267,
    "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273, "epoll_pwait": 281, "timerfd_create": 283, "eventfd": 284,
    "fallocate": 285, "timerfd_settime": 286, "timerfd_gettime": 287, "signalfd4": 289, "eventfd2": 290, "epoll_create1": 291, "dup3": 292,
    "pipe2": 293, "preadv": 295, "pwritev": 296, "getcpu": 309, "seccomp": 317, "getrandom": 318, "memfd_create": 319, "membarrier": 324,
    "copy_file_range": 326, "preadv2": 327, "pwritev2": 328, "statx": 332, "rseq": 334, "pidfd_open": 434, "close_range": 436,
    "faccessat2": 439, "epoll_pwait2": 441,
}  # fmt: skip
IOCTL, SOCKETPAIR, CLONE, FCNTL, PRCTL, UNSHARE, PRLIMIT, SETNS, CLONE3 = 16, 53, 56, 72, 157, 272, 302, 308, 435
CLONE_THREAD = 0x00010000
FORK_FLAGS = 0x01200011
"""What fork() of glibc passes: CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID and SIGCHLD."""
THREAD_FLAGS = 0x003D0F00
"""What pthread_create() of glibc passes; musl leaves out nothing of it and adds CLONE_DETACHED."""

SOME = {
    IOCTL: When(1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    SOCKETPAIR: When(1, (1, 5), 0xF),
    CLONE: When(0, (FORK_FLAGS, THREAD_FLAGS, THREAD_FLAGS | 0x00400000)),
    FCNTL: When(1, (0, 1, 2, 3, 4, 1030, 1033, 1034)),
    PRCTL: When(0, (1, 15, 16)),
    UNSHARE: When(0, (kernel.CLONE_NEWPID,)),
    PRLIMIT: When(0, (0,)),
    SETNS: When(1, (kernel.CLONE_NEWPID,)),
}
REFUSALS = {IOCTL: errno.ENOTTY, CLONE3: errno.ENOSYS, FCNTL: errno.EPERM}

CHILD_REFUSED = ("memfd_create", "pidfd_open", "seccomp", "setsid", "capset")
SET_MODE_FILTER = 1


def jail_program() -> bytes:
    """The filter of the zygote and of everything below it."""
    rules: dict[int, When | None] = dict.fromkeys(PLAIN.values())
    rules.update(SOME)
    return assemble(allow_list(AUDIT_ARCH_X86_64, rules, REFUSALS, LAST_KNOWN, errno.EPERM, errno.ENOSYS))


def child_program(pid: int) -> bytes:
    """The further filter of a child: no new process, no new memory file, no signal to anyone but itself."""
    only_self = When(0, (pid,))
    rules: dict[int, When | None] = {PLAIN["kill"]: only_self, PLAIN["tgkill"]: only_self, UNSHARE: None, SETNS: None}
    rules[PRCTL] = When(0, (15, 16))
    rules.update(dict.fromkeys(PLAIN[name] for name in CHILD_REFUSED))
    return assemble(deny_list(rules, {CLONE: (0, CLONE_THREAD)}, errno.EPERM))


class Filter:
    """A filter that is ready to be installed."""

    def __init__(self, program: bytes) -> None:
        """Keep the program where the kernel can read it."""
        self._code = ctypes.create_string_buffer(program, len(program))
        self._header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(self._code))

    def install(self) -> None:
        """Apply it to this process and to all that come of it; needs no_new_privs.

        Raises:
            OSError: the kernel has no seccomp filters.
        """
        kernel.syscall("seccomp", SET_MODE_FILTER, 0, self._header)


class ChildFilter:
    """The further filter, made before the fork; the child only writes its own number into it."""

    PLACE = 0x7FEDCBA9

    def __init__(self) -> None:
        """Assemble, and prepare the call: what a child touches for the first time costs it a page each."""
        program = child_program(self.PLACE)
        words = struct.unpack(f"={len(program) // 4}I", program)
        self._code = (ctypes.c_uint32 * len(words))(*words)
        self._places = [index for index, word in enumerate(words) if word == self.PLACE]
        header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(self._code))
        self._install = kernel.prepared("seccomp", SET_MODE_FILTER, 0, header)

    def install(self, pid: int) -> None:
        """Apply it to this process, whose number is ``pid``.

        Raises:
            OSError: the kernel refused it.
        """
        for place in self._places:
            self._code[place] = pid
        if self._install() == -1:
            raise OSError("the filter of system calls was refused")
