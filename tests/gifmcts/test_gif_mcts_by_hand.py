"""GIF-MCTS against numbers worked out by hand; every step is also held against the plain double."""

from dataclasses import replace
from math import log, sqrt

import pytest
from gif_duel import BUG, Duel, Result, plainly
from plain_gif_mcts import HONEST, PAPER, PlainGifMcts, Rules

from gifmcts.types import Action, Move

PRESETS = [pytest.param(HONEST, id="honest"), pytest.param(PAPER, id="paper")]


def sums(duel: Duel, first: int) -> list[float]:
    """Visits and value sum of each node from the given one on."""
    return [number for node in duel.tree.nodes[first:] for number in (node.visits, node.value)]


# Prefixes, rewards, credit


@pytest.mark.parametrize(("rules", "settled"), [(HONEST, [2, 4, 6]), (PAPER, [4, 7, 10])], ids=["honest", "paper"])
@pytest.mark.parametrize("action", ["generate", "improve"])
def test_prefixes_grow(rules: Rules, settled: list[int], action: str) -> None:
    """A child settles the lines of its parent and L more: 2, 4, 6; in the paper preset 4, 7, 10."""
    duel = Duel(rules)
    duel.add(0, "generate", Result(reward=0.5))
    for parent in (1, 2):
        duel.add(parent, action, Result(reward=0.5))
    assert [node.settled for node in duel.tree.nodes[1:]] == settled


@pytest.mark.parametrize("rules", PRESETS)
@pytest.mark.parametrize("short", [0, 1])
def test_a_program_without_enough_lines_is_terminal(rules: Rules, short: int) -> None:
    """With exactly the lines to be settled a node lives; with one fewer it is dead and its prefix is its program."""
    duel = Duel(rules)
    lines = (4 if rules is PAPER else 2) - short
    node = duel.add(0, "generate", Result(lines, 0.5))
    assert duel.state.standings[1].terminal is bool(short)
    assert node.settled == lines


@pytest.mark.parametrize("rules", PRESETS)
def test_an_improve_that_shortens_is_terminal(rules: Rules) -> None:
    """The length is held against the parent's prefix, not against the child's own program."""
    duel = Duel(rules)
    duel.add(0, "generate", Result(20, 0.5))
    duel.add(1, "improve", Result(5 if rules is PAPER else 3, 0.75))
    assert duel.state.standings[2].terminal


@pytest.mark.parametrize(("rules", "own"), [(HONEST, 0.75), (PAPER, 0.0)], ids=["honest", "paper"])
def test_who_is_credited_for_a_terminal_node(rules: Rules, own: float) -> None:
    """All above a dead node are credited its pass rate; the node itself in the honest preset alone."""
    duel = Duel(rules)
    duel.add(0, "generate", Result(20, 0.5))
    duel.add(1, "generate", Result(1, 0.75))
    assert sums(duel, 0) == [3, 1.25, 2, 1.25, 1, own]


@pytest.mark.parametrize("rules", PRESETS)
def test_an_unreadable_answer_is_a_dead_node_without_worth(rules: Rules) -> None:
    """It has no line, is no bug, counts as an outcome of 0 and as a visit."""
    duel = Duel(rules)
    node = duel.add(0, "generate", Result(readable=False))
    standing = duel.state.standings[1]
    assert (node.settled, node.visits, node.value, standing.terminal, standing.buggy) == (0, 1, 0, True, False)
    assert (duel.tree.root.visits, duel.state.outcomes[Action.GENERATE].count) == (2, 1)


# Bugs and their chains


def test_stand_in_values() -> None:
    """A bug with k of 3 fixes left is worth 0, .33, .66 and .99."""
    assert [Duel(HONEST).gif.bug_value(left) for left in range(4)] == pytest.approx([0, 0.33, 0.66, 0.99])


