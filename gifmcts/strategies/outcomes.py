"""What an action has been worth over a tree, and how that blends with what it was worth at one node."""

from dataclasses import dataclass


@dataclass(slots=True)
class Outcomes:
    """The outcomes of one action over the whole tree, with a prior that weighs ``prior_count`` outcomes."""

    prior: float
    prior_count: float
    total: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float:
        """(v0 c0 + sum) / (c0 + count)."""
        weight = self.prior_count + self.count
        return (self.prior * self.prior_count + self.total) / weight if weight else self.prior

    def add(self, outcome: float) -> None:
        """Count one more outcome."""
        self.total += outcome
        self.count += 1


@dataclass(slots=True)
class Blend:
    """The weights of an action's global and local mean in the value of its unvisited form."""

    weight_global: float
    weight_local: float

    def predict(self, global_mean: float, local_mean: float | None) -> float:
        """The weighted mean of both; the global mean alone where the action has no children yet."""
        weight = self.weight_global + self.weight_local
        if local_mean is None or abs(weight) < 1e-9:
            return global_mean
        return (self.weight_global * global_mean + self.weight_local * local_mean) / weight

    def learn(self, outcomes: Outcomes, local_mean: float, outcome: float) -> None:
        """One gradient step on the squared error of the unclipped prediction, both weights at once."""
        weight = self.weight_global + self.weight_local
        if abs(weight) < 1e-9:
            return
        prediction = self.predict(outcomes.mean, local_mean)
        step = 2 * (prediction - outcome) / weight / (1 + outcomes.prior_count + outcomes.count)
        self.weight_global -= step * (outcomes.mean - prediction)
        self.weight_local -= step * (local_mean - prediction)
