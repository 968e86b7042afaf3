"""Python values as JSON that keeps their types, so that a result can be compared outside without being trusted."""

import base64
import json
import math
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

MAX_DEPTH = 200
MAX_VALUES = 2_000_000
MAX_DIGITS = 4000
"""Longer integers travel in base sixteen, which Python reads and writes in linear time and at any length."""
LARGE = 1 << 62
MAX_HEX = 1_000_000
MAX_EXPONENT = 100_000
MAX_COLLISIONS = 64
MAX_KEYS = 10_000
"""Members of sets and keys of dictionaries that are no text: their hashes can be chosen so that a table of them takes quadratic time."""
DTYPES = re.findall(r"\w+", "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128")
DECIMAL = re.compile(r"[+-]?(?:\d{1,10000}(?:\.\d{0,10000})?|\.\d{1,10000})(?:[eE]([+-]?\d{1,7}))?|[+-]?(?:Infinity|s?NaN)", re.ASCII)


class BadValue(ValueError):
    """A value that cannot be written, or bytes that are no tagged value."""


class Opaque:
    """A value of a type that does not travel; it equals nothing."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        """Remember the type's name."""
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        """Never."""
        return False

    def __hash__(self) -> int:
        """Hash by the name."""
        return hash(self.kind)

    def __repr__(self) -> str:
        """Show the type's name, which may be any text."""
        return f"<{ascii(self.kind)[1:-1]}>"


def encode(value: object) -> bytes:
    """Write a value as tagged JSON in ASCII.

    Raises:
        BadValue: it is nested too deeply or holds too many values (a cycle does).
    """
    return json.dumps(pack(value), separators=(",", ":")).encode("ascii")


def pack(value: object) -> Any:
    """Turn a value into a tree for JSON: None, bool, int, finite float, str and list stand for themselves, the rest is tagged."""
    return _Packer().pack(value, 0)


def decode(data: bytes) -> Any:
    """Read a tagged value from bytes that nobody vouches for.

    Raises:
        BadValue: they are no tagged value, or too large or too deep to be one.
    """
    if data.count(b",") + data.count(b"[") > 2 * MAX_VALUES:
        raise BadValue("the value is too large")
    try:
        return unpack(json.loads(data, parse_constant=_no_constant, parse_int=_plain_int if len(data) > MAX_DIGITS else None))
    except (ValueError, RecursionError, UnicodeError) as error:
        raise error if isinstance(error, BadValue) else BadValue(f"not a tagged value: {error}"[:200]) from error


def unpack(tree: Any) -> Any:
    """Turn a tree from JSON back into the value.

    Raises:
        BadValue: it is no tagged value.
    """
    return _Unpacker().unpack(tree, 0)


