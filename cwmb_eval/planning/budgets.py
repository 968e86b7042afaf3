"""How hard is planned: the constants of arXiv 2405.15383, and a smaller budget for what costs hours."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cwmb_eval.environment import EnvironmentSpec

Settings = Mapping[str, float]

TREE_SEARCH: Final[Settings] = {
    "simulations": 25,
    "rollout": 100,
    "exploration": 1.0,
    "discount": 0.99,
    "temperature": 0.01,
    "unvisited": 1.0,
}
CROSS_ENTROPY: Final[Settings] = {"horizon": 100, "iterations": 20, "samples": 1000, "elites": 100}
LITE: Final[Settings] = {"horizon": 100, "iterations": 5, "samples": 200, "elites": 20}
STEPS: Final = 100
"""Steps of an episode where the environment has no limit of its own."""


class Budget(StrEnum):
    """Of the cross-entropy method; tree search is cheap and has one."""

    LITE = "lite"
    """A twentieth of the full one."""
    FULL = "full"


def settings(spec: EnvironmentSpec, budget: Budget) -> Settings:
    """The planner's constants for an environment."""
    if spec.actions.discrete:
        return TREE_SEARCH
    return CROSS_ENTROPY if budget is Budget.FULL else LITE


def planner(spec: EnvironmentSpec) -> str:
    """What reports call the planner."""
    return "MCTS" if spec.actions.discrete else "CEM"


def seconds(spec: EnvironmentSpec, budget: Budget) -> float:
    """Processor seconds that one plan may take in the jail: 100 µs for each predicted step, and a second."""
    chosen = settings(spec, budget)
    if spec.actions.discrete:
        return 1.0 + 1e-4 * chosen["simulations"] * (chosen["rollout"] + chosen["simulations"])
    return 1.0 + 1e-4 * chosen["iterations"] * chosen["samples"] * chosen["horizon"]
