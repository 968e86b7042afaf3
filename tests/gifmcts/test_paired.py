"""Paired comparisons are what their definitions say, whichever way round and in whatever order."""

import math
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gifmcts.paired import bootstrap, holm, mcnemar, minimum_detectable, paired

outcomes = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def sides(pairs: list[tuple[bool, bool]]) -> tuple[list[float], list[float]]:
    return [float(one) for one, _ in pairs], [float(two) for _, two in pairs]


@pytest.mark.parametrize(("better", "worse", "p"), [(0, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (8, 2, 0.109375), (3, 3, 1.0)])
def test_mcnemars_test_is_the_exact_one(better: int, worse: int, p: float) -> None:
    """Values by hand: twice the tail of a fair coin, at most 1."""
    assert mcnemar(better, worse) == mcnemar(worse, better) == pytest.approx(p)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemars_test_is_a_sum_of_binomial_terms(better: int, worse: int) -> None:
    """Against the definition."""
    n, least = better + worse, min(better, worse)
    tail = sum(math.comb(n, k) for k in range(least + 1)) / 2**n
    assert mcnemar(better, worse) == pytest.approx(min(1.0, 2 * tail))


def test_holms_adjustment_is_the_published_one() -> None:
    """An example by hand; the order of the arms is kept."""
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holms_adjustment_keeps_order_and_is_between_nothing_and_bonferroni(values: list[float]) -> None:
    """No p gets smaller or larger than by Bonferroni, the smallest gets just that, and ranks stay."""
    found = holm(values)
    for value, adjusted in zip(values, found, strict=True):
        assert value <= adjusted <= min(1.0, len(values) * value)
    assert min(found) == min(1.0, len(values) * min(values))
    ranked = [adjusted for _, adjusted in sorted(zip(values, found, strict=True))]
    assert ranked == sorted(ranked)


def test_the_bootstrap_is_that_of_all_resamples() -> None:
    """Of three differences all 27 resamples are known: so are the quantiles of their means."""
    differences = [0.0, 0.0, 1.0]
    means = sorted(sum(drawn) / 3 for drawn in product(differences, repeat=3))
    assert bootstrap(differences, 0) == pytest.approx((means[0], means[-1]))
    shares = [0.0] * 50 + [1.0] * 50
    low, high = bootstrap(shares, 0)
    assert (low, high) == pytest.approx((0.4, 0.6), abs=0.011)


@given(outcomes, st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_the_bootstrap_does_not_depend_on_the_order_of_problems(pairs: list[tuple[bool, bool]], rng: object, seed: int) -> None:
    """The same seed gives the same interval for the same problems, shuffled or not, and it holds the difference."""
    found = paired(*sides(pairs), seed)
    rng.shuffle(pairs)  # type: ignore[attr-defined]
    assert paired(*sides(pairs), seed) == found
    low, high = found.interval
    assert low - 1e-9 <= found.difference <= high + 1e-9
    assert -1 <= low <= high <= 1


@given(outcomes)
def test_the_other_way_round_is_the_opposite(pairs: list[tuple[bool, bool]]) -> None:
    """Swapping the sides turns the difference, its interval and the flips round, and leaves p and what was detectable."""
    one, two = sides(pairs)
    there, back = paired(one, two), paired(two, one)
    assert back.difference == pytest.approx(-there.difference)
    assert (back.better, back.worse, back.p) == (there.worse, there.better, there.p)
    assert (back.detectable is None) == (there.detectable is None)
    assume(there.better != there.worse)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_a_side_does_not_differ_from_itself(solved: list[bool]) -> None:
    """No difference, an interval of nothing, p = 1."""
    scores = [float(one) for one in solved]
    found = paired(scores, scores)
    assert (found.difference, found.interval, found.better, found.worse, found.p) == (0.0, (0.0, 0.0), 0, 0, 1.0)
    assert found.detectable == (None if len(solved) < 6 else pytest.approx(6 / len(solved)))


def test_what_is_detectable_follows_from_the_number_of_problems() -> None:
    """2.8 standard errors; never less than six problems, which is what the exact test needs; nothing from fewer."""
    differences = [1.0, -1.0] * 200
    spread = math.sqrt(400 / 399)
    assert minimum_detectable(differences) == pytest.approx(2.8016 * spread / 20, abs=1e-4)
    assert minimum_detectable([0.0] * 100) == pytest.approx(0.06)
    assert minimum_detectable([0.0] * 100, samples=5) == pytest.approx(0.012)
    assert minimum_detectable([1.0] * 5) is None
    assert minimum_detectable([1.0, -1.0] * 3) is None


def test_nothing_cannot_be_compared() -> None:
    """Neither no problem nor unequal numbers of them."""
    for one, two in (([], []), ([1.0], [])):
        with pytest.raises(ValueError, match="the same problems"):
            paired(one, two)
