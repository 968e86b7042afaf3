"""The true environment to plan with, always put back exactly; where there is chance, its law, so that no plan knows what will be drawn."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from cwmb_eval.environment import EnvironmentSpec, Form
from cwmb_eval.metrics.laws import chance
from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, Outcome, World

FINITE: Final = frozenset({Form.INTEGER, Form.TUPLE, Form.WORDS})
"""Forms of observations that are whole states, of which there are finitely many."""


class Simulator(Protocol):
    """What is planned with."""

    def begin(self) -> None:
        """Be where the plan begins."""
        ...

    def step(self, action: Action) -> tuple[float, bool]:
        """Reward and whether that was the end."""
        ...


class Kept:
    """The true environment itself, put back at each beginning."""

    def __init__(self, world: World) -> None:
        self._world, self._kept = world, world.snapshot()

    def begin(self) -> None:
        """Go back."""
        self._world.restore(self._kept)

    def step(self, action: Action) -> tuple[float, bool]:
        """Act."""
        answer = self._world.step(action)
        return answer.reward, answer.terminated


class Laws:
    """Every possible answer of an environment of finitely many states, each asked for once."""

    def __init__(self, spec: EnvironmentSpec, world: World) -> None:
        """``world`` is stepped from states of all kinds: no episode may run in it."""
        self._world, self._chance = world, chance(spec) if spec.stochastic else None
        self._known: dict[tuple[bytes, int], Sequence[Outcome]] = {}

    def law(self, observation: Array, action: int) -> Sequence[Outcome]:
        """The answers and their probabilities."""
        key = (observation.tobytes(), action)
        if key not in self._known:
            self._known[key] = self._asked(observation, action)
        return self._known[key]

    def _asked(self, observation: Array, action: int) -> Sequence[Outcome]:
        if self._chance is not None:
            return self._chance.law(observation, action)
        self._world.place(observation)
        return [Outcome(1.0, self._world.step(action))]


class Lawful:
    """An environment of finitely many states, drawn from its law by a generator of the plan's own."""

    def __init__(self, laws: Laws, observation: Array, rng: np.random.Generator) -> None:
        self._laws, self._start, self._now, self._rng = laws, observation, observation, rng

    def begin(self) -> None:
        """Go back."""
        self._now = self._start

    def step(self, action: Action) -> tuple[float, bool]:
        """Draw an answer."""
        possible = self._laws.law(self._now, int(action))
        point, chosen = (self._rng.random(), possible[-1]) if len(possible) > 1 else (1.0, possible[0])
        for outcome in possible:
            point -= outcome.probability
            if point < 0:
                chosen = outcome
                break
        self._now = chosen.step.observation
        return chosen.step.reward, chosen.step.terminated
