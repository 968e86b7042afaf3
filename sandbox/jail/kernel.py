"""Kernel calls that Python does not offer."""

from __future__ import annotations

import ctypes
import errno
import os

from . import machines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .machines import Machine

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 4, 24, 36, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
ADDR_NO_RANDOMIZE = 0x0040000
SIGKILL = 9
CAPABILITIES_V3 = 0x20080522
PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, MADV_DONTFORK = 0x3, 0x22, 10

_libc = ctypes.CDLL(None, use_errno=True)
_machine = machines.here()


def supported() -> bool:
    """Whether this machine's system calls are known here."""
    return _machine is not None


def machine() -> Machine:
    """This machine and the numbers of its system calls.

    Raises:
        OSError: they are not known here.
    """
    if _machine is None:
        raise OSError(errno.ENOSYS, f"the system calls of {os.uname().machine} are not known here")
    return _machine


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a raw system call.

    Raises:
        OSError: the kernel refused it, or the machine is not known here.
    """
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_libc.syscall(ctypes.c_long(machine().numbers[name]), *converted), name)


def prepared(name: str, *arguments: int | bytes) -> tuple[Callable[..., int], tuple[ctypes.c_long | ctypes.c_char_p, ...]]:
    """A raw system call that a fork finds ready: a function, which returns -1 when the kernel refuses, and its arguments.

    Raises:
        OSError: the machine is not known here.
    """
    values = (machine().numbers[name], *arguments)
    converted = tuple(ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in values)
    return ctypes.CDLL(None).syscall, converted


def prctl(option: int, *arguments: int) -> int:
    """Change a property of this process."""
    padded = [*arguments, 0, 0, 0, 0][:4]
    return _checked(_libc.prctl(option, *(ctypes.c_ulong(value) for value in padded)), f"prctl {option}")


def memory_apart(size: int) -> memoryview:
    """New memory that is this process's alone: a child has nothing at its addresses.

    Raises:
        OSError: there is no memory, or the kernel cannot keep it from children.
    """
    _libc.mmap.restype = ctypes.c_void_p
    address = _libc.mmap(None, ctypes.c_size_t(size), PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, ctypes.c_long(0))
    if address == ctypes.c_void_p(-1).value:
        _checked(-1, "mmap")
    _checked(_libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), MADV_DONTFORK), "madvise")
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


def die_with(parent: int) -> None:
    """Be killed when the parent ends, and at once when it has ended already."""
    prctl(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        os._exit(3)


def unshare(flags: int) -> None:
    """Leave the namespaces that are named by the flags for new ones."""
    _checked(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace that a descriptor stands for."""
    _checked(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Attach a file system."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _checked(_libc.mount(*encoded, ctypes.c_ulong(flags), None if data is None else data.encode()), f"mount {target}")


def umount(target: str, flags: int) -> None:
    """Detach a file system."""
    _checked(_libc.umount2(os.fsencode(target), flags), f"umount {target}")


def personality(flags: int) -> None:
    """Set the execution domain; the layout of addresses follows at the next exec."""
    _checked(_libc.personality(ctypes.c_ulong(flags)), "personality")


def drop_bounds() -> None:
    """Empty the bounding and the ambient set."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            return


def set_thread_stack(size: int) -> None:
    """Set the default stack of threads, which glibc would take from the raised stack limit otherwise."""
    attributes = ctypes.create_string_buffer(64)
    _libc.pthread_attr_init(attributes)
    _libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(size))
    setter = getattr(_libc, "pthread_setattr_default_np", None)
    if setter is not None:
        setter(attributes)
