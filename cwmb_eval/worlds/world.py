"""The seam to a true environment: it can be stepped, kept and put back, and started from what a program sees of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.transitions import Array

Action = int | Array


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What the environment answers to an action; ``valid`` has one bit for each valid next action."""

    observation: Array
    reward: float
    terminated: bool
    valid: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One of the answers that are possible, and its probability."""

    probability: float
    step: Step


class World(Protocol):
    """A true environment with a state of its own."""

    @property
    def spec(self) -> EnvironmentSpec:
        """What it looks like from outside."""
        ...

    def reset(self, seed: int) -> Array:
        """Begin an episode; the same seed begins the same one, its chance included."""
        ...

    def step(self, action: Action) -> Step:
        """Act."""
        ...

    def snapshot(self) -> object:
        """Everything that the future depends on, exactly."""
        ...

    def restore(self, kept: object) -> None:
        """Go back to a snapshot."""
        ...

    def place(self, observation: Array) -> bool:
        """Be in a state that looks like this, as far as the observation tells; whether that is possible at all."""
        ...

    def sample(self, rng: np.random.Generator) -> Array | None:
        """An observation drawn from all over the legal states that do not end an episode; nothing where that is unknown."""
        ...


class Chance(Protocol):
    """The exact law of a stochastic environment."""

    def law(self, observation: Array, action: int) -> Sequence[Outcome]:
        """Every possible answer; the probabilities add up to 1."""
        ...
