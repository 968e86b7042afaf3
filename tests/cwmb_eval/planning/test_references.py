"""Chance, oracle and optimum in true environments; skipped where these are not installed."""

from pathlib import Path

import numpy as np
import pytest

from cwmb_eval import catalog
from cwmb_eval.planning.episodes import Policy, Task, played
from cwmb_eval.planning.returns import references
from cwmb_eval.planning.simulators import Kept, Lawful, Laws
from cwmb_eval.worlds.world import World
from gifmcts.errors import PreflightError


def opened(name: str) -> World:
    """The true environment, or a skipped test."""
    try:
        return catalog.open_world(catalog.entries([name])[0])
    except PreflightError as error:
        pytest.skip(f"{error}")


def task(name: str, **chosen: int) -> Task:
    """Few steps of an environment."""
    opened(name)
    return Task(catalog.entries([name])[0], **{"steps": 20, **chosen})


@pytest.mark.parametrize(("name", "best"), [("CliffWalking", -13.0), ("RTFM", 1.0)])
def test_the_optimum_is_known(name: str, best: float) -> None:
    """Thirteen steps along the cliff; the right monster is always beaten."""
    assert [played(task(name), Policy.OPTIMAL, episode) for episode in range(3)] == [best] * 3


def test_the_optimum_of_blackjack_bounds_luck() -> None:
    """It is an expectation: between losing and winning, and higher for a start of 20 than for one of 16."""
    world = opened("Blackjack")
    laws = Laws(world.spec, world)
    from cwmb_eval.planning.optimum import optimum

    good, bad = (optimum(laws, world.spec, np.array([total, 10, 0]), 20) for total in (20, 16))
    assert good is not None
    assert bad is not None
    assert -1 < bad < 0 < good < 1


def test_where_states_are_infinite_there_is_no_optimum() -> None:
    """Nothing is said of a pole."""
    assert played(task("CartPole"), Policy.OPTIMAL, 0) is None


@pytest.mark.parametrize("name", ["RTFM", "Blackjack", "CartPole", "Taxi"])
def test_an_episode_follows_from_its_seed(name: str) -> None:
    """The same twice, for chance and oracle; another seed starts elsewhere."""
    for policy in (Policy.RANDOM, Policy.ORACLE):
        first = [played(task(name), policy, episode) for episode in range(4)]
        assert first == [played(task(name), policy, episode) for episode in range(4)]
    starts = {tuple(task(name, seed=seed).start(opened(name), 0).tolist()) for seed in range(4)}
    assert len(starts) > 1


def test_the_oracle_is_better_than_chance() -> None:
    """On the walk along the cliff, in every episode."""
    walk = task("CliffWalking", steps=60)
    for episode in range(3):
        chance, oracle = (played(walk, policy, episode) for policy in (Policy.RANDOM, Policy.ORACLE))
        assert chance is not None
        assert oracle is not None
        assert oracle > chance


def test_simulators_go_back_exactly() -> None:
    """The same action from the beginning gives the same reward as often as it is asked, whatever came between."""
    world = opened("CartPole")
    world.reset(3)
    kept = Kept(world)
    found = set()
    for _ in range(3):
        kept.begin()
        found.add((kept.step(1), tuple(world.step(0).observation.tolist())))
    assert len(found) == 1


def test_a_plan_does_not_know_what_will_be_drawn() -> None:
    """In an environment with chance two beginnings of one plan may go on differently."""
    world = opened("Blackjack")
    lawful = Lawful(Laws(world.spec, world), np.array([14, 10, 0]), np.random.default_rng(0))
    drawn = set()
    for _ in range(50):
        lawful.begin()
        drawn.add(lawful.step(0))
    assert {reward for reward, _ in drawn} == {-1.0, 1.0}


def test_returns_are_kept_and_continued(tmp_path: Path) -> None:
    """More episodes play only what is missing; a damaged file is made again; another seed is another file."""
    with references(tmp_path, workers=1) as known:
        few = known.returns(task("RTFM"), Policy.RANDOM, 2)
        (file,) = tmp_path.iterdir()
        file.write_bytes(file.read_bytes().replace(b'"returns":[', b'"returns":[77.0,').replace(f",{few[1]}]".encode(), b"]"))
        many = known.returns(task("RTFM"), Policy.RANDOM, 4)
        assert many[:2] == [77.0, few[0]]
        file.write_bytes(b"{")
        again = known.returns(task("RTFM"), Policy.RANDOM, 4)
        assert again[:2] == few
        assert again[2:] == many[2:]
        known.returns(task("RTFM", seed=1), Policy.RANDOM, 1)
    assert len(list(tmp_path.iterdir())) == 2
