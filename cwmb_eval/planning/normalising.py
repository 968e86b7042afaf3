"""Mean returns with intervals, and the return of a world model between those of chance and of the oracle."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

RESAMPLES: Final = 5000
CONFIDENCE: Final = 0.95
FEWEST: Final = 10
"""Episodes below which resampling them tells nothing of the episodes that were not played."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % interval; without one where a single number is known."""

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Normalised:
    """R = (model − random) / (oracle − random): 0 is chance, 1 the planner with the true environment."""

    value: float | None
    low: float | None = None
    high: float | None = None
    undefined: str = ""
    """Why there is no value."""
    unbounded: str = ""
    """Why there is a value and no interval."""


def interval(returns: Sequence[float]) -> Interval:
    """Student's interval of the mean."""
    mean = float(np.mean(returns))
    if len(returns) < 2:
        return Interval(mean)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(returns) - 1) * np.std(returns, ddof=1) / math.sqrt(len(returns)))
    return Interval(mean, mean - half, mean + half)


def normalised(model: Sequence[float], chance: Sequence[float], oracle: Sequence[float], seed: int = 0) -> Normalised:
    """R of episodes that began alike, with a percentile interval over resampled episodes where there are ``FEWEST`` or more.

    It is undefined where the oracle is not better than chance beyond doubt: the interval of their difference holds 0.
    """
    if len(model) < 2:
        return Normalised(None, undefined="two episodes at least are needed")
    columns = np.array([model, chance, oracle], dtype=np.float64)
    chosen = np.random.default_rng(seed).integers(len(model), size=(RESAMPLES, len(model)))
    means = columns[:, chosen].mean(axis=2)
    tail = 100 * (1 - CONFIDENCE) / 2
    span = means[2] - means[1]
    low, high = np.percentile(span, [tail, 100 - tail])
    if not low > 0:
        return Normalised(None, undefined=f"the oracle is not better than chance beyond doubt (by {low:.4g} to {high:.4g})")
    known = columns.mean(axis=1)
    value = float((known[0] - known[1]) / (known[2] - known[1]))
    if len(model) < FEWEST:
        return Normalised(value, unbounded=f"{len(model)} episodes are too few for one, {FEWEST} are needed (--episodes)")
    positive = span > 0
    bounds = np.percentile((means[0] - means[1])[positive] / span[positive], [tail, 100 - tail])
    return Normalised(value, float(bounds[0]), float(bounds[1]))
