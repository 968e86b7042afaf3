"""What every strategy keeps, whatever it searches for: all that are installed are put under it."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import fields
from itertools import combinations
from random import Random

import pytest
from scripted import Scripted, scrambled
from searching import TINY, bare, search

from gifmcts.seams import Strategy
from gifmcts.search import End
from gifmcts.strategies.catalog import open_strategy, strategies
from gifmcts.tiny import TinyTask
from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Chat, Completion, Evaluation, Finish, Move, Program, Sampling

STRATEGIES = sorted(strategies())
CHOOSING = [name for name in STRATEGIES if "actions" in {field.name for field in fields(type(open_strategy(name, "honest")))}]
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
each_preset = pytest.mark.parametrize("preset", ["honest", "paper"])


@each_strategy
@each_preset
@pytest.mark.parametrize("window", [1, 4, 8])
def test_the_tree_does_not_depend_on_timing(strategy: str, preset: str, window: int) -> None:
    """Answers in any order give the same attempts."""
    trees = [bare(search(Scripted(TINY, 0.8, scrambled(Random(seed))), strategy, preset, window).tree.attempts) for seed in (1, 2, 3)]
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0]) == (1 if strategy == "zero-shot" else 20)


@each_strategy
@each_preset
@pytest.mark.parametrize("window", [1, 4])
@pytest.mark.parametrize("cut", [0, 1, 7, 19, 20])
def test_a_resumed_search_is_one_never_cut(strategy: str, preset: str, window: int, cut: int) -> None:
    """Whatever was recorded when it was left, the continued search ends with the same attempts and asks only for the others."""
    whole = search(Scripted(TINY, 0.8), strategy, preset, window).tree
    model, again = Scripted(TINY, 0.8, scrambled(Random(5))), []
    ended = search(model, strategy, preset, window, recorded=whole.attempts[:cut], record=again.append)
    assert bare(ended.tree.attempts) == bare(whole.attempts)
    assert bare(again) == bare(whole.attempts[cut:])
    assert model.calls == len(whole.attempts[cut:])
    assert ended.tree.nodes == whole.nodes


@each_strategy
@pytest.mark.parametrize("window", [1, 8])
def test_the_budget_is_the_number_of_calls(strategy: str, window: int) -> None:
    """Never more calls than the budget, whatever the window."""
    model = Scripted(TINY, 0.9)
    ended = search(model, strategy, window=window, budget=13)
    assert model.calls == len(ended.tree.attempts) == (1 if strategy == "zero-shot" else 13)
    assert ended.end is (End.EXHAUSTED if strategy == "zero-shot" else End.BUDGET)


class Sealed(TinyTask):
    """A task whose grade nobody may ask for."""

    async def grade(self, program: Program) -> Evaluation:
        raise AssertionError("the search asked for a grade")


@each_strategy
@each_preset
def test_no_hidden_test_is_read(strategy: str, preset: str) -> None:
    """Two tasks that differ in their held-out lines alone are searched in the same way, and neither is graded."""
    known = TINY.task(0)
    other = (*known.target[: known.visible], *("hidden = 1" for _ in known.target[known.visible :]))
    trees = [search(Scripted(TINY, 0.8), strategy, preset, 4, task=Sealed(known.id, target)).tree for target in (known.target, other)]
    assert bare(trees[0].attempts) == bare(trees[1].attempts)
    assert trees[0].nodes == trees[1].nodes


@pytest.mark.parametrize("strategy", CHOOSING)
@each_preset
@pytest.mark.parametrize("actions", [some for size in (1, 2) for some in combinations(Action, size)])
def test_an_absent_action_is_never_used(strategy: str, preset: str, actions: tuple[Action, ...]) -> None:
    """But for the one program from nothing without which there is no tree; a dead node sampled again is that program."""
    tree = search(Scripted(TINY, 0.8), open_strategy(strategy, preset, actions), window=4).tree
    assert tree.attempts[0].move.action is Action.GENERATE
    used = {attempt.move.action for attempt in tree.attempts[1:] if attempt.move.target is None}
    assert used <= set(actions)


@pytest.mark.parametrize("strategy", CHOOSING)
def test_every_action_that_is_there_is_used(strategy: str) -> None:
    """A dozen searches with a model that is hardly ever right generate, improve and fix."""
    trees = [search(Scripted(TINY, 0.97), strategy, task=TINY.task(number)).tree for number in range(12)]
    used = {attempt.move.action for tree in trees for attempt in tree.attempts}
    assert used == set(Action)


class Watched:
    """A strategy whose selection must leave tree and state as they were."""

    name = "watched"

    def __init__(self, inner: Strategy[object]) -> None:
        self.inner = inner
        self.widest = 0

    @property
    def templates(self) -> Mapping[Action, str]:
        return self.inner.templates

    @property
    def stops_when_solved(self) -> bool:
        return self.inner.stops_when_solved

    def begin(self) -> object:
        return self.inner.begin()

    def select(self, tree: Tree, state: object, rng: Random) -> Move | None:
        before, seed = (deepcopy(tree.nodes), deepcopy(state)), rng.getstate()
        move = self.inner.select(tree, state, rng)
        assert (tree.nodes, state) == before
        rng.setstate(seed)
        assert self.inner.select(tree, state, rng) == move
        self.widest = max(self.widest, len(tree.in_flight))
        return move

    def backup(self, tree: Tree, state: object, node: Node) -> None:
        self.inner.backup(tree, state, node)


def folded(strategy: Strategy[object], attempts: Sequence[object]) -> tuple[list[Node], object]:
    """Nodes and state of these attempts with nothing ever in flight."""
    tree, state = Tree(), strategy.begin()
    for attempt in attempts:
        strategy.backup(tree, state, tree.add(attempt))  # type: ignore[arg-type]
    return tree.nodes, state


@each_strategy
@each_preset
def test_moves_in_flight_are_never_in_values(strategy: str, preset: str) -> None:
    """Selection changes nothing, and the nodes of a wide search are a fold over its attempts alone."""
    watched = Watched(open_strategy(strategy, preset))
    tree = search(Scripted(TINY, 0.8, scrambled(Random(1))), watched, window=8).tree
    assert watched.widest == (1 if strategy in ("sequential", "zero-shot") else 7)
    assert folded(watched.inner, tree.attempts)[0] == tree.nodes


class Mute(Scripted):
    """A model that never writes a program."""

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        self.calls += 1
        return (
            Completion("I would rather not.", 10, 5, Finish.STOP)
            if not chat.prefill.startswith("```")
            else Completion("", 10, 0, Finish.STOP)
        )


@each_strategy
@pytest.mark.parametrize("window", [1, 3])
def test_answers_without_a_program_are_survived(strategy: str, window: int) -> None:
    """They use the budget, are worth nothing, and none of them is refined."""
    ended = search(Mute(TINY), strategy, budget=6, window=window)
    assert len(ended.tree.attempts) == (1 if strategy == "zero-shot" else 6)
    assert {attempt.evaluation.reward for attempt in ended.tree.attempts} == {0.0}
    assert {attempt.move.action for attempt in ended.tree.attempts} <= {Action.GENERATE, Action.IMPROVE}
