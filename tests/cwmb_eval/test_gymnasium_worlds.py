"""True environments can be kept, put back and started from an observation; skipped where they are not installed."""

from collections import Counter

import numpy as np
import pytest

from cwmb_eval import catalog, descriptions
from cwmb_eval.catalog import Family
from cwmb_eval.collection.planner import WHOLE, Planner, constants, draw
from cwmb_eval.collection.trajectories import Collector
from cwmb_eval.collection.truth import ceilings, exactness
from cwmb_eval.environment import Form
from cwmb_eval.planning.budgets import Budget, settings
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
def test_every_step_can_be_gone_back_to(entry: catalog.Entry) -> None:
    """A hundred snapshots on the way, restored in another order: from each the next steps are those that plain stepping took."""
    world, rng = opened(entry), np.random.default_rng(5)
    kept, actions, answers = [], [], []
    world.reset(5)
    for number in range(100):
        kept.append(world.snapshot())
        actions.append(draw(world, rng))
        answer = world.step(actions[-1])
        answers.append((answer.observation.tolist(), answer.reward, answer.terminated))
        if answer.terminated:
            world.reset(6 + number)
    for number in rng.permutation(100).tolist():
        world.restore(kept[number])
        for later in range(number, min(number + 3, 100)):
            answer = world.step(actions[later])
            assert (answer.observation.tolist(), answer.reward, answer.terminated) == answers[later]
            if answer.terminated:
                break


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
    """Walker2d clips the speeds that it shows: not every transition follows from an observation, but parts of the others do."""
    (entry,) = catalog.entries(["Walker2d"])
    world = opened(entry)
    some = Collector(world, seed=0, ladder=(1,), strongest=1, steps=60).collect()[Split.SEARCH]
    (ceiling,) = ceilings(world, {Split.SEARCH: some}).values()
    assert 0.0 < some.exact.mean() < ceiling < 1.0


@pytest.mark.parametrize("entry", GYMNASIUM, ids=lambda entry: entry.name)
def test_the_box_is_wider_than_where_episodes_begin(entry: catalog.Entry) -> None:
    """States from all over, none of them an end; each places the environment, whatever happened in it before."""
    world, rng = opened(entry), np.random.default_rng(0)
    begun = np.array([world.reset(seed) for seed in range(40)], dtype=float)
    rows = [row for row in (world.sample(rng) for _ in range(40)) if row is not None]
    assert len(rows) == 40
    assert np.array(rows, dtype=float).std(axis=0).mean() > begun.std(axis=0).mean()
    found = []
    for seed in (1, 2):
        world.reset(seed)
        assert world.place(rows[0])
        found.append(play(world, 3, 1))
    assert world.spec.stochastic or found[0] == found[1]


def test_effort_is_a_share_of_the_planner_that_returns_are_measured_with() -> None:
    """The whole effort is that planner; with less there are still elites to draw from; no plan is longer than what is left."""
    for name in ("CartPole", "Pendulum"):
        (entry,) = catalog.entries([name])
        spec = opened(entry).spec
        assert constants(spec, WHOLE, 100) == settings(spec, Budget.LITE)
    assert constants(spec, 2, 30) == {**settings(spec, Budget.LITE), "samples": 16, "elites": 2, "horizon": 30}


def test_planning_is_better_than_chance() -> None:
    """The pole is balanced for longer, and the environment is left as it was by every plan."""
    (entry,) = catalog.entries(["CartPole"])
    world = opened(entry)
    lengths = {}
    for effort in (1, 8):
        planner, rng, row, steps = Planner(world), np.random.default_rng(0), world.reset(0), 0
        while steps < 60:
            (action,) = planner.plan(row, effort, 60 - steps, rng)
            assert world.snapshot()[0]["state"] == pytest.approx(row)  # type: ignore[index]
            answer = world.step(action)
            row, steps = answer.observation, steps + 1
            if answer.terminated:
                break
        lengths[effort] = steps
    assert lengths[8] > lengths[1]


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
