"""Tree search and the cross-entropy method on small problems with known answers."""

import random

import numpy as np
import pytest

from cwmb_eval.environment import Actions, EnvironmentSpec, Form, Observations
from cwmb_eval.planning.algorithms import cross_entropy, tree_search
from cwmb_eval.planning.budgets import TREE_SEARCH, Budget, seconds, settings
from cwmb_eval.worlds.world import Action

VECTOR = EnvironmentSpec("Box", Observations(Form.VECTOR, "<f8", 1), Actions(0, (-1.0,), (3.0,), "<f8"))


class Corridor:
    """Five places in a row; the last to the right rewards and ends."""

    def __init__(self) -> None:
        self.begun = self.place = 0

    def begin(self) -> None:
        self.begun, self.place = self.begun + 1, 3

    def step(self, action: Action) -> tuple[float, bool]:
        self.place = max(0, self.place + (1 if action else -1))
        return float(self.place == 4), self.place == 4


class Valley:
    """Rewards are highest where every action is 2."""

    def begin(self) -> None:
        self.steps = 0

    def step(self, action: Action) -> tuple[float, bool]:
        self.steps += 1
        return -float((np.asarray(action)[0] - 2.0) ** 2), self.steps == 3


def test_tree_search_finds_the_way() -> None:
    """From next to the goal it steps into it, with 25 simulations from the beginning and whatever the seed."""
    for seed in range(20):
        corridor = Corridor()
        assert tree_search(corridor, 2, TREE_SEARCH, random.Random(seed)) == 1
        assert corridor.begun == 25


def test_an_action_that_was_not_visited_is_worth_one() -> None:
    """With one simulation for three actions that cost, one of the other two is taken."""

    class Costs(Corridor):
        def step(self, action: Action) -> tuple[float, bool]:
            self.taken = action
            return -5.0, True

    for seed in range(10):
        simulator = Costs()
        found = tree_search(simulator, 3, dict(TREE_SEARCH) | {"simulations": 1}, random.Random(seed))
        assert found != simulator.taken


def test_rollouts_are_discounted_and_bounded() -> None:
    """A hundred rewards of 1 after the first: the other action is worth 0 and is left."""
    played = []

    class Endless(Corridor):
        def begin(self) -> None:
            played.append(0)

        def step(self, action: Action) -> tuple[float, bool]:
            played[-1] += 1
            return float(played[-1] > 1), False

    tree_search(Endless(), 2, TREE_SEARCH, random.Random(0))
    assert played[:2] == [101, 101]
    assert max(played) <= 101 + 25


def test_cross_entropy_comes_near() -> None:
    """The best sequence lies within the box and near the maximum; more iterations lead nearer."""
    low, high = VECTOR.actions.low, VECTOR.actions.high
    found = {
        iterations: cross_entropy(
            Valley(), low, high, {"horizon": 3, "iterations": iterations, "samples": 100, "elites": 10}, np.random.default_rng(0)
        )
        for iterations in (1, 8)
    }
    errors = {iterations: float(np.abs(rows - 2.0).max()) for iterations, rows in found.items()}
    assert found[8].shape == (3, 1)
    assert errors[8] < 0.1 < errors[1]
    assert (found[1] >= -1).all()
    assert (found[1] <= 3).all()


def test_the_small_budget_is_a_twentieth() -> None:
    """Of predicted steps, and of the processor time that a plan may take."""
    small, full = (settings(VECTOR, budget) for budget in (Budget.LITE, Budget.FULL))
    steps = [chosen["iterations"] * chosen["samples"] * chosen["horizon"] for chosen in (small, full)]
    assert steps[1] == 20 * steps[0] == 2_000_000
    assert seconds(VECTOR, Budget.FULL) - 1 == pytest.approx(20 * (seconds(VECTOR, Budget.LITE) - 1))
