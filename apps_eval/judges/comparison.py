"""A strict comparison together with what a model may read of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from apps_eval.feedback import Fault, readable, written
from apps_eval.problem import Json
from apps_eval.rules.strict import same_output, same_result
from sandbox.tagged import decode

NO_RESULT = Fault("no result", "the function's return value could not be read")
LARGE_BYTES: Final = 256 << 10
"""Larger outputs are compared in a thread, so that other programs need not wait."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether two values are the same; if not, what was got, or why there was nothing to compare."""

    same: bool
    got: str = ""
    fault: Fault | None = None


async def settle(comparing: Callable[[], Comparison], size: int) -> Comparison:
    """What a comparison of ``size`` bytes comes to; where what the program gave makes it fail, that is not the expected value."""
    return await asyncio.to_thread(_settled, comparing) if size > LARGE_BYTES else _settled(comparing)


def _settled(comparing: Callable[[], Comparison]) -> Comparison:
    # The boundary between values that a program chose and a run that must outlive them.
    try:
        return comparing()
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError) as error:
        return Comparison(False, f"(a value that cannot be compared: {type(error).__name__})")


def compare_output(stdout: bytes, expected: str) -> Comparison:
    """A program's standard output against the expected text."""
    return Comparison(True) if same_output(stdout, expected) else Comparison(False, readable(stdout))


def compare_result(reply: bytes, expected: Json) -> Comparison:
    """A function's tagged result against the stored output."""
    try:
        value = decode(reply)
    except ValueError:
        return Comparison(False, fault=NO_RESULT)
    return Comparison(True) if same_result(value, expected) else Comparison(False, written(value))
