"""True environments can be kept, put back and started from an observation; skipped where they are not installed."""

from collections import Counter

import numpy as np
import pytest

from cwmb_eval import catalog, descriptions
from cwmb_eval.catalog import Family
from cwmb_eval.collection.planner import Shooting, draw
from cwmb_eval.collection.trajectories import Collector, exactness
from cwmb_eval.environment import Form
from cwmb_eval.transitions import Split
from cwmb_eval.worlds.blackjack import BlackjackLaw
from cwmb_eval.worlds.world import World
from gifmcts.errors import PreflightError

GYMNASIUM = [entry for entry in catalog.ENTRIES if entry.family is not Family.OWN]
PLACED = [entry for entry in GYMNASIUM if entry.family is not Family.MUJOCO]


def opened(entry: catalog.Entry) -> World:
    """The true environment, or a skipped test."""
    try:
        return catalog.open_world(entry)
    except PreflightError as error:
        pytest.skip(f"{error}")


def play(world: World, seed: int, steps: int = 12) -> list[tuple[list[float], float, bool]]:
    """What random actions lead to."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(steps):
        answer = world.step(draw(world, rng))
        found.append((answer.observation.tolist(), answer.reward, answer.terminated))
        if answer.terminated:
            break
    return found


@pytest.mark.parametrize("entry", GYMNASIUM, ids=lambda entry: entry.name)
def test_a_snapshot_is_exact(entry: catalog.Entry) -> None:
    """The same actions after going back give the same numbers to the last bit, chance included."""
    world = opened(entry)
    world.reset(1)
    play(world, 1, 3)
    world.reset(2)
    kept = world.snapshot()
    first = play(world, 3)
    play(world, 4, 5)
    world.restore(kept)
    assert play(world, 3) == first


@pytest.mark.parametrize("entry", GYMNASIUM, ids=lambda entry: entry.name)
def test_sizes_come_from_the_installed_version(entry: catalog.Entry) -> None:
    """An observation is as long as the description says, and an action lies within it."""
    world = opened(entry)
    row = world.reset(0)
    assert row.shape == (world.spec.observations.width,)
    assert (world.spec.observations.form is Form.VECTOR) == (row.dtype.kind == "f")
    assert world.spec.actions.discrete == (entry.name in {"Blackjack", "CliffWalking", "Taxi", "CartPole", "MountainCar", "Acrobot"})
    assert descriptions.describe(world.spec.name)


@pytest.mark.parametrize("entry", PLACED, ids=lambda entry: entry.name)
def test_an_observation_is_a_full_state(entry: catalog.Entry) -> None:
    """Started from the observation alone, the true environment gives what was recorded: the ceiling is 1."""
    world = opened(entry)
    some = Collector(world, seed=7, ladder=(1, 2), strongest=2, steps=30).collect()[Split.SEARCH]
    if not world.spec.stochastic:
        assert exactness(world, some).all()
    assert not (some.terminated & some.truncated).any()


def test_a_hidden_speed_lowers_the_ceiling() -> None:
    """Walker2d clips the speeds that it shows, so not every transition follows from an observation."""
    (entry,) = catalog.entries(["Walker2d"])
    world = opened(entry)
    some = Collector(world, seed=0, ladder=(1,), strongest=1, steps=60).collect()[Split.SEARCH]
    assert 0.0 < some.exact.mean() < 1.0


def test_looking_ahead_is_better_than_chance() -> None:
    """The planner leaves the environment as it was, and balances the pole for longer."""
    (entry,) = catalog.entries(["CartPole"])
    world = opened(entry)
    lengths = {}
    for candidates in (1, 16):
        rng, row, steps = np.random.default_rng(0), world.reset(0), 0
        while steps < 60:
            action = Shooting(candidates).act(world, rng)
            answer = world.step(action)
            steps += 1
            if answer.terminated:
                break
        lengths[candidates] = steps
        assert row.shape == (4,)
    assert lengths[16] > lengths[1]


def test_the_law_of_blackjack_is_how_it_is_played() -> None:
    """Rewards of sticking and sums after hitting, 4,000 times from two states."""
    (entry,) = catalog.entries(["Blackjack"])
    world = opened(entry)
    world.reset(0)
    for row, action in ((np.array([16, 6, 0]), 0), (np.array([13, 1, 1]), 1)):
        drawn: Counter[tuple[float, ...]] = Counter()
        for _ in range(4000):
            assert world.place(row)
            answer = world.step(action)
            drawn[(answer.reward, *answer.observation.tolist())] += 1
        exact: dict[tuple[float, ...], float] = {}
        for outcome in BlackjackLaw().law(row, action):
            key = (outcome.step.reward, *outcome.step.observation.tolist())
            exact[key] = exact.get(key, 0.0) + outcome.probability
        assert sum(exact.values()) == pytest.approx(1.0)
        assert 0.5 * sum(abs(exact.get(key, 0.0) - drawn[key] / 4000) for key in {*exact, *drawn}) < 0.04
