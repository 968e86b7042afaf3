"""Runs the program as a script."""

import _thread
import atexit
import builtins
import sys
from _io import BufferedRandom, BufferedWriter, TextIOWrapper
from types import ModuleType
from typing import Any

kept: dict[str, Any] = {}


def load(program: Any) -> Any:
    """Nothing runs yet."""
    return program


def step(program: Any, _data: bytes) -> None:
    """Run it from its first line, in a ``__main__`` of its own, to the end that an interpreter would make."""
    if program.sharing != "fresh":
        _renew(program)
    main = ModuleType("__main__")
    names = main.__dict__
    names["__builtins__"] = builtins
    names["__file__"] = program.filename
    sys.modules["__main__"] = main
    try:
        exec(program.code, names)
    finally:
        _end(names)


def _end(names: dict[str, Any]) -> None:
    """Join threads, call what was registered for the exit, write what files still hold."""
    if _thread._count():
        _join()
    if atexit._ncallbacks():
        atexit._run_exitfuncs()
    for value in list(names.values()):
        if type(value) in (TextIOWrapper, BufferedWriter, BufferedRandom) and not value.closed and value.writable():
            value.flush()


def _join() -> None:
    import threading

    for call in reversed(getattr(threading, "_threading_atexits", [])):
        call()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    if "concurrent.futures.thread" in sys.modules:
        sys.modules["concurrent.futures.thread"].__dict__["_shutdown"] = False


def _renew(program: Any) -> None:
    """Undo the commonest traces of an earlier run in the same child."""
    import random

    if not kept:
        kept.update(limit=sys.getrecursionlimit(), builtins=dict(builtins.__dict__))
        return
    random.seed(0)
    sys.setrecursionlimit(kept["limit"])
    sys.argv = [program.filename]
    if builtins.__dict__ != kept["builtins"]:
        builtins.__dict__.clear()
        builtins.__dict__.update(kept["builtins"])
