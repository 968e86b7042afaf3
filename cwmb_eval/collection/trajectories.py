"""Seeded trajectories of a true environment, and which of their transitions an observation alone determines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from cwmb_eval.collection.planner import WHOLE, Planner, draw
from cwmb_eval.collection.truth import exactness
from cwmb_eval.transitions import Array, Split, Transitions, transitions
from cwmb_eval.worlds.world import Action, Step, World
from gifmcts.seeds import derive

STEPS: Final = 100
"""Steps of a trajectory, at most."""
LADDER: Final = (1, 1, 1, 1, 1, 2, 4, 8, 16, WHOLE)
"""The planner's effort for each trajectory of a set: five random ones, five of rising quality."""
STRONGEST: Final = WHOLE
"""The same for the visited split: the states that planning in a model will ask it for."""
FEWEST: Final = 100
"""Where episodes are short, trajectories are added until there are as many transitions."""
MOST_LADDERS: Final = 50
"""How often the ladder is gone through for that, at most."""


@dataclass(slots=True)
class _Rows:
    """Columns while they grow."""

    columns: dict[str, list[object]] = field(default_factory=dict)

    def add(self, **values: object) -> None:
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)

    def __len__(self) -> int:
        return len(self.columns.get("reward", ()))

    def arrays(self) -> dict[str, Array]:
        return {name: np.array(values) for name, values in self.columns.items()}


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects the four splits of one environment; everything follows from ``seed``."""

    world: World
    seed: int
    ladder: Sequence[int] = LADDER
    strongest: int = STRONGEST
    steps: int = STEPS
    progress: Callable[[str], None] = lambda _: None

    def collect(self) -> dict[Split, Transitions]:
        """All four; the box is missing where nothing is known of the legal states."""
        found = {split: self._run(split, self.ladder) for split in (Split.SEARCH, Split.HELD_OUT)}
        found[Split.VISITED] = self._run(Split.VISITED, [self.strongest] * max(1, len(self.ladder) // 3))
        box = self._box(max(FEWEST, len(self.ladder) * self.steps // 2))
        return found if box is None else found | {Split.BOX: box}

    def _run(self, split: Split, ladder: Sequence[int]) -> Transitions:
        planner, rows, trajectory = Planner(self.world), _Rows(), 0
        fewest, most = min(FEWEST, len(ladder) * self.steps), MOST_LADDERS * len(ladder)
        while trajectory < len(ladder) or (len(rows) < fewest and trajectory < most):
            self.progress(f"{self.world.spec.name}: {split.value}, trajectory {trajectory}, {len(rows)} transitions")
            self._trajectory(rows, split, trajectory, planner, ladder[trajectory % len(ladder)])
            trajectory += 1
        return self._finished(rows)

    def _trajectory(self, rows: _Rows, split: Split, number: int, planner: Planner, effort: int) -> None:
        world, name = self.world, self.world.spec.name
        observation = world.reset(derive("cwmb", self.seed, name, split.value, number, "episode") % 2**31)
        rng = np.random.default_rng(derive("cwmb", self.seed, name, split.value, number, "policy"))
        planned, steps = list[Action](), min(self.steps, world.spec.limit or self.steps)
        for step in range(steps):
            planned = planned or planner.plan(observation, effort, steps - step, rng)
            action = planned.pop(0)
            answer = world.step(action)
            truncated = not answer.terminated and step + 1 == world.spec.limit
            _record(rows, observation, action, answer, truncated=truncated, trajectory=number, step=step)
            if answer.terminated:
                return
            observation = answer.observation

    def _box(self, count: int) -> Transitions | None:
        world = self.world
        rng = np.random.default_rng(derive("cwmb", self.seed, world.spec.name, Split.BOX.value))
        rows = _Rows()
        for number in range(count):
            observation = world.sample(rng)
            if observation is None or not world.place(observation):
                return None
            action = draw(world, rng)
            _record(rows, observation, action, world.step(action), truncated=False, trajectory=number, step=0)
        return self._finished(rows)

    def _finished(self, rows: _Rows) -> Transitions:
        found = transitions({**rows.arrays(), "exact": np.ones(len(rows), dtype=bool)}, self.world.spec)
        return found if self.world.spec.stochastic else replace(found, exact=exactness(self.world, found))


def _record(rows: _Rows, observation: Array, action: Action, answer: Step, truncated: bool, trajectory: int, step: int) -> None:
    rows.add(
        observation=observation,
        action=action,
        next_observation=answer.observation,
        reward=answer.reward,
        terminated=answer.terminated,
        truncated=truncated,
        trajectory=trajectory,
        step=step,
        valid=answer.valid,
    )
