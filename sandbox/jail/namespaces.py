"""From an ordinary process to one that shares nothing with the machine: namespaces, tree, user."""

import errno
import os
from _socket import sethostname

from . import kernel, tree

ALONE = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
NOBODY = 65534
FIRST_USER = 0x6A610000
"""Users from here on belong to nobody; one each zygote, so that the process limit counts one jail only."""


class Unreadable(Exception):
    """The interpreter's own files cannot be read by an unprivileged user."""


def enter(what: tree.Contents) -> None:
    """Leave the machine's namespaces, build the tree, become unprivileged, and own a user namespace.

    Raises:
        OSError: the kernel refuses namespaces.
        Unreadable: after root was given up the standard library cannot be read.
    """
    if os.geteuid() == 0 and _root_can_be_given_up():
        kernel.unshare(ALONE)
        _leave_cgroup()
        _furnish(what)
        become_nobody()
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
        kernel.unshare(kernel.CLONE_NEWUSER)
    else:
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(ALONE | kernel.CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        _leave_cgroup()
        _furnish(what)
    kernel.unshare(kernel.CLONE_NEWPID)


def why_refused(error: OSError) -> str:
    """What it means that namespaces, or what is done in them, cannot be had."""
    reasons = {
        errno.ENOSPC: "their number is limited, to none or to those that exist",
        errno.EPERM: "refused by a setting, a security module or a container",
        errno.EACCES: "refused by a security module or a container",
        errno.EINVAL: "not in this kernel",
        errno.ENOSYS: "not in this kernel",
    }
    reason = reasons.get(error.errno or 0)
    return f"{reason} ({error.strerror})" if reason else str(error.strerror)


def _root_can_be_given_up() -> bool:
    """Whether another user can be become and may own a namespace; tried in a child, while there is still a way back.

    It cannot where root is itself the one user of a user namespace, as in some containers: that root is an ordinary user.
    """
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _drop_root()
            kernel.unshare(kernel.CLONE_NEWUSER)
            code = 0
        except OSError:
            code = 1
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def become_nobody() -> None:
    """Give up root for a user that nobody is.

    Raises:
        OSError: there is no other user to become.
        Unreadable: that user cannot read the standard library.
    """
    _drop_root()
    if not os.access(os.__file__, os.R_OK):
        library = os.path.dirname(os.__file__)
        raise Unreadable(
            f"an unprivileged user cannot read the interpreter's standard library in {library}: "
            "make the virtual environment with one that every user may read, such as /usr/bin/python3"
        )


def _drop_root() -> None:
    os.setgroups([])
    user = FIRST_USER + os.getpid() % 65536
    try:
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def own_processes() -> None:
    """Make the next fork the first process of a new process namespace."""
    descriptor = os.pidfd_open(os.getpid())
    kernel.setns(descriptor, kernel.CLONE_NEWPID)
    os.close(descriptor)
    kernel.unshare(kernel.CLONE_NEWPID)


def _leave_cgroup() -> None:
    try:
        kernel.unshare(kernel.CLONE_NEWCGROUP)
    except OSError:
        return


def _furnish(what: tree.Contents) -> None:
    tree.build(what)
    sethostname("jail")


def _write(path: str, text: str) -> None:
    with open(path, "w") as stream:
        stream.write(text)
