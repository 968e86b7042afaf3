"""GIF-MCTS against a plain double, over random outcomes, constants, ablations and moves in flight."""

from copy import deepcopy
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from gif_duel import Duel, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_gif_mcts import ACTIONS, HONEST, PAPER, Rules

from gifmcts.strategies.catalog import open_strategy
from gifmcts.types import Action, Move

PRESETS = [pytest.param(HONEST, id="honest"), pytest.param(PAPER, id="paper")]
SUBSETS = [subset for size in (1, 2, 3) for subset in combinations(ACTIONS, size)]


def result(number: int, bugs: int) -> Result:
    """One of all outcomes; the more ``bugs`` of 8, the more often the program is broken."""
    lines, number = number % 32, number // 32
    reward, number = number % 9 / 8, number // 9
    lines = lines if lines < 16 else 40
    if number % 8 < bugs:
        return Result(lines, 0.0, ("compile", "exception")[number // 8 % 2])
    return Result(lines, reward, readable=number % 31 > 0)


def results(seed: int, bugs: int, count: int) -> list[Result]:
    rng = Random(seed)
    return [result(rng.randrange(2**20), bugs) for _ in range(count)]


@st.composite
def configurations(draw: st.DrawFn) -> Rules:
    """A preset, or any mixture of its constants and ablations."""
    base = draw(st.sampled_from([HONEST, PAPER]))
    rules = replace(base, actions=draw(st.sampled_from(SUBSETS)), exceptions_are_bugs=draw(st.booleans()))
    if draw(st.booleans()):
        return rules
    return replace(
        rules,
        exploration=draw(st.sampled_from([0.0, 0.1, 1.0])),
        epsilon=draw(st.sampled_from([1.0, 0.1])),
        lines=draw(st.integers(1, 4)),
        fixes=draw(st.integers(0, 5)),
        top=draw(st.sampled_from([0.99, 0.4])),
        priors=draw(st.sampled_from([(0.5, 0.55, 0.5), (0.1, 0.9, 0.0)])),
        weights=draw(st.sampled_from([(0.5, 0.5), (0.2, 1.3)])),
        learn_blend=draw(st.booleans()),
        resample=draw(st.booleans()),
        credit_terminal=draw(st.booleans()),
    )


@pytest.mark.parametrize("rules", PRESETS)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), bugs=st.integers(0, 6), count=st.integers(1, 50))
def test_a_preset_is_the_plain_one(rules: Rules, seed: int, bugs: int, count: int) -> None:
    """Over random outcomes every move is one that the rules allow, and all statistics are theirs."""
    Duel(rules).play(results(seed, bugs, count), Random(seed))


@settings(max_examples=150, deadline=None)
@given(rules=configurations(), seed=st.integers(0, 2**32), bugs=st.integers(0, 6), window=st.integers(1, 6))
def test_any_configuration_is_the_plain_one(rules: Rules, seed: int, bugs: int, window: int) -> None:
    """So it is with any constants, any ablation, and moves in flight."""
    Duel(rules, window).play(results(seed, bugs, 40), Random(seed))


@settings(max_examples=40, deadline=None)
@given(rules=configurations(), seed=st.integers(0, 2**32), window=st.integers(2, 8))
def test_selection_changes_nothing_and_repeats_itself(rules: Rules, seed: int, window: int) -> None:
    """Selecting changes neither tree nor state, and the same arguments give the same move."""
    duel = Duel(rules, window, held=False)
    duel.play(results(seed, 3, 12), Random(seed))
    for _ in range(window):
        before = deepcopy((duel.tree.nodes, duel.tree.attempts, duel.tree.in_flight, duel.state))
        move, again = (duel.gif.select(duel.tree, duel.state, Random(seed)) for _ in range(2))
        assert move == again
        assert before == (duel.tree.nodes, duel.tree.attempts, duel.tree.in_flight, duel.state)
        if move:
            duel.tree.in_flight.append(move)


@settings(max_examples=40, deadline=None)
@given(rules=configurations(), seed=st.integers(0, 2**32), bugs=st.integers(2, 7))
def test_a_single_move_is_in_flight_once(rules: Rules, seed: int, bugs: int) -> None:
    """Of moves in flight no bug's fix, no dead node and no sole generate of the root stands there twice."""
    duel = Duel(rules, held=False)
    duel.play(results(seed, bugs, 12), Random(seed))
    for number in range(12):
        move = duel.select(seed + number)
        if move is None:
            break
        single = move.action is Action.FIX or move.target is not None or (move.node == 0 and "generate" not in rules.actions)
        assert not (single and move in duel.tree.in_flight)
        duel.tree.in_flight.append(move)


@settings(max_examples=40, deadline=None)
@given(rules=configurations(), seed=st.integers(0, 2**32), flights=st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_moves_in_flight_change_no_value(rules: Rules, seed: int, flights: list[int]) -> None:
    """Without exploration, selection is blind to moves in flight that may be repeated."""
    duel = Duel(replace(rules, exploration=0.0), held=False)
    duel.play(results(seed, 2, 12), Random(seed))
    move = duel.gif.select(duel.tree, duel.state, Random(seed))
    offering = [node for node, standing in enumerate(duel.state.standings) if Action.GENERATE in standing.offers]
    if "generate" not in rules.actions:
        offering = []
    duel.tree.in_flight = [Move(offering[number % len(offering)], Action.GENERATE) for number in flights if offering]
    assert duel.gif.select(duel.tree, duel.state, Random(seed)) == move


@settings(max_examples=40, deadline=None)
@given(rules=configurations(), seed=st.integers(0, 2**32))
def test_absent_actions_are_never_used(rules: Rules, seed: int) -> None:
    """An ablated action is never selected, but for one generate of the root (and its repetition while it is dead)."""
    moves = Duel(rules, held=False).play(results(seed, 3, 30), Random(seed))
    for move in moves:
        assert str(move.action) in rules.actions or (move.node == 0 and move.action is Action.GENERATE)
    if "generate" not in rules.actions:
        assert [move.target for move in moves if move.action is Action.GENERATE].count(None) == 1


@pytest.mark.parametrize(("preset", "rules"), [("honest", HONEST), ("paper", PAPER)])
def test_the_shipped_presets_are_these(preset: str, rules: Rules) -> None:
    """What the command line opens by a preset's name has the constants that are tested here."""
    assert open_strategy("gif-mcts", preset) == Duel(rules).gif