@pytest.mark.parametrize("rules", PRESETS)
def test_a_bug_keeps_the_means_above_it(rules: Rules) -> None:
    """Visits grow by one and sums by the node's own mean; the bug starts with .99 and counts 0 as an outcome."""
    duel = Duel(rules)
    duel.add(0, "generate", Result(reward=0.75))
    duel.add(1, "improve", BUG)
    assert sums(duel, 0) == pytest.approx([3, 1.125, 2, 1.5, 1, 0.99])
    assert duel.state.outcomes[Action.IMPROVE].mean == pytest.approx(1.1 / 3)


@pytest.mark.parametrize("rules", PRESETS)
def test_a_dead_bug_is_worth_nothing(rules: Rules) -> None:
    """A bug too short to go on has value 0 and no fix."""
    duel = Duel(rules)
    duel.add(0, "generate", Result(1, 0.0, "compile"))
    assert (duel.tree.nodes[1].value, duel.tree.nodes[1].visits) == (0, 1)
    assert Move(1, Action.FIX) not in {duel.select(seed) for seed in range(9)}


@pytest.mark.parametrize("rules", PRESETS)
def test_fixes_that_leave_a_bug_lower_the_chain(rules: Rules) -> None:
    """After a first vain fix its parent is worth .66, after a second both are worth .33, and only the latest is flagged."""
    duel = Duel(rules)
    duel.add(0, "generate", BUG)
    duel.add(1, "fix", BUG)
    assert sums(duel, 1) == pytest.approx([2, 1.32, 1, 0.66])
    duel.add(2, "fix", BUG)
    assert sums(duel, 1) == pytest.approx([3, 0.99, 2, 0.66, 1, 0.33])
    assert [standing.buggy for standing in duel.state.standings] == [False, False, False, True]


@pytest.mark.parametrize("rules", PRESETS)
def test_a_bug_that_no_fix_heals_kills_its_chain(rules: Rules) -> None:
    """With no fix left the chain becomes terminal with sum 0 and keeps its visits; the last bug is not terminal and offers nothing."""
    duel = Duel(rules)
    duel.add(0, "generate", BUG)
    for parent in (1, 2, 3):
        duel.add(parent, "fix", BUG)
    assert sums(duel, 1) == [4, 0, 3, 0, 2, 0, 1, 0]
    assert [standing.terminal for standing in duel.state.standings] == [False, True, True, True, False]
    assert duel.state.standings[4].offers == ()


@pytest.mark.parametrize("rules", PRESETS)
@pytest.mark.parametrize("lines", [40, 1])
def test_a_fix_that_heals_lends_its_mean_to_the_chain(rules: Rules, lines: int) -> None:
    """The chain up to its first non-fix has the healed mean (0 for a dead one in the paper preset); nothing above is touched."""
    duel = Duel(rules)
    duel.add(0, "generate", Result(40, 0.5))
    duel.add(1, "improve", BUG)
    duel.add(2, "fix", BUG)
    duel.add(3, "fix", Result(lines, 0.625))
    worth = 0.0 if rules is PAPER and lines == 1 else 0.625
    assert [node.value / node.visits for node in duel.tree.nodes[2:]] == pytest.approx([worth] * 3)
    assert duel.tree.nodes[1].value == pytest.approx(0.5 * 3 + 0.625)
    assert not any(standing.buggy for standing in duel.state.standings)


@pytest.mark.parametrize("rules", PRESETS)
def test_a_bug_has_one_single_fix(rules: Rules) -> None:
    """Once expanded, and while in flight, the fix is not offered again; a healthy node's generate opens another beside it."""
    duel = Duel(rules)
    duel.add(0, "generate", BUG)
    assert duel.select() == Move(1, Action.FIX)
    duel.tree.in_flight = [Move(1, Action.FIX)]
    assert {duel.select(seed) for seed in range(5)} == {Move(0, Action.GENERATE)}
    duel.tree.in_flight = []
    duel.add(1, "fix", Result(reward=1.0))
    assert duel.state.standings[2].offers == (Action.GENERATE, Action.IMPROVE)
    assert duel.add(0, "generate", Result()).parent == duel.add(0, "generate", Result()).parent == 0


