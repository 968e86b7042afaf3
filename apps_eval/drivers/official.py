"""The reference scorer's way to run a program: what it puts around the source, and the driver that stands for its harness."""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Final

from apps_eval.feedback import Fault, fault
from apps_eval.problem import Kind, Problem
from sandbox.drivers import TAGGED

PREAMBLE: Final = """\
import sys
import time
import itertools
from itertools import accumulate, product, permutations, combinations
import collections
from collections import Counter, OrderedDict, deque, defaultdict, ChainMap
from functools import lru_cache
import math
from math import sqrt, sin, cos, tan, ceil, fabs, floor, gcd, exp, log, log2
import fractions
from typing import List, Tuple
import numpy as np
import random
import heapq
from heapq import *
"""
"""What the reference scorer imports before every program."""

_OPENING: Final = "stdin = sys.stdin\nstdout = sys.stdout\ndef code():\n"
_TOP_LEVEL: Final = ("from ", "import ")


def dressed(problem: Problem, source: str) -> str:
    """The source as the reference scorer executes it: after the preamble, and inside a function when it reads standard input."""
    return PREAMBLE + (source if problem.kind is Kind.CALL else wrapped(source))


def wrapped(source: str) -> str:
    """The source inside ``def code():``, from its first line that is no import; text alone decides, so literals of several lines change."""
    parts: list[str] = []
    inside = False
    for line in source.split("\n"):
        imports = line.startswith(_TOP_LEVEL)
        if not imports and not inside:
            parts.append(_OPENING)
            inside = True
        parts.append(f"\t{line}\n" if inside else f"{line}\n")
    return "".join(parts)


def source_line(problem: Problem, source: str, number: int) -> int | None:
    """Which line of the source a line of the dressed source is, from 1; ``None`` for a line that was put around it."""
    number -= PREAMBLE.count("\n")
    if problem.kind is Kind.STDIN:
        lines = source.split("\n")
        imports = len(list(takewhile(lambda line: line.startswith(_TOP_LEVEL), lines)))
        if number > imports:
            number -= _OPENING.count("\n")
            if number <= imports:
                return None
    return number if 0 < number <= source.count("\n") + 1 else None


@cache
def driver(kind: Kind, seconds: float) -> str:
    """The driver text for a kind of problem and an alarm after so many processor seconds."""
    child = files("apps_eval.drivers").joinpath("official_child.py").read_text(encoding="utf-8")
    names = f"CALL = {kind is Kind.CALL}\nSECONDS = {seconds!r}\n"
    return names + child.replace("from sandbox.tagged import encode, unpack\n", TAGGED)


class Letter(StrEnum):
    """How the driver's reply to one test begins."""

    RESULT = "R"
    """The output as text, or the result of the call as tagged values."""
    ERROR = "E"
    TIME = "T"
    UNCALLABLE = "C"
    """The module could not be executed, or holds no such function."""
    DIED = "D"
    """The reference scorer's process would have ended; also said of any reply that is none."""


def read_reply(reply: bytes) -> tuple[Letter, bytes]:
    """The letter and what follows; the reply is the child's own claim and may be anything."""
    try:
        return Letter(reply[:1].decode("ascii")), reply[1:]
    except ValueError:
        return Letter.DIED, b""


def read_report(problem: Problem, source: str, report: bytes) -> Fault:
    """The exception that the driver tells of: type, message and line, a line each."""
    error, message, line = (*report.decode("utf-8", "replace").split("\n"), "", "", "")[:3]
    number = int(line) if line.isascii() and line.isdecimal() and len(line) < 10 else 0
    return fault(error, message, source_line(problem, source, number), source)
