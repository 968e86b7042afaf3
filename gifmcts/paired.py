"""Two ways of solving the same problems: the difference of their means, how sure it is, and how small a one could have been seen."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

LEVEL = 0.05
"""The chance of calling a difference real that is none, two-sided."""
POWER = 0.8
"""The chance of seeing a difference that the minimum detectable one is stated for."""
_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Paired:
    """The second of two ways against the first over the same ``n`` problems; scores are shares in [0, 1], the means over samples."""

    n: int
    first: float
    second: float
    difference: float
    """The second mean less the first."""
    interval: tuple[float, float]
    """Of the difference, by a seeded paired bootstrap over problems at the 95 % level."""
    better: int
    """Problems that the second solves more often."""
    worse: int
    p: float
    """McNemar's exact test of ``better`` against ``worse``; with one sample a problem the usual one, with more its like over problems."""
    detectable: float | None
    """The smallest true difference that so many problems would probably show; ``None`` where they can show none."""


def paired(first: Sequence[float], second: Sequence[float], seed: int = 0, samples: int = 1) -> Paired:
    """Compare scores problem by problem; each score is the mean of so many samples.

    Raises:
        ValueError: the sequences are empty or differ in length.
    """
    if not first or len(first) != len(second):
        raise ValueError(f"a paired comparison needs the same problems on both sides, at least one, not {len(first)} and {len(second)}")
    differences = [two - one for one, two in zip(first, second, strict=True)]
    better, worse = sum(value > 0 for value in differences), sum(value < 0 for value in differences)
    return Paired(
        len(differences),
        fmean(first),
        fmean(second),
        fmean(differences),
        bootstrap(differences, seed),
        better,
        worse,
        mcnemar(better, worse),
        minimum_detectable(differences, samples),
    )


def bootstrap(differences: Sequence[float], seed: int) -> tuple[float, float]:
    """The percentile interval of the mean of differences that are drawn anew from themselves (Efron 1979), 10,000 times.

    It depends on the differences and the seed alone, not on their order, and that of the opposite differences is the opposite interval.
    """
    import numpy as np

    sign = -1.0 if math.fsum(differences) < 0 else 1.0
    counts = Counter(round(sign * value, 12) for value in differences)
    values = sorted(counts)
    n = len(differences)
    drawn = np.random.default_rng(seed).multinomial(n, [counts[value] / n for value in values], size=_DRAWS)
    low, high = np.quantile(drawn @ np.array(values) / n, [LEVEL / 2, 1 - LEVEL / 2])
    ends = sorted((sign * float(low), sign * float(high)))
    return ends[0] + 0.0, ends[1] + 0.0


def mcnemar(better: int, worse: int) -> float:
    """The two-sided exact p of McNemar's test (1947): so uneven a split of the problems that differ, were both ways equally good."""
    from scipy.stats import binomtest

    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def holm(values: Sequence[float]) -> list[float]:
    """The p values of a family, each adjusted so that one false alarm in all is as rare as the level says (Holm 1979)."""
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = highest
    return adjusted


def minimum_detectable(differences: Sequence[float], samples: int = 1) -> float | None:
    """The true mean difference that a test at the 5 % level sees four times of five, given how much the problems' differences vary.

    (z₀.₉₇₅ + z₀.₈) s / √n, and never less than what the fewest problems amount to that an exact test needs, all in one direction.
    """
    n, fewest = len(differences), math.ceil(math.log2(2 / LEVEL))
    if n < fewest:
        return None
    mean = fmean(differences)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in differences) / (n - 1))
    normal = NormalDist()
    size = max((normal.inv_cdf(1 - LEVEL / 2) + normal.inv_cdf(POWER)) * spread / math.sqrt(n), fewest / (n * samples))
    return size if size <= 1 else None
