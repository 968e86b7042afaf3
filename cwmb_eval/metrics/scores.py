"""Scores of single transitions, from which every metric is a mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec, Form
from cwmb_eval.judging.asking import Predictions
from cwmb_eval.judging.matching import elements_match, values_match
from cwmb_eval.transitions import Flags, Floats, Indices, Transitions

FEW_VALUES: Final = 6
"""Up to so many different rewards each is a class; more are put into thirds."""


class Metric(StrEnum):
    """How answers are compared and weighed."""

    ACCURACY = "accuracy"
    """Next state, reward and done one third each, numbers within a tolerance."""
    CWM2024 = "cwm2024"
    """The released metric of arXiv 2405.15383: exact rewards in 32-bit floats, transitions weighed by the rarity of theirs."""


class Component(StrEnum):
    """What an answer consists of."""

    STATE = "next state"
    REWARD = "reward"
    DONE = "done"
    VALID = "valid actions"
    LAW = "distribution"
    """All of it together, where the environment is stochastic."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One row for each transition that was judged."""

    rows: Indices
    right: Mapping[Component, Flags]
    counts: Mapping[Component, Flags]
    """Whether the component says anything there: the next state does not after the end."""
    score: Floats
    classes: Indices
    """The class of the recorded reward."""
    names: tuple[str, ...]
    """Of the classes."""

    @property
    def mean(self) -> float:
        """Over transitions."""
        return float(self.score.mean()) if len(self.score) else 0.0

    @property
    def balanced(self) -> float:
        """Over classes of the reward, each a mean over its transitions."""
        means = [float(self.score[self.classes == index].mean()) for index in np.unique(self.classes)]
        return float(np.mean(means)) if means else 0.0

    def component(self, component: Component) -> float | None:
        """The share of transitions at which it is right; ``None`` where it never counts."""
        counted = self.counts[component]
        return float(self.right[component][counted].mean()) if counted.any() else None

    @property
    def passed(self) -> Flags:
        """Whether everything that counts is right."""
        parts = [self.right[component] | ~self.counts[component] for component in self.right]
        return np.asarray(np.logical_and.reduce(parts))


def reward_classes(rewards: Floats) -> tuple[Indices, tuple[str, ...]]:
    """The class of every reward, and the names of the classes."""
    values, index = np.unique(np.round(rewards, 6), return_inverse=True)
    if len(values) <= FEW_VALUES:
        return index.reshape(-1).astype(np.int64), tuple(f"reward {value:g}" for value in values)
    edges = np.quantile(rewards, (1 / 3, 2 / 3))
    return np.digitize(rewards, edges).astype(np.int64), ("lowest third of rewards", "middle third of rewards", "highest third of rewards")


def scores(metric: Metric, some: Transitions, found: Predictions, spec: EnvironmentSpec) -> Scores:
    """Compare predictions with what was recorded: a vector is worth the share of its elements that are right.

    An answer that changes with the order of the questions is not right.
    """
    rows, width = found.rows, spec.observations.width
    table = np.where(np.isin(rows, found.unsteady)[:, None], np.nan, found.table)
    exactly = metric is Metric.CWM2024
    ended = some.terminated[rows] | (some.truncated[rows] if exactly else False)
    rewards = some.reward[rows]
    got = table[:, width]
    same_reward = got == rewards.astype(np.float32).astype(np.float64) if exactly else values_match(rewards, got)
    elements = elements_match(some.next_observation[rows], table[:, :width], spec.observations)
    everywhere = np.ones(len(rows), dtype=bool)
    right = {
        Component.STATE: elements.all(axis=1),
        Component.REWARD: same_reward,
        Component.DONE: table[:, width + 1] == ended,
    }
    counts = {Component.STATE: ~ended, Component.REWARD: everywhere, Component.DONE: everywhere}
    if spec.valid_actions:
        right[Component.VALID] = table[:, width + 2] == some.valid[rows]
        counts[Component.VALID] = ~ended
    weights = np.array([counts[component] for component in right], dtype=np.float64)
    worth = np.array([right[component] for component in right], dtype=np.float64)
    if spec.observations.form is Form.VECTOR:
        worth[list(right).index(Component.STATE)] = elements.mean(axis=1)
    score = (worth * weights).sum(axis=0) / weights.sum(axis=0)
    classes, names = reward_classes(rewards)
    if exactly:
        score = _weighed(score, rewards)
    return Scores(rows, right, counts, score, classes, names)


def _weighed(score: Floats, rewards: Floats) -> Floats:
    """Scores whose mean weighs every value of the reward alike, however rare it is."""
    _, index, counts = np.unique(rewards.astype(np.float32), return_inverse=True, return_counts=True)
    weights = 1.0 / counts[index.reshape(-1)]
    return np.asarray(score * weights / weights.mean())
