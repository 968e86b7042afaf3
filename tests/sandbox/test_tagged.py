"""Tagged values: what is written is read back with its types, and hostile bytes are one clear error."""

import contextlib
import json
import math
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.tagged import MAX_KEYS, BadValue, Opaque, decode, encode

HASHABLE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(),
        st.binary(),
        st.fractions(),
        st.complex_numbers(allow_nan=False),
        st.decimals(allow_nan=False, min_value=-(10**9), max_value=10**9),
    ),
    lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=3)),
    max_leaves=5,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(HASHABLE, inner, max_size=4), st.sets(HASHABLE, max_size=3)),
    max_leaves=10,
)


def _shape(value: Any) -> Any:
    """The value with every type spelled out, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return ("dict", [(_shape(key), _shape(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (type(value), [_shape(item) for item in value])
    if isinstance(value, set | frozenset):
        return (type(value), sorted(map(repr, map(_shape, value))))
    return (type(value), repr(value))


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    """Types, signs of zero, order of dictionaries and surrogates included."""
    assert _shape(decode(encode(value))) == _shape(value)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode), st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.sampled_from(["int", "array", "float64", "AA==", "1e999"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.fixed_dictionaries({"t": st.sampled_from(
        ["int", "float", "bytes", "tuple", "dict", "set", "frozenset", "decimal", "fraction", "complex", "array", "scalar", "opaque", "x"]
    ), "v": inner})),
    max_leaves=8,
).map(lambda tree: json.dumps(tree).encode())))  # fmt: skip
def test_hostile_bytes_are_a_value_or_one_error(data: bytes) -> None:
    """Nothing but BadValue leaves the decoder."""
    with contextlib.suppress(BadValue):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"t":"int","v":"' + b"f" * 2_000_000 + b'"}',
        b"9" * 5000,
        b"NaN",
        b'{"t":"fraction","v":[1,0]}',
        b'{"t":"decimal","v":"1e9999999"}',
        b'{"t":"array","v":["object",[1],"AAAAAAAAAAA="]}',
        b'{"t":"array","v":["int64",[-1],""]}',
        b'{"t":"array","v":["int64",[4294967296,4294967296],""]}',
        b'{"t":"set","v":[[1]]}',
        b'{"t":"dict","v":[[1,2],[3]]}',
        b"\xff\xfe",
        b"[1]]",
        b"," * 5_000_000,
        json.dumps({"t": "set", "v": [n * ((1 << 61) - 1) for n in range(1, 200)]}).encode(),
    ],
)
def test_known_lies_are_refused(data: bytes) -> None:
    """Depth, size, digits, collisions, object arrays and impossible shapes."""
    with pytest.raises(BadValue):
        decode(data)


def test_tables_of_chosen_keys_are_small() -> None:
    """Words are hashed as nobody can foresee; of everything else one value holds some thousand, in however many tables."""
    assert decode(encode({str(n): n for n in range(50_000)}))["7"] == 7
    assert decode(encode([set(range(MAX_KEYS - 1)), {-1: 0}]))[1] == {-1: 0}
    with pytest.raises(BadValue, match="keys"):
        decode(encode([{n: n} for n in range(MAX_KEYS + 1)]))


@pytest.mark.parametrize("kind", ["\ud800", "\x1b[2J", "\u202e"])
def test_the_name_of_a_stranger_can_be_shown(kind: str) -> None:
    """Whatever it is said to be, it is plain text that can be written down."""
    shown = repr(decode(json.dumps({"t": "opaque", "v": kind}).encode()))
    assert shown.isascii()
    assert shown.isprintable()


def test_subclasses_travel_as_their_base_and_strangers_not_at_all() -> None:
    """An enumeration is an integer, a counter a dictionary, a deque is opaque and equals nothing, itself included."""

    class Colour(IntEnum):
        RED = 3

    found = decode(encode([Colour.RED, Counter("aab"), OrderedDict(x=1), deque([1]), object()]))
    assert _shape(found[:3]) == _shape([3, {"a": 2, "b": 1}, {"x": 1}])
    assert all(isinstance(item, Opaque) for item in found[3:])
    assert found[3] != found[3]
    assert found[3] != deque([1])


def test_arrays_and_scalars_of_numpy_keep_type_and_shape() -> None:
    """Numbers travel as their bytes; what is no number is opaque."""
    array = np.arange(6, dtype=np.int32).reshape(2, 3).T
    back, scalar, flag, words = decode(encode([array, np.float32(0.1), np.bool_(True), np.array(["a"], dtype=object)]))
    assert back.dtype == np.int32
    assert (back == array).all()
    assert type(scalar) is np.float32
    assert flag == np.True_
    assert isinstance(words, Opaque)


def test_integers_of_any_length_travel() -> None:
    """Also those that Python refuses to print."""
    value = 7**20_000
    assert decode(encode(value)) == value
    assert decode(encode(-value)) == -value


def test_special_numbers_travel() -> None:
    """Infinities, not-a-numbers and negative zero."""
    found = decode(encode([math.inf, -math.inf, math.nan, -0.0, Decimal("NaN"), Fraction(-1, 3)]))
    assert found[:2] == [math.inf, -math.inf]
    assert math.isnan(found[2])
    assert math.copysign(1, found[3]) == -1
    assert found[4].is_nan()
    assert found[5] == Fraction(-1, 3)


@pytest.mark.parametrize("build", ["deep", "cycle", "dag"])
def test_values_without_bound_are_refused(build: str) -> None:
    """A deep list, a cycle and a doubling graph are an error, not a hang."""
    value: list[Any] = []
    if build == "cycle":
        value.append(value)
    for _ in range(64 if build == "dag" else 1000):
        value = [value, value] if build == "dag" else [value]
    with pytest.raises(BadValue):
        encode(value)


def test_an_array_of_nothing_is_bounded() -> None:
    """An array without elements may claim to have four thousand million rows."""
    assert decode(encode(np.zeros((0, 3)))).shape == (0, 3)
    with pytest.raises(BadValue, match="too large"):
        decode(encode(np.zeros((1 << 32, 0))))


def test_a_long_integer_in_base_ten_is_refused() -> None:
    """Whatever Python's own limit is at the time."""
    assert decode(encode([10**3500, "x" * 5000])) == [10**3500, "x" * 5000]
    with pytest.raises(BadValue):
        decode(b"[" + b"7" * 4200 + b"]")
