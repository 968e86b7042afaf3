"""The strict comparison: golden cases and laws."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps_eval.rules.strict import same_output, same_result

TOKENS = st.lists(st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=5), max_size=8)
SPACES = st.text(" \t\n\r", min_size=1, max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1 2\n3", "1\n2 3\n"),
        ("", " \n"),
        ("007", "7"),
        ("-0", "0"),
        ("+5", "5"),
        ("-007", "-7"),
        ("1.0000005", "1"),
        ("1000000.9", "1000000.0"),
        ("2.", "2.0"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("1E-9", "0"),
        ("0.1", "0.100001"),
        ("nan", "nan"),
        ("é", "é"),
        ("1e400", "1e400"),
        ("1.0e400", "10e399"),
        ("7" * 10_000, "0" + "7" * 10_000),
    ],
)
def test_equal_outputs(got: str, expected: str) -> None:
    """White space, the form of integers, and small differences of other numbers do not matter."""
    assert same_output(got.encode(), expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("2 1", "1 2"),
        ("1 1", "1"),
        ("", "0"),
        ("YES", "Yes"),
        ("100001", "100000"),
        ("7" * 10_000, "7" * 9_999 + "8"),
        ("-7", "7"),
        ("1.00001", "1"),
        ("1_000", "1000"),
        ("nan", "1.0"),
        ("inf", "1e999999999999999999999"),
        ("1e99999999999999999999", "1e99999999999999999998"),
        ("0x10", "16"),
        ("٣", "3"),
        ("1.5.2", "1.5"),
        ("True", "1"),
        ("[1,", "[1"),
    ],
)
def test_different_outputs(got: str, expected: str) -> None:
    """Order, number and case of tokens matter, and integers are exact."""
    assert not same_output(got.encode(), expected)


@pytest.mark.parametrize("tail", [b"", b".5", b"e5", b"x", b"." + b"0" * (1 << 20), b"\n" * (1 << 20), b"\n0" * (1 << 20)])
def test_zeros_without_end_are_compared_in_one_pass(tail: bytes) -> None:
    """However many a program writes before a number, after it, or as tokens of their own; here they end as ``1`` does not."""
    assert not same_output(b"0" * (1 << 20) + tail, "1")
    assert same_output(b"-" + b"0" * (1 << 20) + b"7", "-7")


def test_bytes_that_are_no_text_are_wrong_and_no_error() -> None:
    """Binary junk is compared like anything else."""
    assert not same_output(b"\xff\xfe\x00", "1")
    assert same_output(b"\xed\xa0\x80", "\ud800")


@given(TOKENS, st.data())
def test_only_the_white_space_between_tokens_is_ignored(tokens: list[str], data: st.DataObject) -> None:
    """Any white space between the tokens leaves an output right; taking it away joins tokens and does not."""
    spaced = "".join(data.draw(SPACES) + token for token in tokens) + data.draw(SPACES)
    assert same_output(spaced.encode(), " ".join(tokens))
    if len(tokens) > 1:
        assert not same_output("".join(tokens).encode(), " ".join(tokens))


@given(st.binary(max_size=40))
def test_every_output_is_its_own_equal(output: bytes) -> None:
    """The comparison is reflexive wherever the output is text."""
    try:
        assert same_output(output, output.decode())
    except UnicodeDecodeError:
        assert not same_output(output + b" extra", "")


@given(st.integers(), st.integers())
def test_integers_compare_by_value(left: int, right: int) -> None:
    """Two integers are equal as outputs exactly when they are equal."""
    assert same_output(b"%d" % left, str(right)) == (left == right)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, 0.4e-6, -0.4e-6, 3e-6, -3e-6]))
def test_the_tolerance_is_one_in_a_million(value: float, error: float) -> None:
    """Within half of the tolerance numbers are equal, beyond three times they are not."""
    scale = max(1.0, abs(value))
    assert same_output(repr(value + error * scale).encode(), repr(value)) == (abs(error) < 1e-6) or abs(value) > 1e300


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (3, 3),
        (3, [3]),
        ((1, 2), [1, 2]),
        ([(1, 2), (3, 4)], [[1, 2], [3, 4]]),
        ([1, 2], [[1, 2]]),
        (2.0, 2),
        (2, 2.0),
        (0.1 + 0.2, 0.3),
        (Decimal("0.3"), 0.3),
        (Fraction(1, 3), 0.3333333333),
        (None, None),
        (None, [None]),
        ("a", "a"),
        (True, True),
        ({1: "a"}, {"1": "a"}),
        ({"a": [1]}, {"a": [1]}),
        ({None: 1, False: 2}, {"null": 1, "false": 2}),
        ([], []),
    ],
)
def test_equal_results(got: object, expected: object) -> None:
    """Tuples are lists, floats have a tolerance, and an output may be stored inside a list of one element."""
    assert same_result(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (True, 1),
        (1, True),
        (0, False),
        ("1", 1),
        (1, "1"),
        (None, 0),
        (None, False),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        (1, [1, 2]),
        ({1, 2}, [1, 2]),
        (b"a", "a"),
        (1j, 1),
        (float("nan"), 1.0),
        (float("inf"), 1e308),
        ({1: "a", "1": "a"}, {"1": "a"}),
        ({"a": 1}, {"b": 1}),
        (object(), 1),
        (Decimal("nan"), 1.0),
    ],
)
def test_different_results(got: object, expected: object) -> None:
    """Truth values are no integers, and types, order and length matter."""
    assert not same_result(got, expected)


def test_results_of_thousands_of_digits() -> None:
    """Integers are exact at any length, against one another and against floats."""
    assert same_result(10**5000, 10**5000)
    assert not same_result(10**5000, 10**5000 + 1)
    assert not same_result(10**5000, 1.5)


@given(JSON)
def test_every_result_is_its_own_equal(value: object) -> None:
    """The structural comparison is reflexive, inside a list of one element too."""
    assert same_result(value, value)
    assert same_result(value, [value])


def test_a_signalling_number_equals_nothing() -> None:
    """Comparing it raises elsewhere."""
    for nan in (Decimal("sNaN"), Decimal("NaN")):
        assert not same_result(nan, 1)
        assert not same_result([nan, {"a": nan}], [1, {"a": 1}])


def test_huge_integers_are_compared_as_integers() -> None:
    """Exactly with integers, and never turned into decimals or text."""
    huge = 1 << 30_000_000
    assert same_result(huge, 1 << 30_000_000)
    assert not same_result(huge, huge + 1)
    assert not same_result(huge, 1.5)
    assert not same_result(1.5, huge)
    assert not same_result(Decimal(5), huge)
    assert not same_result({huge: 1}, {"1": 1})


def test_another_tolerance_decides_about_numbers_and_never_about_integers() -> None:
    """In outputs and in results, at any depth."""
    wide, none = Decimal("0.1"), Decimal(0)
    assert same_output(b"1.05 7", "1.0 7", wide)
    assert not same_output(b"1.05 8", "1.0 7", wide)
    assert not same_output(b"1.0000001", "1.0", none)
    assert same_output(b"1.00", "1.0", none)
    assert same_result([{"a": (1.05, 7)}], [{"a": [1.0, 7]}], wide)
    assert not same_result([{"a": (1.05, 8)}], [{"a": [1.0, 7]}], wide)
    assert not same_result(1.0000001, 1.0, none)
