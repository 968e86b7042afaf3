"""The strict judge: ordered comparison of outputs, token by token, as a programming contest would do it."""

import decimal
import re
import sys
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Final

TOLERANCE: Final = Decimal("1e-6")
"""Absolute, or relative to the expected number; only where one of the two is not written as an integer."""

MOST_DIGITS: Final = 10_000
"""Of an integer that is compared with a number of another type: turning a longer one into a decimal takes quadratic time."""

_MOST_BITS = MOST_DIGITS * 3322 // 1000
_KEY_BITS = 12_000
_NUMBER = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(rb"([+-]?)(\d+)")
# No traps: a number that no decimal can hold becomes NaN, which is close to nothing.
_CONTEXT = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=[])


def same_output(got: bytes, expected: str, tolerance: Decimal = TOLERANCE) -> bool:
    """Whether a program's standard output is right: as many tokens as expected, in order, each one equal."""
    right = expected.encode("utf-8", "surrogatepass").split()
    # One more than there should be is enough to know.
    left = got.split(maxsplit=len(right))
    return left == right or (len(left) == len(right) and all(map(partial(_same_token, tolerance=tolerance), left, right)))


def _same_token(got: bytes, expected: bytes, tolerance: Decimal) -> bool:
    if got == expected:
        return True
    if not _NUMBER.fullmatch(got) or not _NUMBER.fullmatch(expected):
        return False
    left, right = _INTEGER.fullmatch(got), _INTEGER.fullmatch(expected)
    if left and right:
        digits = left[2].lstrip(b"0")
        return digits == right[2].lstrip(b"0") and (not digits or (left[1] == b"-") == (right[1] == b"-"))
    return _close(_CONTEXT.create_decimal(got.decode()), _CONTEXT.create_decimal(expected.decode()), tolerance)


def _close(got: Decimal, expected: Decimal, tolerance: Decimal) -> bool:
    if not got.is_finite() or not expected.is_finite():
        return False
    difference = _CONTEXT.abs(_CONTEXT.subtract(got, expected))
    return difference <= tolerance or difference <= _CONTEXT.multiply(tolerance, _CONTEXT.abs(expected))


def same_result(got: object, expected: object, tolerance: Decimal = TOLERANCE) -> bool:
    """Whether a function's result is right: equal to the stored output, or to the one value inside it.

    Tuples are lists, truth values are no integers, and floats have the tolerance of outputs. ``expected`` is JSON, which knows only
    textual keys: a dictionary is compared with its keys as JSON writes them.
    """
    if _same_value(got, expected, tolerance):
        return True
    return isinstance(expected, list) and len(expected) == 1 and _same_value(got, expected[0], tolerance)


def _same_value(got: object, expected: object, tolerance: Decimal) -> bool:
    got = _plain(got)
    if isinstance(expected, str) or expected is None or isinstance(expected, bool):
        return type(got) is type(expected) and got == expected
    if isinstance(expected, int | float):
        return _same_number(got, expected, tolerance)
    if isinstance(expected, list):
        same = partial(_same_value, tolerance=tolerance)
        return isinstance(got, list | tuple) and len(got) == len(expected) and all(map(same, got, expected))
    return isinstance(expected, dict) and isinstance(got, dict) and _same_mapping(got, expected, tolerance)


def _plain(value: object) -> object:
    """A numpy scalar as a number, an array as nested lists; numpy itself need not be there."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic | numpy.ndarray):
        return value.tolist()
    return value


def _same_number(got: object, expected: int | float, tolerance: Decimal) -> bool:
    if isinstance(got, bool) or not isinstance(got, int | float | Decimal | Fraction):
        return False
    if isinstance(got, int) and isinstance(expected, int):
        return got == expected
    if any(isinstance(number, int) and number.bit_length() > _MOST_BITS for number in (got, expected)):
        return False
    # A signalling NaN raises where it is compared.
    if isinstance(got, Decimal) and got.is_nan():
        return False
    if got == expected:
        return True
    return _close(_decimal(got), _decimal(expected), tolerance)


def _decimal(value: int | float | Decimal | Fraction) -> Decimal:
    if isinstance(value, Fraction):
        return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return _CONTEXT.create_decimal(repr(value) if isinstance(value, float) else value)


def _same_mapping(got: Mapping[object, object], expected: Mapping[str, object], tolerance: Decimal) -> bool:
    written = {_key(key): value for key, value in got.items()}
    if len(written) != len(got) or written.keys() != expected.keys():
        return False
    return all(_same_value(written[key], value, tolerance) for key, value in expected.items())


def _key(key: object) -> object:
    """A dictionary's key as JSON writes it; anything that JSON refuses stays itself."""
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    if isinstance(key, float) or (isinstance(key, int) and key.bit_length() <= _KEY_BITS):
        return repr(key)
    return key
