"""How trajectories are made better than random ones: look ahead in the true environment, a little or a lot."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, World

HOLD: Final = (1, 2, 4, 8)
"""For how many steps a drawn action may be held."""


def draw(world: World, rng: np.random.Generator) -> Action:
    """An action drawn evenly."""
    actions = world.spec.actions
    if actions.discrete:
        return int(rng.integers(actions.count))
    drawn: Array = rng.uniform(actions.low, actions.high).astype(actions.dtype)
    return drawn


@dataclass(frozen=True, slots=True)
class Shooting:
    """Random shooting: of ``candidates`` drawn action sequences the best one's first action; one candidate is a random policy.

    A sequence holds each drawn action for a while, so that slow environments move at all. The true environment is put back exactly.
    """

    candidates: int
    horizon: int = 20

    def act(self, world: World, rng: np.random.Generator) -> Action:
        """The next action; ``world`` is left as it was."""
        if self.candidates <= 1:
            return draw(world, rng)
        kept = world.snapshot()
        found = []
        for _ in range(self.candidates):
            first, worth = self._try(world, rng)
            world.restore(kept)
            found.append((worth, first))
        return max(found, key=lambda pair: pair[0])[1]

    def _try(self, world: World, rng: np.random.Generator) -> tuple[Action, float]:
        """A sequence's first action and the sum of its rewards."""
        first: Action | None = None
        total, step = 0.0, 0
        while step < self.horizon:
            action = draw(world, rng)
            first = action if first is None else first
            for _ in range(int(rng.choice(HOLD))):
                answer = world.step(action)
                total, step = total + answer.reward, step + 1
                if answer.terminated:
                    return first, total
        return first if first is not None else draw(world, rng), total
