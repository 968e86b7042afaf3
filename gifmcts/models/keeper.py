"""A process that keeps one server: it ends the server and all that the server started when its own parent ends, however that happens.

Usage: python -m gifmcts.models.keeper PARENT COMMAND…, where PARENT is the process that the server is for.
Orphans of the server come to the keeper, so none of them is lost; a keeper that is killed itself takes the server along.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 5.0
"""How long a server may take to end by itself before it is killed."""
_TITLE = b"vllm keeper"
_HEARD = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_libc = ctypes.CDLL(None, use_errno=True)


def keep(parent: int, command: list[str]) -> int:
    """Run a command until it ends or its keeper is to end; the command's exit status as a shell tells it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    _control(_PR_SET_CHILD_SUBREAPER, 1)
    _control(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 1
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_keeper) as server:  # noqa: PLW1509
        while server.poll() is None and signal.sigwait(_HEARD) is signal.SIGCHLD:
            pass
        _end(server)
        return server.returncode if server.returncode >= 0 else 128 - server.returncode


def _control(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _die_with_keeper() -> None:
    """In the server, before it begins: it is killed when its keeper is, and hears every signal."""
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End the server, kindly at first, then every process that came from it: what loses its parent becomes a child of the keeper."""
    deadline = time.monotonic() + GRACE_SECONDS
    server.terminate()
    while server.poll() is None and time.monotonic() < deadline:
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)
    server.kill()
    server.wait()
    while _reaped():
        for process in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        signal.sigtimedwait({signal.SIGCHLD}, 0.05)


def _reaped() -> bool:
    """Take the statuses of children that ended; whether any child is left."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


def _descendants(ancestor: int) -> list[int]:
    """Every process that came from this one and exists."""
    born: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name stands in parentheses and may hold any of them; the parent is the second word after the last.
            born.setdefault(int(status.read_text(errors="replace").rpartition(")")[2].split()[1]), []).append(int(status.parent.name))
    family = list(born.get(ancestor, ()))
    for process in family:
        family += born.get(process, ())
    return family


def rename() -> None:
    """Show another command line, so that ``pkill -9 -f gifmcts`` leaves the keeper to end the server."""
    # Words 48 and 49 of the line tell where the command line lies in memory; the first two are left out here with the name.
    place = Path("/proc/self/stat").read_text(errors="replace").rpartition(")")[2].split()
    begin, end = int(place[45]), int(place[46])
    if begin and end - begin > len(_TITLE):
        ctypes.memset(begin, 0, end - begin)
        ctypes.memmove(begin, _TITLE, len(_TITLE))


if __name__ == "__main__":
    rename()
    sys.exit(keep(int(sys.argv[1]), sys.argv[2:]))
