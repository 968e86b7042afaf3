"""Environments of gymnasium with exact snapshots; sizes and limits come from the installed version.

Nothing is copied by ``copy.deepcopy``: for MuJoCo that returns an environment in its default state.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import gymnasium
import numpy as np

from cwmb_eval.environment import Actions, EnvironmentSpec, Form, Observations
from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, Step

_KEPT: Final = ("state", "s", "player", "dealer", "steps_beyond_terminated", "last_u", "lastaction")
"""The attributes in which toy text and classic control keep their state."""


def open_world(ids: Sequence[str], *, mujoco: bool) -> "GymnasiumWorld":
    """The first of the ids that is registered.

    Raises:
        ImportError: what the environment needs is not installed, or none of the ids is known to this version.
    """
    if mujoco:
        from cwmb_eval.worlds.mujoco_worlds import MujocoWorld

        return MujocoWorld(_registered(ids))
    return GymnasiumWorld(_registered(ids))


def _registered(ids: Sequence[str]) -> str:
    for name in ids:
        if name in gymnasium.registry:
            return name
    raise ImportError(f"gymnasium {gymnasium.__version__} has none of {', '.join(ids)}")


class GymnasiumWorld:
    """Toy text or classic control."""

    def __init__(self, name: str) -> None:
        self.environment: Any = gymnasium.make(name).unwrapped
        self.spec = _spec(name, self.environment)
        self.environment.reset(seed=0)

    def reset(self, seed: int) -> Array:
        """Begin an episode."""
        return self._row(self.environment.reset(seed=seed)[0])

    def step(self, action: Action) -> Step:
        """Act; the time limit is not the environment's own and is counted by who collects."""
        given = int(action) if self.spec.actions.discrete else np.asarray(action, dtype=self.spec.actions.dtype)
        observation, reward, terminated, _, _ = self.environment.step(given)
        return Step(self._row(observation), float(reward), bool(terminated))

    def snapshot(self) -> object:
        """The attributes that hold the state, and the generator's."""
        kept = {name: _copied(getattr(self.environment, name)) for name in _KEPT if hasattr(self.environment, name)}
        return kept, self.environment.np_random.bit_generator.state

    def restore(self, kept: object) -> None:
        """Put them back."""
        assert isinstance(kept, tuple)
        for name, value in kept[0].items():
            setattr(self.environment, name, _copied(value))
        self.environment.np_random.bit_generator.state = kept[1]

    def place(self, observation: Array) -> bool:
        """Compute the state from the observation."""
        environment, row = self.environment, observation.astype(np.float64)
        match self.spec.name.partition("-")[0]:
            case "CliffWalking" | "Taxi":
                environment.s = int(row[0])
            case "Blackjack":
                environment.player = [1, int(row[0]) - 11] if row[2] else [int(row[0]) - 10, 10] if row[0] > 11 else [int(row[0])]
                environment.dealer = [int(row[1]), _hidden_card(environment.np_random)]
            case "CartPole":
                environment.state, environment.steps_beyond_terminated = row, None
            case "MountainCar":
                environment.state = (row[0], row[1])
            case "Acrobot":
                environment.state = np.array([math.atan2(row[1], row[0]), math.atan2(row[3], row[2]), row[4], row[5]])
            case "Pendulum":
                environment.state = np.array([math.atan2(row[1], row[0]), row[2]])
            case _:
                return False
        return True

    def sample(self, rng: np.random.Generator) -> Array | None:
        """Evenly within the legal states."""
        match self.spec.name.partition("-")[0]:
            case "CliffWalking":
                return self._row(int(rng.choice([*range(36), 36])))
            case "Taxi":
                place, passenger, goal = int(rng.integers(25)), int(rng.integers(5)), int(rng.integers(4))
                return self._row((place * 5 + (4 if passenger == goal else passenger)) * 4 + goal)
            case "Blackjack":
                ace = int(rng.integers(2))
                return self._row((int(rng.integers(12 if ace else 4, 22)), int(rng.integers(1, 11)), ace))
            case "CartPole":
                return self._row(rng.uniform(-1, 1, 4) * (2.4, 3.0, 0.2095, 3.0))
            case "MountainCar":
                return self._row(rng.uniform((-1.2, -0.07), (0.5, 0.07)))
            case "Acrobot":
                one, two = rng.uniform(-np.pi, np.pi, 2)
                speeds = rng.uniform(-1, 1, 2) * (4 * np.pi, 9 * np.pi)
                return self._row([np.cos(one), np.sin(one), np.cos(two), np.sin(two), *speeds])
            case "Pendulum":
                angle = rng.uniform(-np.pi, np.pi)
                return self._row([np.cos(angle), np.sin(angle), rng.uniform(-8, 8)])
        return None

    def _row(self, observation: object) -> Array:
        return np.atleast_1d(np.asarray(observation)).astype(self.spec.observations.dtype)


def _hidden_card(rng: np.random.Generator) -> int:
    return min(int(rng.integers(1, 14)), 10)


def _copied(value: object) -> object:
    return value.copy() if isinstance(value, np.ndarray | list) else value


def _spec(name: str, environment: Any) -> EnvironmentSpec:
    space, actions = environment.observation_space, environment.action_space
    known = gymnasium.spec(name)
    if isinstance(space, gymnasium.spaces.Discrete):
        observations = Observations(Form.INTEGER, "<i8", 1)
    elif isinstance(space, gymnasium.spaces.Tuple):
        observations = Observations(Form.TUPLE, "<i8", len(space.spaces))
    else:
        observations = Observations(Form.VECTOR, np.dtype(space.dtype).str, int(np.prod(space.shape)))
    if isinstance(actions, gymnasium.spaces.Discrete):
        possible = Actions(int(actions.n))
    else:
        low, high = (tuple(float(value) for value in bound) for bound in (actions.low, actions.high))
        possible = Actions(0, low, high, np.dtype(actions.dtype).str)
    return EnvironmentSpec(name, observations, possible, known.max_episode_steps, stochastic=name.startswith("Blackjack"))
