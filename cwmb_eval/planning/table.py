"""A world model's returns beside those of the references, as a row of a table and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.planning.budgets import Budget, planner
from cwmb_eval.planning.candidates import Played
from cwmb_eval.planning.normalising import Interval, Normalised, interval, normalised

HEADER = ("environment", "planner", "n", "random", "model", "oracle", "optimum", "R")
ONE = "one"
"""The budget of a planner that has no other."""


@dataclass(frozen=True, slots=True)
class Row:
    """One environment and one program."""

    environment: str
    group: str
    planner: str
    budget: str
    episodes: int
    random: Interval
    model: Interval
    oracle: Interval
    optimum: float | None
    """Mean of the highest expected returns from the same starts; ``None`` where that is unknown."""
    normalised: Normalised
    plans: int
    failed: int
    fault: str = ""
    program: str = ""
    """The fingerprint of the program's source."""

    def cells(self) -> tuple[str, ...]:
        """As ``HEADER`` names them."""
        optimum = "–" if self.optimum is None else f"{self.optimum:.4g}"
        how = self.planner if self.budget == ONE else f"{self.planner}, {self.budget}"
        returns = (_told(self.random), _told(self.model), _told(self.oracle), optimum)
        return (self.environment, how, str(self.episodes), *returns, self.score())

    def notes(self) -> list[str]:
        """Why there is no R or no interval of it, and how the program failed."""
        told = [f"R is undefined: {self.normalised.undefined}"] if self.normalised.undefined else []
        if self.normalised.unbounded:
            told.append(f"R has no interval: {self.normalised.unbounded}")
        if self.failed:
            told.append(f"{self.failed} of {self.plans} plans failed, a random action was taken instead; the first: {self.fault}")
        return [f"{self.environment}: {note}" for note in told]

    def score(self) -> str:
        """R with its interval, a dash where that is unknown."""
        known = self.normalised
        if known.value is None:
            return "undefined"
        if known.low is None or known.high is None:
            return f"{known.value:.2f} (–)"
        return f"{known.value:.2f} ({known.low:.2f} to {known.high:.2f})"

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return asdict(self)


def row(
    spec: EnvironmentSpec,
    budget: Budget,
    played: Sequence[Played],
    chance: Sequence[float],
    oracle: Sequence[float],
    optimal: Sequence[float | None],
    program: str = "",
) -> Row:
    """Episodes of one environment, all from the same starts, summed up."""
    totals = [episode.total for episode in played]
    known = [worth for worth in optimal if worth is not None]
    first = next((episode.fault for episode in played if episode.fault), None)
    return Row(
        spec.name,
        spec.group,
        planner(spec),
        ONE if spec.actions.discrete else budget.value,
        len(played),
        interval(chance),
        interval(totals),
        interval(oracle),
        sum(known) / len(known) if known and len(known) == len(optimal) else None,
        normalised(totals, chance, oracle),
        sum(episode.plans for episode in played),
        sum(episode.failed for episode in played),
        str(first) if first else "",
        program,
    )


def means(rows: Sequence[Row]) -> list[str]:
    """A sentence for each group of environments: the mean R of those where it is defined."""
    told = []
    for group in dict.fromkeys(row.group for row in rows):
        members = [row for row in rows if row.group == group]
        known = [row.normalised.value for row in members if row.normalised.value is not None]
        mean = f"{sum(known) / len(known):.2f}" if known else "undefined"
        told.append(f"mean R, {group}: {mean} ({len(known)} of {len(members)} environments)")
    return told


def _told(of: Interval) -> str:
    return f"{of.mean:.4g}" if of.high is None else f"{of.mean:.4g} ± {of.high - of.mean:.2g}"
