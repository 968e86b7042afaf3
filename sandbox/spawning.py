"""New processes of this interpreter for trusted code, in which the user's own main module is not run again."""

import signal
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec

import multiprocess
from multiprocess import resource_tracker

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

Parameters = ParamSpec("Parameters")


def spawn(target: Callable[Parameters, None], *arguments: Parameters.args, **named: Parameters.kwargs) -> "SpawnProcess":
    """Start a function of an importable module in a process that ends, at the latest, with this one.

    Raises:
        OSError: this process has too many open files, or the machine too many processes.
    """
    process: SpawnProcess = multiprocess.get_context("spawn").Process(target=target, args=arguments, kwargs=named, daemon=True)
    resource_tracker.ensure_running()  # first, because its own start lets interrupts through
    with _main_hidden(), _interrupts_held():
        process.start()
    return process


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Put an empty module in the place of ``__main__``: a new process imports anew what it finds there."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Have the new process begin with SIGINT blocked, so that none finds it before it has left the terminal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
