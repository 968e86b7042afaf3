"""How trajectories are made better than random ones: the planners of ``gifmcts cwmb plan`` in the true environment, a little or a lot."""

from random import Random
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.planning.algorithms import cross_entropy, tree_search
from cwmb_eval.planning.budgets import LITE, TREE_SEARCH, Settings
from cwmb_eval.planning.simulators import Kept, Lawful, Laws, Simulator
from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, World

WHOLE: Final = int(TREE_SEARCH["simulations"])
"""The effort of the planner that ``gifmcts cwmb plan`` uses."""
FEWEST_SAMPLES: Final = 10
FEWEST_ELITES: Final = 2
"""With one there is no deviation to draw from."""


def draw(world: World, rng: np.random.Generator) -> Action:
    """An action drawn evenly."""
    actions = world.spec.actions
    if actions.discrete:
        return int(rng.integers(actions.count))
    drawn: Array = rng.uniform(actions.low, actions.high).astype(actions.dtype)
    return drawn


def constants(spec: EnvironmentSpec, effort: int, left: int) -> Settings:
    """The planner's constants: ``effort`` simulations a move, or the same share of the cross-entropy method's samples."""
    if spec.actions.discrete:
        return {**TREE_SEARCH, "simulations": effort}
    samples = max(FEWEST_SAMPLES, int(LITE["samples"]) * effort // WHOLE)
    elites = max(FEWEST_ELITES, int(LITE["elites"]) * samples // int(LITE["samples"]))
    return {**LITE, "samples": samples, "elites": elites, "horizon": min(int(LITE["horizon"]), left)}


class Planner:
    """Tree search where actions are discrete, else the cross-entropy method; it knows the law of what chance will bring, not its draws."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._laws = Laws(world.spec, world) if world.spec.stochastic else None

    def plan(self, observation: Array, effort: int, left: int, rng: np.random.Generator) -> list[Action]:
        """The next actions, at most ``left`` of them; an effort of 1 is a random action. The environment is left as it was."""
        world, actions = self._world, self._world.spec.actions
        if effort <= 1:
            return [draw(world, rng)]
        chosen, kept = constants(world.spec, effort, left), world.snapshot()
        simulator: Simulator = Kept(world) if self._laws is None else Lawful(self._laws, observation, rng)
        if actions.discrete:
            found: list[Action] = [tree_search(simulator, actions.count, chosen, Random(int(rng.integers(2**63))))]
        else:
            found = list(cross_entropy(simulator, actions.low, actions.high, chosen, rng).astype(actions.dtype))
        world.restore(kept)
        return found
