"""The highest expected return within the limit of steps, by backward induction over all states that can be reached."""

from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec, Form
from cwmb_eval.planning.simulators import FINITE, Laws
from cwmb_eval.transitions import Array, Floats

MOST_STATES: Final = 5000


def optimum(laws: Laws, spec: EnvironmentSpec, start: Array, steps: int) -> float | None:
    """What a policy that knows everything gets on average; ``None`` where there are infinitely or too many states."""
    if spec.observations.form not in FINITE or (spec.stochastic and spec.observations.form is Form.WORDS):
        return None
    states = _reached(laws, spec.actions.count, start)
    if states is None:
        return None
    ways = _ways(laws, spec.actions.count, states)
    expected = np.zeros((len(states), spec.actions.count))
    np.add.at(expected, (ways[:, 0].astype(int), ways[:, 1].astype(int)), ways[:, 2] * ways[:, 3])
    going = ways[ways[:, 4] >= 0]
    where = (going[:, 0].astype(int), going[:, 1].astype(int))
    worth = np.zeros(len(states))
    for _ in range(steps):
        of_actions = expected.copy()
        np.add.at(of_actions, where, going[:, 2] * worth[going[:, 4].astype(int)])
        worth = of_actions.max(axis=1)
    return float(worth[0])


def _reached(laws: Laws, count: int, start: Array) -> dict[bytes, Array] | None:
    """States in the order in which a breadth-first search meets them, ends left out."""
    found = {start.tobytes(): start}
    waiting = [start]
    while waiting:
        following = []
        for state in waiting:
            for action in range(count):
                for outcome in laws.law(state, action):
                    key = outcome.step.observation.tobytes()
                    if not outcome.step.terminated and key not in found:
                        found[key] = outcome.step.observation
                        following.append(outcome.step.observation)
        if len(found) > MOST_STATES:
            return None
        waiting = following
    return found


def _ways(laws: Laws, count: int, states: dict[bytes, Array]) -> Floats:
    """A row for each possible answer: state, action, probability, reward, next state (−1 for an end)."""
    numbers = {key: number for number, key in enumerate(states)}
    return np.array(
        [
            (
                number,
                action,
                outcome.probability,
                outcome.step.reward,
                -1 if outcome.step.terminated else numbers[outcome.step.observation.tobytes()],
            )
            for number, state in enumerate(states.values())
            for action in range(count)
            for outcome in laws.law(state, action)
        ]
    )