@pytest.mark.parametrize(("both", "buggy"), [(False, False), (True, True)])
def test_the_trigger_says_what_a_bug_is(both: bool, buggy: bool) -> None:
    """A program that raised on every test is a bug by setting; one that does not compile always is."""
    duel = Duel(replace(HONEST, exceptions_are_bugs=both))
    duel.add(0, "generate", Result(broken="exception"))
    duel.add(0, "generate", BUG)
    assert [standing.buggy for standing in duel.state.standings[1:]] == [buggy, True]


@pytest.mark.parametrize("rules", PRESETS)
def test_a_bug_without_fix_is_dead(rules: Rules) -> None:
    """Without the fix action a broken program is terminal with value 0."""
    duel = Duel(replace(rules, actions=("generate", "improve")))
    duel.add(0, "generate", BUG)
    assert (duel.state.standings[1].terminal, duel.tree.nodes[1].value, duel.tree.nodes[1].visits) == (True, 0, 1)


# Selection


def test_bounds_by_hand() -> None:
    """A visited child and both unvisited actions score as the formula says, clipped means included."""
    plain = PlainGifMcts(HONEST)
    plain.commit((0, "generate", None), 20, 0.5)
    plain.commit((1, "improve", None), 20, 1.0)
    plain.options()
    at_root, below = dict(plain.scores)[0], dict(plain.scores)[1]
    assert at_root == pytest.approx({1: 0.75 + 0.1 * sqrt(log(3) / 3), "generate": (0.5 + 0.75) / 2 + 0.1 * sqrt(log(3) / 2)})
    improve = ((0.55 * 2 + 1) / 3 + 1) / 2
    expected = {2: 1 + 0.1 * sqrt(log(2) / 2), "generate": 0.5 + 0.1 * sqrt(log(2)), "improve": improve + 0.1 * sqrt(log(2) / 2)}
    assert below == pytest.approx(expected)


def test_an_unvisited_value_is_clipped() -> None:
    """A prediction above 1 counts as 1: the visited child with mean 1 and fewer visits wins."""
    duel = Duel(replace(HONEST, priors=(3.0, 0.0, 0.0), prior_count=50.0, exploration=1.0, epsilon=0.1, actions=("generate",)))
    duel.add(0, "generate", Result(1, 1.0))
    duel.add(0, "generate", Result(20, 1.0))
    duel.add(0, "generate", Result(1, 1.0))
    assert duel.plain.estimate(duel.plain.nodes[0], "generate") > 1.5
    assert duel.select() == Move(2, Action.GENERATE)


def test_the_blend_follows_its_gradient() -> None:
    """From weights .5 and .5, G = .5, L = 0 and an outcome of 1 one step of rate 1/3 gives .625 and .375."""
    duel = Duel(PAPER)
    duel.add(0, "generate", Result(reward=1.0))
    blend = duel.state.blends[Action.GENERATE]
    assert (blend.weight_global, blend.weight_local) == pytest.approx((0.625, 0.375))
    assert duel.state.blends[Action.FIX].weight_global == 0.5


def test_a_tie_is_broken_by_the_generator() -> None:
    """Equal actions are both selected, depending on the generator alone."""
    duel = Duel(replace(HONEST, priors=(0.5, 0.5, 0.5)))
    duel.plain.outcomes["improve"].append(1.0)
    duel.state.outcomes[Action.IMPROVE].add(1.0)
    duel.add(0, "generate", Result(reward=1.0))
    assert {duel.select(seed) for seed in range(40)} == {Move(1, Action.GENERATE), Move(1, Action.IMPROVE)}


def test_moves_in_flight_count_as_visits() -> None:
    """With two equal children, the one that has a move in flight is passed over."""
    duel = Duel(replace(HONEST, actions=("generate",), priors=(0.0, 0.0, 0.0), prior_count=9.0))
    for _ in range(2):
        duel.add(0, "generate", Result(reward=1.0))
    assert {plainly(move)[0] for seed in range(20) if (move := duel.select(seed))} == {1, 2}
    duel.tree.in_flight = [Move(1, Action.GENERATE)]
    assert {duel.select(seed) for seed in range(20)} == {Move(2, Action.GENERATE)}


