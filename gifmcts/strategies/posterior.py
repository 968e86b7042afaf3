"""What is believed of the mean of scores after some were seen: the normal-inverse-gamma posterior."""

from dataclasses import dataclass
from math import sqrt
from random import Random


@dataclass(slots=True)
class Scores:
    """How many scores were seen, their sum and the sum of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, score: float) -> None:
        """See one more."""
        self.count += 1
        self.total += score
        self.squares += score * score


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal scores of unknown mean and variance: the mean weighs ``count`` scores, the variance ``degrees`` of them."""

    mean: float
    count: float
    degrees: float
    variance: float

    def posterior(self, seen: Scores) -> "Prior":
        """The belief after these scores (Murphy, Probabilistic Machine Learning, 2023, section 3.4.3.3)."""
        if not seen.count:
            return self
        average = seen.total / seen.count
        count, degrees = self.count + seen.count, self.degrees + seen.count
        spread = max(0.0, seen.squares - seen.total * average)
        spread += self.degrees * self.variance + self.count * seen.count / count * (average - self.mean) ** 2
        return Prior((self.count * self.mean + seen.total) / count, count, degrees, spread / degrees)

    def draw(self, seen: Scores, unseen: int, rng: Random) -> float:
        """A mean drawn from the belief; ``unseen`` scores on their way count as if each were the believed mean."""
        belief = self.posterior(seen)
        count, degrees = belief.count + unseen, belief.degrees + unseen
        variance = belief.degrees * belief.variance / max(2 * rng.gammavariate(degrees / 2, 1.0), 1e-12)
        return rng.gauss(belief.mean, sqrt(variance / count))
