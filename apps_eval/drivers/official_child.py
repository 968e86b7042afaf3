"""The reference scorer's harness as a driver: one process for all tests, a faked standard input, an alarm per test.

Runs inside the jail only, as text: ``official.driver`` puts CALL and SECONDS before it and the text of the module in place of the import.
"""
# ruff: noqa: ARG001, ARG005, BLE001

import builtins
import io
import json
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.tagged import encode, unpack

CALL: bool = globals()["CALL"]
SECONDS: float = globals()["SECONDS"]


class TimeoutException(Exception):
    """Raised inside the program when its time for one test is up; the program may catch it."""


class Opened:
    """What the faked ``open`` returns for any name: the test's input, and methods that do nothing."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text)
        self.read, self.readline, self.readlines = self._stream.read, self._stream.readline, self._stream.readlines

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def __next__(self) -> str:
        return next(self._stream)

    def fileno(self) -> int:
        """The number that the reference scorer's stand-in converts to; ``input`` asks for it."""
        return 1

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **keywords: None


class State:
    """What lasts from test to test."""

    method: Callable[..., object] | None = None

    def __init__(self, program: Any) -> None:
        self.program = program
        self.failure = b""
        self.stdin: Any = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")


def load(program: Any) -> State:
    """Nothing is executed before the first input names what is called."""
    builtins.exit = builtins.quit = None  # type: ignore[assignment]
    signal.signal(signal.SIGPROF, ring)
    return State(program)


def find(state: State, name: str) -> None:
    """Execute the module and find what is called; a failure here is the code −2."""
    sys.stdin = state.stdin
    module = types.ModuleType("tmp_sol")
    sys.modules["tmp_sol"] = module
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        exec(state.program.code, module.__dict__)
        owner = module.Solution() if CALL and "class Solution" in state.program.source else module
        signal.setitimer(signal.ITIMER_PROF, 0)
        state.method = getattr(owner, name)
    except Exception as error:
        state.failure = b"C" + report(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def ring(number: int, frame: object) -> None:
    """End the test, unless the program catches it."""
    raise TimeoutException


def step(state: State, data: bytes) -> bytes:
    """One test: a letter, then what the program gave (``apps_eval.drivers.official.Letter``)."""
    try:
        request = json.loads(data) if CALL else {"function": "code"}
        if state.method is None and not state.failure:
            find(state, request["function"])
        if state.failure:
            return state.failure
        return b"R" + (call(state, request["arguments"]) if CALL else run(state, data))
    except TimeoutException:
        return b"T"
    except Exception as error:
        return b"E" + report(error)
    except BaseException:
        return b"D"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def call(state: State, tagged: object) -> bytes:
    """Call the function; the result leaves as tagged values."""
    arguments = unpack(tagged)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    value = state.method(*arguments)  # type: ignore[misc]
    signal.setitimer(signal.ITIMER_PROF, 0)
    return encode(value)


def run(state: State, data: bytes) -> bytes:
    """Run the wrapped program on a faked standard input; its output leaves as text."""
    text = data.decode("utf-8", "surrogatepass")
    os.lseek(0, 0, os.SEEK_END)  # the original standard input of the reference scorer holds nothing
    lines = iter(text.split("\n"))
    original, real_open, real_stdout = state.stdin, builtins.open, sys.stdout
    original.read, original.readlines, original.readline = (
        (lambda *size: text),
        (lambda *size: text.split("\n")),
        (lambda *size: next(lines)),
    )
    captured: Any = io.StringIO()
    captured.close = lambda closed: 1
    sys.stdin, sys.stdout = io.StringIO(text), captured
    builtins.open = lambda *arguments, **keywords: Opened(text)  # type: ignore[assignment]
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        state.method()  # type: ignore[misc]
    except SystemExit:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdin, sys.stdout, builtins.open = original, real_stdout, real_open
        del original.read, original.readlines, original.readline
    output: str = captured.getvalue()
    return output.encode("utf-8", "surrogatepass")


def report(error: Exception) -> bytes:
    """Type, message and line of an exception, a line each."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "tmp_sol":
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = " ".join(str(error).split())[:2000]
    except Exception:
        message = ""
    return f"{type(error).__name__}\n{message}\n{line}".encode("utf-8", "surrogatepass")
