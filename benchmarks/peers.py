"""What others do to run a program's tests: loops that isolate nothing, and one process per test with and without walls."""

import contextlib
import io
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Protocol
from unittest import mock

TESTS = 20
"""Inputs that every program reads."""
ALARM_SECONDS = 4
PROGRAMS = (
    "n = int(input())\na = list(map(int, input().split()))\nprint(sum(a), max(a), sorted(a)[n // 2])",
    "import sys\ndata = sys.stdin.read().split()\n"
    "from collections import Counter\nfor k, v in sorted(Counter(data[1:]).items()): print(k, v)",
    "import heapq\nn = int(input())\nh = list(map(int, input().split()))\nheapq.heapify(h)\nprint(*[heapq.heappop(h) for _ in range(n)])",
    "def f(a):\n    best = here = 0\n    for x in a:\n        here = max(0, here + x)\n        best = max(best, here)\n    return best\n"
    "input()\nprint(f(list(map(int, input().split()))))",
    "import math\ninput()\nr = 1\nfor x in map(int, input().split()): r = r * (abs(x) + 1) // math.gcd(r, abs(x) + 1)\nprint(r)",
)
INPUTS = [f"50\n{' '.join(str((n * 7919 + i * 104729) % 1009 - 300) for i in range(50))}\n".encode() for n in range(TESTS)]
TEXTS = [data.decode() for data in INPUTS]


class Results(Protocol):
    """A list, also one in another process."""

    def append(self, result: list[bool], /) -> None: ...


def source(number: int) -> str:
    """The program of this number."""
    return PROGRAMS[number % len(PROGRAMS)]


@cache
def expected(text: str) -> list[str]:
    """What a program must print for each input."""
    return list(_executed(text))


def published(programs: int) -> None:
    """The published APPS scorer's way: a manager's list and a forked process per program, with the mocked loop in it."""
    context = multiprocessing.get_context("fork")
    for number in range(programs):
        with context.Manager() as manager:
            results = manager.list()
            process = context.Process(target=_mocked_into, args=(source(number), expected(source(number)), results))
            process.start()
            process.join((ALARM_SECONDS + 1) * TESTS)
            if process.is_alive():
                process.kill()
            _check(len(results) == 1 and results[0] == [True] * TESTS)


def mocked(programs: int) -> None:
    """The same loop in this process."""
    for number in range(programs):
        _check(_mocked(source(number), expected(source(number))) == [True] * TESTS)


def least(programs: int) -> None:
    """A fork and a pipe per program, ``exec`` and nothing else per test: less than anybody ships."""
    for number in range(programs):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            with open(writer, "w", encoding="utf-8") as stream:
                stream.write("\0".join(_executed(source(number))))
            os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as stream:
            _check(stream.read().split("\0") == expected(source(number)))
        os.waitpid(pid, 0)


def interpreters(programs: int) -> None:
    """A new interpreter per test."""
    _each_alone([sys.executable], programs)


def bubblewrap(programs: int) -> None:
    """A new interpreter per test in namespaces of its own, with a read-only tree."""
    _each_alone(_wrapped_interpreter(), programs)


def bubblewrap_fails() -> str | None:
    """Why there is no bubblewrap to compare with; ``None`` when there is."""
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    done = subprocess.run([*_wrapped_interpreter(), "-c", "print(1)"], capture_output=True, text=True, check=False)
    return None if done.stdout == "1\n" else f"bwrap does not work here: {done.stderr.strip()}"


LOOPS: dict[str, Callable[[int], None]] = {
    "published scorer": published,
    "mocked loop": mocked,
    "fork and pipe": least,
    "interpreter per test": interpreters,
    "bubblewrap per test": bubblewrap,
}


def prepare() -> None:
    """Have what is no part of any loop: the right outputs, and numpy, which scorers hand to every process that they fork."""
    import numpy  # noqa: F401

    for text in PROGRAMS:
        expected(text)


def rate(name: str, programs: int) -> float:
    """Tests a second of one loop."""
    begin = time.monotonic()
    LOOPS[name](programs)
    return programs * TESTS / (time.monotonic() - begin)


def _check(right: bool) -> None:
    if not right:
        raise SystemExit("a peer's loop did not run a benchmark program as it should")


def _executed(text: str) -> Iterator[str]:
    before = sys.stdin
    for data in TEXTS:
        sys.stdin = io.StringIO(data)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(text, "solution.py", "exec"), {"__name__": "__main__"})
        yield out.getvalue()
    sys.stdin = before


def _mocked_into(text: str, outputs: list[str], results: Results) -> None:
    results.append(_mocked(text, outputs))


def _mocked(text: str, outputs: list[str]) -> list[bool]:
    """Compile the program as a function once, and call it for every test."""
    module = types.ModuleType("solution")
    exec(compile(f"def code():\n{textwrap.indent(text, '    ')}", "solution.py", "exec"), module.__dict__)
    signal.signal(signal.SIGALRM, _expired)
    found = []
    for data, output in zip(TEXTS, outputs, strict=True):
        signal.alarm(ALARM_SECONDS)
        try:
            with contextlib.redirect_stdout(io.StringIO()) as out, _stdin_mocked(data):
                module.__dict__["code"]()
        finally:
            signal.alarm(0)
        found.append(_agrees(out.getvalue(), output))
    return found


@contextlib.contextmanager
def _stdin_mocked(data: str) -> Iterator[None]:
    """Whatever way a program reads, it reads this: first the methods of the stream that is there, then the stream, then files."""
    lines = data.split("\n")
    rest = iter(lines)

    def read(*_: object) -> str:
        return data

    def readlines(*_: object) -> list[str]:
        return lines

    def readline(*_: object) -> str:
        return next(rest)

    with (
        mock.patch("sys.stdin.read", read),
        mock.patch("sys.stdin.readlines", readlines),
        mock.patch("sys.stdin.readline", readline),
        mock.patch("sys.stdin", io.StringIO(data)),
        mock.patch("builtins.open", mock.mock_open(read_data=data)),
    ):
        yield


def _agrees(output: str, right: str) -> bool:
    """Each pass forgives more than the one before."""
    if output == right:
        return True
    ours, theirs = ([line.strip() for line in text.strip().splitlines()] for text in (output, right))
    return ours == theirs or {frozenset(line.split()) for line in ours} == {frozenset(line.split()) for line in theirs}


def _expired(_number: int, _frame: types.FrameType | None) -> None:
    raise TimeoutError


def _each_alone(command: list[str], programs: int) -> None:
    for number in range(programs):
        text = source(number)
        for data, output in zip(INPUTS, expected(text), strict=True):
            done = subprocess.run([*command, "-c", text], input=data, capture_output=True, check=False)
            _check(done.stdout.decode() == output)


def _wrapped_interpreter() -> list[str]:
    """The interpreter without its virtual environment, so that fewer directories need to be bound."""
    interpreter: str = getattr(sys, "_base_executable", None) or sys.executable
    roots = dict.fromkeys(["/usr", "/bin", "/lib", "/lib64", sys.base_prefix, str(Path(interpreter).resolve().parent)])
    binds = [word for root in roots for word in ("--ro-bind-try", root, root)]
    walls = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    return ["bwrap", *walls, *binds, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp", interpreter]
