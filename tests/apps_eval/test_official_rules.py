"""The reference scorer's comparison: each of its rules, and the faults that it is known for."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps_eval.rules.official import ERROR, arguments, expected_result, result_code, same_output


@pytest.mark.parametrize(
    ("rule", "got", "expected"),
    [
        ("1: the whole text after strip", "\n1 2\n3\n\n", "1 2\n3"),
        ("1: other ends of lines", "1\r\n2\x0b3", "1\n2\n3"),
        ("2: every line stripped", "1 2  \n  3", "1 2\n3"),
        ("3: the expected lines", "", ""),
        ("4: the expected non-empty stripped lines", "1\n2", "1\n\n  2"),
        ("5: without the output's empty lines", "1\n\n2", "1\n2"),
        ("6: floats line by line", "1.00000999\n2", "1\n2"),
        ("6: integers too", "1000001", "1000000"),
        ("6: underscores are numbers", "1_000", "1000"),
        ("6: infinities", "inf", "Infinity"),
        ("7: order of tokens", "2 1", "1 2"),
        ("7: order of lines", "2\n1", "1\n2"),
        ("8: multiplicity of lines", "1 2\n1 2\n1 2", "1 2"),
        ("8: multiplicity of tokens", "1 1 2", "1 2 2"),
        ("9: floats of three places", "a b".replace("a", "1.00049").replace("b", "2"), "1.0 2.0"),
    ],
)
def test_accepted(rule: str, got: str, expected: str) -> None:
    """Each rule accepts its own case."""
    assert same_output(got, expected), rule


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1", "2"),
        ("YES", "yes"),
        ("", "1"),
        ("nan", "nan 1"),
        ("1 2", "1\n2"),
        ("1.002 2", "1.0 2.0"),
        ("1\n2\n3.5", "1\n2"),
        ("a", "1.0"),
        ("1", "1\n \n2"),
    ],
)
def test_refused(got: str, expected: str) -> None:
    """What no rule accepts."""
    assert not same_output(got, expected)


def test_lines_that_were_made_to_collide_are_looked_up_only() -> None:
    """Sets of powers of two whose hashes are all the same, and tokens that are one hash: none of them is ever stored."""
    words = [[repr(number * 2.0 ** (61 * power)) for power in range(16)] for number in (1, 3, 5, 7)]
    lines = [" ".join(chosen) for chosen in product(*words)]
    assert len({hash(frozenset(map(float, line.split()))) for line in lines[:99]}) == 1
    assert not same_output("\n".join(lines), "1 2")
    assert same_output("\n".join(lines[5:0:-1]), "\n".join(lines[1:6]))


def test_a_line_of_blanks_in_the_expected_output_stays() -> None:
    """Empty expected lines are dropped before the others are stripped, so a blank one keeps sets and floats from matching."""
    assert not same_output("2\n1", "1\n \n2")
    assert same_output("2\n1", "1\n\n2")


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_texts_can_be_compared(got: str, expected: str) -> None:
    """The comparison never raises, and a text equals itself unless it holds other ends of lines than newlines."""
    assert same_output(got, expected) in (True, False)
    assert same_output(expected, expected) or len(expected.splitlines()) > len(expected.split("\n")) - expected.endswith("\n")


@pytest.mark.parametrize(
    ("got", "stored", "code"),
    [
        (3, 3, True),
        (3, [3], True),
        (3, [3, 4], True),
        ((1, 2), [1, 2], True),
        ((1, 2), [[1, 2]], True),
        ([(1, 2)], [[[1, 2]]], True),
        ([(1, 2)], [[1, 2]], False),
        ([(1, 2), 3], [[[1, 2], 3]], False),
        (True, 1, True),
        (1.0, 1, True),
        (0.1 + 0.2, 0.3, False),
        (Decimal(1), 1, True),
        ("a", "abc", False),
        ({1: 2}, {"1": 2}, True),
        ([{1: 2}], {"1": 2}, True),
        ({1: 2}, [{"1": 2}], True),
        ({"a": 2}, {"a": 2}, True),
        ({1: 2}, [{"1": 2}, {"3": 4}], True),
        (None, None, True),
        ([], [], True),
    ],
)
def test_codes_of_results(got: object, stored: object, code: object) -> None:
    """Equal to the output or to its first element, no tolerance, truth values as integers."""
    assert result_code(got, stored) is code  # type: ignore[arg-type]


def test_a_dictionary_as_output_is_compared_with_either_form() -> None:
    """An output that was a dictionary becomes a list of it: the value passes through the first element."""
    assert expected_result({"1": 2}) == [{1: 2}]
    assert result_code({1: 2}, {"1": 2}) is True


def test_integer_keys_of_a_first_argument_are_restored() -> None:
    """A first argument with integers for keys is restored, and stands alone, as in the reference scorer."""
    assert arguments([{"1": "a"}, 5]) == [{1: "a"}]
    assert arguments([{"x": "a"}, 5]) == [{"x": "a"}, 5]
    assert arguments([5, {"1": "a"}]) == [5, {"1": "a"}]


def test_a_comparison_that_fails_is_an_error() -> None:
    """An array compared with a list has no truth value: the reference scorer counts −1."""
    numpy = pytest.importorskip("numpy")
    assert result_code(numpy.array([1, 2]), [1, 2]) == ERROR


def test_a_value_that_raises_where_it_is_compared_is_an_error() -> None:
    """A signalling NaN, nested too."""
    assert result_code(Decimal("sNaN"), 1) == ERROR
    assert result_code([Decimal("sNaN")], [1]) == ERROR


def test_an_array_without_elements_is_an_error() -> None:
    """There is no first truth value to take."""
    numpy = pytest.importorskip("numpy")
    for array in (numpy.array([]), numpy.zeros((0, 3))):
        assert result_code(array, []) == ERROR
        assert result_code(array, 1) == ERROR


def test_an_array_is_not_spread_over_the_expected_values() -> None:
    """A column against a row would be a matrix of ten thousand million truth values."""
    numpy = pytest.importorskip("numpy")
    column = numpy.zeros((100_000, 1))
    assert result_code(column, [0] * 100_000) == ERROR
    assert result_code([column], [[0] * 100_000]) == ERROR
    assert result_code(numpy.zeros(100_000), [0] * 100_000) == ERROR
