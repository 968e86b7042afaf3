"""Episodes in the true environment, each from a seed of its own, which all policies share."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cwmb_eval import catalog
from cwmb_eval.catalog import Entry
from cwmb_eval.collection.planner import draw
from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.planning.algorithms import cross_entropy, tree_search
from cwmb_eval.planning.budgets import STEPS, Budget, settings
from cwmb_eval.planning.optimum import optimum
from cwmb_eval.planning.simulators import FINITE, Kept, Lawful, Laws, Simulator
from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, World
from gifmcts.seeds import derive


class Policy(StrEnum):
    """Who acts with no world model."""

    RANDOM = "random"
    ORACLE = "oracle"
    """The planner with the true environment."""
    OPTIMAL = "optimal"
    """Nobody acts: the highest expected return from the same start, where it can be computed."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is played, how hard is planned, and from which seed."""

    entry: Entry
    budget: Budget = Budget.LITE
    seed: int = 0
    steps: int | None = None
    """Fewer steps than the environment's limit."""

    def limit(self, spec: EnvironmentSpec) -> int:
        """Steps of an episode, at most."""
        return min(self.steps or spec.limit or STEPS, spec.limit or STEPS)

    def derived(self, name: str, episode: int, *purpose: str | int) -> int:
        """A seed for one purpose of one episode."""
        return derive("cwmb", "planning", self.seed, name, episode, *purpose)

    def start(self, world: World, episode: int) -> Array:
        """Begin an episode."""
        return world.reset(self.derived(world.spec.name, episode, "start") % 2**31)


Plan = Callable[[Array, int], list[Action]]
"""Actions from an observation, with how many steps are left."""


def played(task: Task, policy: Policy, episode: int) -> float | None:
    """The return of a policy with no world model; ``None`` where the optimum cannot be computed."""
    world = catalog.open_world(task.entry)
    observation = task.start(world, episode)
    left = task.limit(world.spec)
    if policy is Policy.OPTIMAL:
        return optimum(Laws(world.spec, catalog.open_world(task.entry)), world.spec, observation, left)
    plan = _random(task, world, episode) if policy is Policy.RANDOM else _oracle(task, world, episode)
    total = 0.0
    while left:
        for action in plan(observation, left)[:left]:
            answer = world.step(action)
            total, left, observation = total + answer.reward, left - 1, answer.observation
            if answer.terminated:
                return total
    return total


def _random(task: Task, world: World, episode: int) -> Plan:
    rng = np.random.default_rng(task.derived(world.spec.name, episode, "random"))
    return lambda _observation, _left: [draw(world, rng)]


def _oracle(task: Task, world: World, episode: int) -> Plan:
    """The same planner from the same seeds as in the jail, with the true environment, which is left as it was."""
    spec = world.spec
    laws = Laws(spec, catalog.open_world(task.entry)) if spec.observations.form in FINITE else None

    def plan(observation: Array, left: int) -> list[Action]:
        seed = task.derived(spec.name, episode, "plan", left)
        simulator: Simulator = Kept(world) if laws is None else Lawful(laws, observation, np.random.default_rng(seed))
        kept = world.snapshot()
        found = planned(simulator, spec, task.budget, seed, left)
        world.restore(kept)
        return found

    return plan


def planned(simulator: Simulator, spec: EnvironmentSpec, budget: Budget, seed: int, left: int) -> list[Action]:
    """What the planner of an environment does with a simulator of it."""
    chosen = within(spec, budget, left)
    if spec.actions.discrete:
        return [tree_search(simulator, spec.actions.count, chosen, random.Random(seed))]
    actions = spec.actions
    return list(cross_entropy(simulator, actions.low, actions.high, chosen, np.random.default_rng(seed), actions.dtype))


def within(spec: EnvironmentSpec, budget: Budget, left: int) -> dict[str, float]:
    """The planner's constants; no plan reaches beyond the steps that are left."""
    chosen = dict(settings(spec, budget))
    return chosen if spec.actions.discrete else chosen | {"horizon": min(int(chosen["horizon"]), left)}
