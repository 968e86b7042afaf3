"""Read to fight monsters, rule by rule."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from cwmb_eval.worlds.rtfm import EMPTY, FIXED, INSIDE, Board, Lexicon, Rtfm, acted, pursued

STAY, UP, DOWN, LEFT, RIGHT = range(5)
BOARD = Board(
    you=(2, 2),
    held=EMPTY,
    monsters=(((2, 4), "cold dragon"), ((4, 4), "fire demon")),
    items=(((1, 2), "shimmering axe"), ((2, 1), "grandmasters bow")),
    manual=FIXED,
)


def test_an_item_is_picked_up_and_replaces_another() -> None:
    """It is gone from the board, and so is what was held before."""
    board, reward = acted(BOARD, UP)
    assert (board.you, board.held, reward) == ((1, 2), "shimmering axe", 0)
    assert board.items == (((2, 1), "grandmasters bow"),)
    board, _ = acted(replace(board, you=(2, 2)), LEFT)
    assert (board.held, board.items) == ("grandmasters bow", ())


def test_a_wall_is_staying() -> None:
    """The agent does not leave the inner cells."""
    board, reward = acted(replace(BOARD, you=(1, 1)), UP)
    assert (board.you, reward) == ((1, 1), 0)
    assert replace(BOARD, you=(1, 1)).valid() == [STAY, DOWN, RIGHT]
    assert replace(BOARD, you=None).valid() == []


@pytest.mark.parametrize(
    ("held", "place", "action", "reward", "alive"),
    [
        ("shimmering axe", (2, 3), RIGHT, 1, True),
        ("grandmasters bow", (2, 3), RIGHT, -1, False),
        (EMPTY, (2, 3), RIGHT, -1, False),
        ("grandmasters bow", (4, 3), RIGHT, -1, True),
        ("shimmering axe", (3, 4), DOWN, -1, False),
    ],
)
def test_a_fight_is_decided_by_what_is_held(held: str, place: tuple[int, int], action: int, reward: int, alive: bool) -> None:
    """Only the dragon, killed, is a win; a dead agent leaves the board, a dead monster too."""
    board, got = acted(replace(BOARD, you=place, held=held), action)
    assert (got, board.you is not None) == (reward, alive)
    assert len(board.monsters) == (1 if alive else 2)


@pytest.mark.parametrize("full", [False, True])
def test_a_row_of_numbers_is_the_whole_board(full: bool) -> None:
    """Reading what was written gives the same board, manual included."""
    world, lexicon = Rtfm(full), Lexicon(full)
    for seed in range(20):
        row = world.reset(seed)
        assert len(row) == world.spec.observations.width
        assert lexicon.write(lexicon.read(row)).tolist() == row.tolist()
    assert world.reset(3).tolist() == world.reset(3).tolist()
    assert len({world.reset(seed).tobytes() for seed in range(20)}) > 15


def test_monsters_come_nearer_more_often_than_not() -> None:
    """A lone monster with a free way: 0.6 for the nearer cells, the rest evenly over all that are free."""
    board = Board((1, 1), EMPTY, (((1, 4), "cold dragon"),), (), FIXED)
    law = {ended.monsters[0][0]: probability for probability, ended, _ in pursued(board)}
    assert law == {(1, 4): pytest.approx(0.4 / 3), (2, 4): pytest.approx(0.4 / 3), (1, 3): pytest.approx(0.6 + 0.4 / 3)}


def test_a_monster_that_reaches_the_agent_fights() -> None:
    """The agent strikes first."""
    board = Board((1, 1), "shimmering axe", (((1, 2), "cold dragon"),), (), FIXED)
    assert sum(probability for probability, ended, reward in pursued(board) if reward == 1) == pytest.approx(0.7)
    unarmed = replace(board, held=EMPTY)
    assert sum(probability for probability, ended, reward in pursued(unarmed) if reward == -1 and ended.you is None) == pytest.approx(0.7)


def test_the_law_of_the_full_game_is_how_it_is_played() -> None:
    """Probabilities add up to 1, and frequencies of 3,000 steps from one state agree with them."""
    world = Rtfm(full=True)
    row = world.reset(5)
    law = world.law(row, STAY)
    assert sum(outcome.probability for outcome in law) == pytest.approx(1.0)
    drawn: Counter[bytes] = Counter()
    for _ in range(3000):
        world.place(row)
        drawn[world.step(STAY).observation.tobytes()] += 1
    exact: Counter[bytes] = Counter()
    for outcome in law:
        exact[outcome.step.observation.tobytes()] += outcome.probability  # type: ignore[assignment]
    assert set(drawn) <= set(exact)
    assert 0.5 * sum(abs(exact[key] - drawn[key] / 3000) for key in exact) < 0.05


def test_a_snapshot_repeats_chance() -> None:
    """The same steps after going back, in the full game too."""
    world = Rtfm(full=True)
    world.reset(1)
    kept = world.snapshot()
    first = [world.step(STAY).observation.tolist() for _ in range(3)]
    world.restore(kept)
    assert [world.step(STAY).observation.tolist() for _ in range(3)] == first


def test_sampled_boards_are_legal() -> None:
    """An agent inside, no ended episode, and sometimes an item in its hand."""
    world, lexicon = Rtfm(), Lexicon(False)
    boards = [lexicon.read(row) for row in (world.sample(np.random.default_rng(seed)) for seed in range(30)) if row is not None]
    assert len(boards) == 30
    assert all(board.you in INSIDE for board in boards)
    assert {board.held for board in boards} == {EMPTY, "shimmering axe", "grandmasters bow"}