def test_nothing_left_to_offer() -> None:
    """Without generate, a dead first program ends the honest search; the paper preset samples it again."""
    honest, paper = (Duel(replace(rules, actions=("improve", "fix"))) for rules in (HONEST, PAPER))
    for duel in (honest, paper):
        assert duel.select() == Move(0, Action.GENERATE)
        duel.add(0, "generate", Result(1, 0.5))
    assert honest.select() is None
    assert paper.select() == Move(0, Action.GENERATE, 1)


def test_without_generate_the_root_generates_once() -> None:
    """The sole generate is not offered while it is in flight, nor after it."""
    duel = Duel(replace(HONEST, actions=("improve",)))
    duel.tree.in_flight = [Move(0, Action.GENERATE)]
    assert duel.select() is None
    duel.tree.in_flight = []
    duel.add(0, "generate", Result())
    assert {duel.select(seed) for seed in range(9)} == {Move(1, Action.IMPROVE)}


# A terminal node that is sampled again


def test_sampling_again_replaces_the_program_and_keeps_the_sums() -> None:
    """Program, prefix and flags are the new ones; visits and value go on; no sibling is opened; the outcome counts; it lives again."""
    duel = Duel(PAPER)
    duel.add(0, "generate", Result(1, 0.5))
    node = duel.add(0, "generate", Result(20, 0.75), target=1)
    assert len(duel.tree.nodes) == 2
    assert (node.settled, node.visits, node.value, node.attempts) == (4, 2, 0.75, [0, 1])
    assert (duel.tree.root.visits, duel.tree.root.value) == (3, 1.25)
    assert duel.state.outcomes[Action.GENERATE].count == 2
    assert duel.state.standings[1].offers == (Action.GENERATE, Action.IMPROVE)
    assert duel.tree.best is duel.tree.attempts[1]


def test_a_bug_sampled_again_adds_its_stand_in_value_first() -> None:
    """To the kept sum .99 is added first; then, as along the whole path, visits grow by one and the sum by the node's own mean."""
    duel = Duel(PAPER, held=False)
    duel.add(0, "generate", Result(1, 0.5))
    node = duel.add(0, "generate", BUG, target=1)
    assert (node.visits, node.value) == pytest.approx((2, 2 * 0.99))


def test_the_blend_learns_from_a_bug_sampled_again_with_its_stand_in_value() -> None:
    """The stand-in value is added before the gradient step: with G = .5 and L = .99 the second step gives .62303 and .36218."""
    duel = Duel(PAPER, held=False)
    duel.add(0, "generate", Result(1, 0.5))
    blend = duel.state.blends[Action.GENERATE]
    assert (blend.weight_global, blend.weight_local) == pytest.approx((13 / 24, 11 / 24))
    duel.add(0, "generate", BUG, target=1)
    assert (blend.weight_global, blend.weight_local) == pytest.approx((0.6230319, 0.3621751))


def test_a_revived_node_has_fresh_actions_alone() -> None:
    """A chain that died and is sampled again forgets its old fix: a bug has one fresh fix, a healthy program none."""
    for again, offers in ((BUG, {"fix"}), (Result(reward=1.0), {"generate", "improve"})):
        duel = Duel(replace(PAPER, fixes=1, priors=(0.0, 0.0, 0.0), prior_count=50.0))
        duel.add(0, "generate", BUG)
        duel.add(1, "fix", BUG)
        duel.add(0, "generate", again, target=1)
        moves = {duel.select(seed) for seed in range(20)}
        assert set(dict(duel.plain.scores)[1]) == offers
        assert moves <= {Move(1, Action(offer)) for offer in offers}


def test_a_sampled_again_outcome_may_be_worse() -> None:
    """The better program is replaced in its node, and the best attempt is still the tree's best."""
    duel = Duel(PAPER)
    duel.add(0, "generate", Result(1, 0.75))
    node = duel.add(0, "generate", Result(1, 0.25), target=1)
    assert node.evaluation
    assert duel.tree.best is duel.tree.attempts[0]
    assert node.evaluation.reward == 0.25
    assert node.value == 0
