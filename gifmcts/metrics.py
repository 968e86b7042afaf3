"""The numbers that reports print: shares with intervals, pass@k, and what was solved within b calls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``n``, with the Wilson interval of the share at the 95 % level."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share hits / n in [0, 1]; ``None`` of nothing."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The Wilson score interval (Wilson 1927) in [0, 1]; ``None`` of nothing."""
        return wilson(self.hits, self.n) if self.n else None


def wilson(hits: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a share of ``hits`` in ``n`` ≥ 1 trials (Wilson 1927).

    A trial may count in part, as the mean of a problem's samples does: such a mean varies less than one sample, so the interval is safe.

    Raises:
        ValueError: ``hits`` is not within 0 … n, or n is 0.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"a share needs 0 ≤ hits ≤ n and n ≥ 1, not {hits} of {n}")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, shrink = hits / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (0.0 if hits == 0 else max(0.0, middle - half)), (1.0 if hits == n else min(1.0, middle + half))


def pass_at_k(n: int, c: int, k: int) -> float:
    """The unbiased estimate of the chance that one of k samples passes, from c passing of n independent ones.

    1 − C(n−c, k)/C(n, k) as a product (Chen et al. 2021, arXiv 2107.03374, section 2.1).

    Raises:
        ValueError: k > n, k < 1, or c is not within 0 … n.
    """
    if not 1 <= k <= n or not 0 <= c <= n:
        raise ValueError(f"pass@{k} needs 1 ≤ k ≤ n samples and 0 ≤ c ≤ n passing ones, not n = {n}, c = {c}")
    if n - c < k:
        return 1.0
    miss = 1.0
    for index in range(n - c + 1, n + 1):
        miss *= 1.0 - k / index
    return 1.0 - miss


def solved_within(solved: Sequence[tuple[int, bool]], budget: int) -> list[bool]:
    """Whether the program chosen after b calls is right, for b = 1 … budget.

    ``solved`` holds, for each program that was best so far, the index of its attempt (from 0, rising) and whether its grade is solved.
    """
    curve, current = [False] * budget, False
    steps = dict(solved)
    for index in range(budget):
        current = steps.get(index, current)
        curve[index] = current
    return curve
