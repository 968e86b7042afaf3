"""Intervals of mean returns, and the return between those of chance and of the oracle."""

import pytest

from cwmb_eval.planning.normalising import interval, normalised


def test_an_interval_is_students() -> None:
    """Mean 2, deviation 1, three values: 2 ± 4.303 / √3; one value has none."""
    known = interval([1.0, 2.0, 3.0])
    assert known.high is not None
    assert known.high - known.mean == pytest.approx(4.3027 / 3**0.5, abs=1e-3)
    assert (interval([5.0]).mean, interval([5.0]).low) == (5.0, None)


def test_chance_is_zero_and_the_oracle_one() -> None:
    """A model with the returns of either has exactly its score; one in the middle a half."""
    chance, oracle = [0.0, 2.0, 1.0, 1.0, 0.5] * 2, [10.0, 12.0, 9.0, 13.0, 11.0] * 2
    assert normalised(chance, chance, oracle).value == 0.0
    assert (normalised(oracle, chance, oracle).low, normalised(oracle, chance, oracle).high) == (1.0, 1.0)
    half = [(low + high) / 2 for low, high in zip(chance, oracle, strict=True)]
    assert normalised(half, chance, oracle).value == pytest.approx(0.5)


def test_an_oracle_like_chance_leaves_it_undefined() -> None:
    """Equal returns, noise, and a single episode each say why there is no number."""
    equal = normalised([1.0, 2.0], [1.0, 1.0], [1.0, 1.0])
    noisy = normalised([1.0] * 4, [0.0, 10.0, 0.0, 10.0], [10.0, 1.0, 9.0, 2.0])
    assert (equal.value, noisy.value) == (None, None)
    assert "not better than chance beyond doubt (by 0 to 0)" in equal.undefined
    assert "not better" in noisy.undefined
    assert "two episodes" in normalised([1.0], [0.0], [2.0]).undefined


def test_few_episodes_have_no_interval() -> None:
    """Nine resampled say nothing of others, ten do; R itself stays, and why is said."""
    chance, oracle = [0.0, 2.0] * 5, [10.0, 12.0] * 5
    few, enough = (normalised(oracle[:count], chance[:count], oracle[:count]) for count in (9, 10))
    assert (few.value, few.low, few.high) == (1.0, None, None)
    assert "9 episodes are too few" in few.unbounded
    assert (enough.low, enough.high, enough.unbounded) == (1.0, 1.0, "")
