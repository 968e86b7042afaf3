"""The judge of the reference scorer (arXiv 2105.09938), its faults included: for published numbers and parity."""

import math
import sys
from collections.abc import Callable
from typing import Final, TypeAlias

from apps_eval.problem import Json

Code: TypeAlias = "int | bool"
"""The reference scorer's word for one test: −2, −1, false or true."""

COMPILE: Final = -2
"""The program does not compile, or has no such function."""
ERROR: Final = -1
"""An exception, or the time limit."""
MOST_PAIRS: Final = 10_000_000
"""Pairs of elements that the comparison of an array may take."""


def same_output(got: str, expected: str) -> bool:
    """Whether the reference scorer accepts an output: nine comparisons, of which the first hit wins.

    The whole text after strip; with every line stripped; the expected lines; the expected non-empty stripped lines; the same with
    the output's empty lines dropped; line by line as floats; as a set of sets of tokens; the same with tokens as floats of 3 places.
    """
    lines = got.splitlines()
    if "\n".join(lines).strip() == expected.strip() or "\n".join(line.strip() for line in lines).strip() == expected.strip():
        return True
    if lines == expected.split("\n"):
        return True
    # Empty lines are dropped before the others are stripped, so a line of blanks stays as an empty line.
    wanted = [line.strip() for line in expected.split("\n") if line]
    if lines == wanted:
        return True
    lines = [line for line in lines if line]
    return lines == wanted or _close_lines(lines, wanted) or _same_sets(lines, wanted)


def _close_lines(lines: list[str], wanted: list[str]) -> bool:
    """Every line one float, within 1e-8 plus 1e-5 of the expected one."""
    try:
        pairs = list(zip(map(float, lines), map(float, wanted), strict=True))
    except ValueError:
        return False
    return all(_close(got, expected) for got, expected in pairs)


def _close(got: float, expected: float) -> bool:
    if not (math.isfinite(got) and math.isfinite(expected)):
        return got == expected
    return abs(got - expected) <= 1e-8 + 1e-5 * abs(expected)


def _same_sets(lines: list[str], wanted: list[str]) -> bool:
    """Order and multiplicity of lines and of tokens ignored."""
    try:
        return _same_sets_of(str, lines, wanted) or _same_sets_of(_rounded, lines, wanted)
    except ValueError:
        return False


def _same_sets_of(read: Callable[[str], str | float], lines: list[str], wanted: list[str]) -> bool:
    """Whether the lines are the wanted ones as sets; ends at the first that is not.

    What a program wrote is only looked up among what is wanted: in a set of its own it could be made to collide.
    """
    expected = {frozenset(map(read, line.split())) for line in wanted}
    known = frozenset().union(*expected)
    seen: set[frozenset[str | float]] = set()
    for line in filter(str.strip, lines):
        tokens = []
        for token in map(read, line.split()):
            if token not in known:
                return False
            tokens.append(token)
        if (found := frozenset(tokens)) not in expected:
            return False
        seen.add(found)
    return len(seen) == len(expected)


def _rounded(token: str) -> float:
    return round(float(token), 3)


def arguments(stored: list[Json]) -> list[object]:
    """The arguments of a call: where the first is a dictionary with integers for keys, it alone, its keys turned back into integers."""
    if stored and isinstance(stored[0], dict):
        restored = integer_keys(stored[0])
        if restored is not None:
            return [restored]
    return list(stored)


def expected_result(stored: Json) -> object:
    """The stored output of a call, with the keys of a dictionary turned back into integers and the dictionary put into a list."""
    value: object = stored
    for candidate in (stored, stored[0] if isinstance(stored, list) and stored else None):
        if isinstance(candidate, dict):
            restored = integer_keys(candidate)
            value = value if restored is None else [restored]
    return value


def integer_keys(value: dict[str, Json]) -> dict[int, Json] | None:
    """The dictionary with its keys as integers; ``None`` when one is no integer."""
    try:
        return {int(key): item for key, item in value.items()}
    except ValueError:
        return None


def result_code(got: object, stored: Json) -> Code:
    """The code for a call that returned: equal to the output or to its first element; no tolerance, and truth values are integers."""
    expected = expected_result(stored)
    if isinstance(got, tuple):
        got = list(got)
    try:
        if _spreads(got, expected):
            return ERROR
        same = got == expected
        # Neither true nor false: the reference scorer asks an empty array for its first element.
        if getattr(same, "size", 1) == 0:
            return ERROR
        if isinstance(expected, list) and expected:
            same = bool(same) or bool(got == expected[0])
        # The reference scorer takes the first element where an array of truth values is left.
        same = bool(same.item(0) if hasattr(same, "item") else same)
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError):
        return ERROR
    return same or _same_rows(got, expected)


def _same_rows(got: object, expected: object) -> bool:
    """A list of tuples against the first element of the expected list, as lists."""
    if not (isinstance(got, list) and got and isinstance(got[0], tuple) and isinstance(expected, list) and expected):
        return False
    return all(isinstance(row, list | tuple) for row in got) and [list(row) for row in got] == expected[0]


def _spreads(got: object, expected: object) -> bool:
    """Whether an array in the result could be spread over the expected values into one that no memory holds."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    waiting, largest = [got], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, list | tuple):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, numpy.ndarray) and value.ndim:
            largest = max(largest, value.size)
    if largest * _leaves(expected) <= MOST_PAIRS:
        return False
    if not isinstance(got, numpy.ndarray):
        return True
    return bool(math.prod(numpy.broadcast_shapes(got.shape, numpy.shape(expected))) > MOST_PAIRS)


def _leaves(expected: object) -> int:
    waiting, count = [expected], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        count += 1
    return count
