"""Shares, intervals, pass@k and curves are what their definitions say."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from gifmcts.metrics import Share, pass_at_k, solved_within, wilson


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_share_of_draws_with_a_passing_sample(numbers: tuple[int, int, int]) -> None:
    """Against the definition: all draws of k from n are counted."""
    n, c, k = numbers
    draws = list(combinations(range(n), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(min(draw) < c for draw in draws) / len(draws))


@pytest.mark.parametrize(("n", "c", "k"), [(5, 1, 6), (5, 1, 0), (5, 6, 1), (5, -1, 1), (0, 0, 1)])
def test_pass_at_k_refuses_what_has_no_meaning(n: int, c: int, k: int) -> None:
    """More draws than samples is an error, never an extrapolation."""
    with pytest.raises(ValueError, match="pass@"):
        pass_at_k(n, c, k)


def test_the_wilson_interval_is_the_published_one() -> None:
    """Two values from Wilson's formula, computed by hand, and its ends."""
    assert wilson(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    with pytest.raises(ValueError, match="0 ≤ hits ≤ n"):
        wilson(3, 2)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_wilson_interval_is_that_of_scipy(numbers: tuple[int, int], level: float) -> None:
    """For whole hits; hits that count in part lie between."""
    n, hits = numbers
    there = binomtest(hits, n).proportion_ci(confidence_level=level, method="wilson")
    assert wilson(hits, n, level) == pytest.approx((there.low, there.high), abs=1e-12)
    if hits < n:
        for end in (0, 1):
            assert wilson(hits, n, level)[end] < wilson(hits + 0.5, n, level)[end] < wilson(hits + 1, n, level)[end]


def test_a_share_of_nothing_has_no_value() -> None:
    """Nothing is not zero."""
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def test_the_curve_follows_the_chosen_program() -> None:
    """After each call the program that was best then counts, even if a later choice is wrong."""
    assert solved_within([(0, False), (2, True), (4, False)], 6) == [False, False, True, True, False, False]
    assert solved_within([], 2) == [False, False]
