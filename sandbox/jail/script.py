"""What the interpreter does around a script: a ``__main__`` before it, an end after it, and no trace of it for the next."""

from __future__ import annotations

import _thread
import atexit
import builtins
import gc
import io
import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .child import Program

SEED = 0
STREAMS = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")


class Past:
    """What the inputs before left behind in a shared child."""

    limit = 0
    names: dict[str, Any] | None = None
    streams: tuple[object, ...] = ()
    builtins: dict[str, Any] = {}  # noqa: RUF012


def run(program: Program) -> None:
    """Run a program from its first line, in a ``__main__`` of its own, to the end that an interpreter would make."""
    shared = program.sharing != "fresh"
    if shared:
        renew(program)
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = program.filename
    names = main.__dict__
    try:
        exec(program.code, names)
    finally:
        if shared:
            leave(names)
        if _thread._count():
            _join()
        if atexit._ncallbacks():
            atexit._run_exitfuncs()
        _flush(names)


def _flush(names: dict[str, Any]) -> None:
    """Write what the program's files still hold, as their end would."""
    text, binary = io.TextIOWrapper, io.BufferedWriter
    for value in list(names.values()):
        kind = type(value)
        if (kind is text or kind is binary) and not value.closed and value.writable():
            value.flush()


def _join() -> None:
    """Wait for every thread that an interpreter would wait for."""
    import threading

    for call in reversed(getattr(threading, "_threading_atexits", [])):
        call()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    if "concurrent.futures.thread" in sys.modules:
        sys.modules["concurrent.futures.thread"].__dict__["_shutdown"] = False


def renew(program: Program) -> None:
    """Undo the commonest traces of an earlier input in the same child; before the first there is nothing to undo."""
    if not Past.limit:
        Past.limit = sys.getrecursionlimit()
        Past.builtins = dict(builtins.__dict__)
        return
    gc.enable()
    if "random" in sys.modules:
        sys.modules["random"].seed(SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(SEED)
    sys.setrecursionlimit(Past.limit)
    sys.argv = [program.filename]
    if builtins.__dict__ != Past.builtins:
        builtins.__dict__.clear()
        builtins.__dict__.update(Past.builtins)


def leave(names: dict[str, Any]) -> None:
    """Keep what the program had until the next input: a file over a standard stream that dies earlier closes the next stream."""
    Past.names = names
    Past.streams = (sys.stdin, sys.stdout, sys.stderr)


def forget() -> None:
    """Let go of it, which frees its memory; as its files die they may close the standard streams, or write to them."""
    if Past.names is not None:
        Past.names.clear()
        Past.names, Past.streams = None, ()
    sys.__dict__.update(dict.fromkeys(STREAMS))