class _Packer:
    """Counts what it has written."""

    def __init__(self) -> None:
        self.left = MAX_VALUES

    def pack(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise BadValue(f"the value holds more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise BadValue(f"the value is nested deeper than {MAX_DEPTH} levels")
        if value is None or value is True or value is False:
            return value
        if isinstance(value, int):
            return _pack_int(int.__add__(value, 0))
        if isinstance(value, float) and type(value).__module__ != "numpy":
            plain = float.__add__(value, 0.0) if value else float.__pos__(value)
            return plain if math.isfinite(plain) else {"t": "float", "v": repr(plain)}
        if isinstance(value, str) and type(value).__module__ != "numpy":
            return str.__str__(value)
        return self._pack_compound(value, depth + 1)

    def _pack_compound(self, value: Any, depth: int) -> Any:
        if isinstance(value, list):
            return self._pack_items(list.__iter__(value), depth)
        if isinstance(value, tuple):
            return {"t": "tuple", "v": self._pack_items(tuple.__iter__(value), depth)}
        if isinstance(value, dict):
            return {"t": "dict", "v": [[self.pack(key, depth), self.pack(item, depth)] for key, item in dict.items(value)]}
        if isinstance(value, set | frozenset):
            kind = "set" if isinstance(value, set) else "frozenset"
            return {"t": kind, "v": self._pack_items(iter(value), depth)}
        return _pack_rare(value)

    def _pack_items(self, items: Iterator[Any], depth: int) -> list[Any]:
        """Long lists of plain numbers and words are the common case."""
        packed = [item if type(item) is str or (type(item) is int and -LARGE < item < LARGE) else self.pack(item, depth) for item in items]
        self.left -= len(packed)
        return packed


class _Unpacker:
    """Counts the keys that it has read."""

    def __init__(self) -> None:
        self.left = MAX_KEYS

    def unpack(self, tree: Any, depth: int) -> Any:
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if depth > MAX_DEPTH:
            raise BadValue(f"the value is nested deeper than {MAX_DEPTH} levels")
        if isinstance(tree, list):
            return [self.unpack(item, depth + 1) for item in tree]
        reader = _READERS.get(str(tree.get("t")))
        if reader is None or "v" not in tree:
            raise BadValue("not a tagged value: no such tag")
        try:
            return reader(tree["v"], depth, self)
        except BadValue:
            raise
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            raise BadValue(f"not a tagged value: {error}"[:200]) from error

    def read_list(self, tree: Any, depth: int) -> list[Any]:
        if not isinstance(tree, list):
            raise BadValue("not a tagged value: no list")
        return [self.unpack(item, depth + 1) for item in tree]

    def keys(self, values: list[Any]) -> list[Any]:
        """Refuse what would make a hash table slow."""
        chosen = [hash(value) for value in values if not isinstance(value, str)]
        self.left -= len(chosen)
        if self.left < 0:
            raise BadValue(f"the value holds more than {MAX_KEYS} keys that are no text")
        chosen.sort()
        if any(chosen[place] == chosen[place - MAX_COLLISIONS] for place in range(MAX_COLLISIONS, len(chosen))):
            raise BadValue("the value was made to collide")
        return values


def _pack_int(value: int) -> Any:
    return value if value.bit_length() < 3 * MAX_DIGITS else {"t": "int", "v": f"{value:x}"}


def _pack_rare(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return {"t": "bytes", "v": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Decimal):
        return {"t": "decimal", "v": Decimal.__str__(value)}
    if isinstance(value, Fraction):
        return {"t": "fraction", "v": [_pack_int(int(value.numerator)), _pack_int(int(value.denominator))]}
    if type(value) is complex:
        return {"t": "complex", "v": [repr(value.real), repr(value.imag)]}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        kind = "array" if isinstance(value, numpy.ndarray) else "scalar"
        name = str(value.dtype)
        if name in DTYPES:
            content = base64.b64encode(numpy.ascontiguousarray(value).tobytes()).decode("ascii")
            return {"t": kind, "v": [name, list(value.shape), content]}
        if kind == "scalar" and isinstance(value, str):
            return str.__str__(value)
    return {"t": "opaque", "v": type(value).__name__}


def _no_constant(name: str) -> None:
    raise BadValue(f"not a tagged value: {name}")


def _plain_int(text: str) -> int:
    """Python's own limit is lifted while data is read, in all threads."""
    if len(text) > MAX_DIGITS:
        raise BadValue("not a tagged value: a long integer in base ten")
    return int(text)


def _read_int(tree: Any, *_: Any) -> int:
    if len(tree) > MAX_HEX:
        raise BadValue("the integer is too large")
    return int(tree, 16)


def _read_float(tree: Any, *_: Any) -> float:
    if tree not in ("nan", "inf", "-inf"):
        raise BadValue("not a tagged value: float")
    return float(tree)


def _read_decimal(tree: Any, *_: Any) -> Decimal:
    match = DECIMAL.fullmatch(tree)
    if match is None or abs(int(match[1] or 0)) > MAX_EXPONENT:
        raise BadValue("not a tagged value: decimal")
    return Decimal(tree)


def _read_fraction(tree: Any, depth: int, unpacker: _Unpacker) -> Fraction:
    numerator, denominator = (unpacker.unpack(part, depth + 1) for part in tree)
    if max(abs(numerator), abs(denominator)).bit_length() > 8 * MAX_DIGITS:
        raise BadValue("the fraction is too large")
    return Fraction(numerator, denominator)


def _read_complex(tree: Any, *_: Any) -> complex:
    real, imaginary = tree
    return complex(float(real), float(imaginary))


def _read_dict(tree: Any, depth: int, unpacker: _Unpacker) -> dict[Any, Any]:
    pairs = [(unpacker.unpack(key, depth + 1), unpacker.unpack(value, depth + 1)) for key, value in tree]
    unpacker.keys([key for key, _ in pairs])
    return dict(pairs)


def _read_array(tree: Any, *_: Any) -> Any:
    import numpy

    name, shape, content = tree
    if name not in DTYPES or len(shape) > 32 or not all(type(size) is int and 0 <= size <= 1 << 32 for size in shape):
        raise BadValue("not a tagged value: array")
    # An array without elements may still have four thousand million rows.
    if math.prod(max(size, 1) for size in shape) > MAX_VALUES:
        raise BadValue("the array is too large")
    data = base64.b64decode(content, validate=True)
    if math.prod(shape) * numpy.dtype(name).itemsize != len(data):
        raise BadValue("not a tagged value: array")
    return numpy.frombuffer(data, dtype=name).reshape(shape)


_READERS: dict[str, Any] = {
    "int": _read_int,
    "float": _read_float,
    "bytes": lambda tree, *_: base64.b64decode(tree, validate=True),
    "tuple": lambda tree, depth, unpacker: tuple(unpacker.read_list(tree, depth)),
    "dict": _read_dict,
    "set": lambda tree, depth, unpacker: set(unpacker.keys(unpacker.read_list(tree, depth))),
    "frozenset": lambda tree, depth, unpacker: frozenset(unpacker.keys(unpacker.read_list(tree, depth))),
    "decimal": _read_decimal,
    "fraction": _read_fraction,
    "complex": _read_complex,
    "array": _read_array,
    "scalar": lambda tree, *_: _read_array(tree)[()],
    "opaque": lambda tree, *_: Opaque(str(tree)[:100]),
}
