"""Stochastic environments: how far what a program draws lies from the exact law (total variation)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.judging.asking import DRAWS, Predictions
from cwmb_eval.metrics.scores import Component, Scores, reward_classes
from cwmb_eval.transitions import Array, Transitions
from cwmb_eval.worlds.blackjack import BlackjackLaw
from cwmb_eval.worlds.rtfm import Rtfm
from cwmb_eval.worlds.world import Chance, Outcome
from gifmcts.seeds import derive

Key = tuple[float, ...]
SAMPLES: Final = 400
"""Sets of draws from the exact law itself, which say how far away chance alone leads."""
DEVIATIONS: Final = 5.0
"""A pair passes up to so many standard deviations beyond what chance does on average."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How far draws from the exact law lie from it: on average, and at most before a pair fails."""

    mean: float
    most: float


def chance(spec: EnvironmentSpec) -> Chance:
    """The exact law of a stochastic environment.

    Raises:
        ValueError: none is known.
    """
    if spec.name.startswith("Blackjack"):
        return BlackjackLaw()
    if spec.name == "RTFM-full":
        return Rtfm(full=True)
    raise ValueError(f"no exact law is known of {spec.name}")


def exact_law(outcomes: Sequence[Outcome], spec: EnvironmentSpec) -> dict[Key, float]:
    """Answers and their probabilities; after the end the next state does not count."""
    law: dict[Key, float] = {}
    for outcome in outcomes:
        step = outcome.step
        key = _key(step.observation.astype(np.float64), step.reward, step.terminated, float(step.valid) if spec.valid_actions else 0.0)
        law[key] = law.get(key, 0.0) + outcome.probability
    return law


def drawn_law(rows: Array, spec: EnvironmentSpec) -> dict[Key, float]:
    """The frequencies of drawn answers; answers beyond those that were told apart are missing from it."""
    width = spec.observations.width
    law: dict[Key, float] = {}
    for row in rows:
        key = _key(row[:width], float(row[width]), row[width + 1] == 1.0, float(row[width + 2]) if spec.valid_actions else 0.0)
        if row[width + 1] < 0:
            key = (*key, -1.0)
        times = float(row[-1])
        law[key] = law.get(key, 0.0) + (times if 0 < times <= DRAWS else 0.0)
    # How often is the child's own claim; no claim adds up to more than there were draws.
    return {key: times / max(DRAWS, sum(law.values())) for key, times in law.items()}


def _key(observation: Array, reward: float, ended: bool, valid: float) -> Key:
    return (reward, 1.0) if ended else (reward, 0.0, valid, *observation.tolist())


def distance(exact: dict[Key, float], drawn: dict[Key, float]) -> float:
    """Total variation between a law and frequencies, in [0, 1]; draws that are missing count as wrong."""
    return 1.0 - sum(min(chance, drawn.get(key, 0.0)) for key, chance in exact.items())


def allowance(exact: dict[Key, float]) -> Allowance:
    """What chance alone does, simulated with a fixed seed."""
    return _allowance(tuple(sorted(round(value, 12) for value in exact.values())))


@lru_cache(maxsize=4096)
def _allowance(law: tuple[float, ...]) -> Allowance:
    chances = np.array(law) / sum(law)
    drawn = np.random.default_rng(derive("cwmb", "allowance")).multinomial(DRAWS, chances, SAMPLES) / DRAWS
    distances = 0.5 * np.abs(drawn - chances).sum(axis=1)
    return Allowance(float(distances.mean()), float(distances.mean() + DEVIATIONS * distances.std()))


def law_scores(some: Transitions, found: Predictions, spec: EnvironmentSpec) -> Scores:
    """1 − total variation for each pair of state and action; right where chance could have led so far away."""
    known = chance(spec)
    score, right = np.zeros(len(found.rows)), np.zeros(len(found.rows), dtype=bool)
    for place, row in enumerate(found.rows):
        exact = exact_law(known.law(some.observation[row], int(some.action[row][0])), spec)
        away = distance(exact, drawn_law(found.table[found.table[:, -2] == row], spec))
        score[place], right[place] = 1.0 - away, away <= allowance(exact).most + 1e-9
    classes, names = reward_classes(some.action[found.rows, 0].astype(np.float64))
    everywhere = np.ones(len(found.rows), dtype=bool)
    called = tuple(name.replace("reward", "action") for name in names)
    return Scores(found.rows, {Component.LAW: right}, {Component.LAW: everywhere}, score, classes, called)


def ceiling(some: Transitions, rows: Array, spec: EnvironmentSpec) -> float:
    """What the exact law itself scores on average with as many draws."""
    known = chance(spec)
    laws = [exact_law(known.law(some.observation[row], int(some.action[row][0])), spec) for row in rows]
    return 1.0 - float(np.mean([allowance(law).mean for law in laws])) if laws else 1.0
