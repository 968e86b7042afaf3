"""Runs the program as a script."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, union-attr"

# Every page that is touched here is copied in every child, so nothing is imported or built before it is needed.


def load(program):
    """Nothing runs yet."""
    return program


def step(program, _data):
    """Run it from its first line, in a ``__main__`` of its own, to the end that an interpreter would make."""
    import sys

    if program.sharing != "fresh":
        renew(program)
    main = sys.modules["__main__"] = type(sys)("__main__")
    main.__file__ = program.filename
    names = main.__dict__
    try:
        exec(program.code, names)
    finally:
        end(names)


def end(names):
    """Join threads, call what was registered for the exit, write what files still hold."""
    import _thread
    import atexit
    import sys

    if _thread._count():
        join()
    if atexit._ncallbacks():
        atexit._run_exitfuncs()
    writers = type(sys.__stdout__), type(sys.__stdout__.buffer)
    for value in list(names.values()):
        if type(value) in writers and not value.closed and value.writable():
            value.flush()


def join():
    """Wait for every thread that an interpreter would wait for."""
    import sys
    import threading

    for call in reversed(getattr(threading, "_threading_atexits", [])):
        call()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    if "concurrent.futures.thread" in sys.modules:
        sys.modules["concurrent.futures.thread"].__dict__["_shutdown"] = False


def renew(program, kept={}):  # noqa: B006
    """Undo the commonest traces of an earlier run in the same child."""
    import builtins
    import random
    import sys

    if not kept:
        kept.update(limit=sys.getrecursionlimit(), builtins=dict(builtins.__dict__))
        return
    random.seed(0)
    sys.setrecursionlimit(kept["limit"])
    sys.argv = [program.filename]
    if builtins.__dict__ != kept["builtins"]:
        builtins.__dict__.clear()
        builtins.__dict__.update(kept["builtins"])
