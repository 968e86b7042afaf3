"""The search commits in selection order, whatever the timing, and continues from what was recorded."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from scripted import Scripted, scrambled

from gifmcts.errors import ContextOverflow, ModelUnavailable, StoreError
from gifmcts.prompting import Prompts
from gifmcts.seams import LanguageModel
from gifmcts.search import End, Ended, Search, Setting
from gifmcts.strategies.catalog import open_strategy
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Action, Attempt, Chat, Completion, Evaluation, Reading, Sampling

TINY = Tiny(TinyOptions(lines=10))


def bare(attempts: list[Attempt]) -> list[Attempt]:
    return [replace(attempt, seconds=0.0, completion=replace(attempt.completion, seconds=0.0)) for attempt in attempts]


def search(
    model: LanguageModel,
    strategy: str = "gif-mcts",
    preset: str = "honest",
    window: int = 1,
    budget: int = 20,
    recorded: list[Attempt] | None = None,
    record: Callable[[Attempt], None] = lambda attempt: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Ended:
    setting = Setting(model, Prompts("apps"), Sampling(), 7, budget, window, stopped)
    chosen = open_strategy(strategy, preset)
    return asyncio.run(Search(TINY.task(0), chosen, setting, record, recorded or []).run())


@pytest.mark.parametrize("strategy", ["gif-mcts", "best-of-n", "zero-shot"])
@pytest.mark.parametrize("preset", ["honest", "paper"])
@pytest.mark.parametrize("window", [1, 4, 8])
def test_the_tree_does_not_depend_on_timing(strategy: str, preset: str, window: int) -> None:
    """Answers in any order give the same attempts."""
    trees = [bare(search(Scripted(TINY, 0.8, scrambled(Random(seed))), strategy, preset, window).tree.attempts) for seed in (1, 2, 3)]
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0]) == (1 if strategy == "zero-shot" else 20)


@pytest.mark.parametrize("preset", ["honest", "paper"])
@pytest.mark.parametrize("window", [1, 4])
@pytest.mark.parametrize("cut", [0, 1, 7, 19, 20])
def test_a_resumed_search_is_one_never_cut(preset: str, window: int, cut: int) -> None:
    """Whatever was recorded when it was left, the continued search ends with the same attempts and asks only for the others."""
    whole = search(Scripted(TINY, 0.8), preset=preset, window=window).tree
    model, again = Scripted(TINY, 0.8, scrambled(Random(5))), []
    ended = search(model, preset=preset, window=window, recorded=whole.attempts[:cut], record=again.append)
    assert bare(ended.tree.attempts) == bare(whole.attempts)
    assert bare(again) == bare(whole.attempts[cut:])
    assert model.calls == 20 - cut
    assert [(node.visits, node.value) for node in ended.tree.nodes] == [(node.visits, node.value) for node in whole.nodes]


def test_moves_in_flight_are_abandoned_when_the_task_is_solved() -> None:
    """Later moves are cancelled, not committed, and counted."""
    ended = search(Scripted(TINY, 0.0), window=4)
    assert (ended.end, len(ended.tree.attempts), ended.abandoned) == (
        End.SOLVED,
        next(attempt.index + 1 for attempt in ended.tree.attempts if attempt.evaluation.solved),
        3,
    )


def test_the_budget_is_the_number_of_calls() -> None:
    """Never more calls than the budget, whatever the window."""
    model = Scripted(TINY, 0.9)
    assert search(model, window=8, budget=13).end is End.BUDGET
    assert model.calls == 13


def test_a_strategy_with_nothing_left_ends_before_its_budget() -> None:
    """The end says that the strategy was exhausted."""
    assert search(Scripted(TINY, 0.9), "zero-shot").end is End.EXHAUSTED


def test_a_stopped_search_finishes_what_is_in_flight() -> None:
    """No more moves are begun, those in flight are committed, and the search can be continued."""
    seen: list[Attempt] = []
    ended = search(Scripted(TINY, 0.9), window=4, record=seen.append, stopped=lambda: len(seen) >= 5)
    assert ended.end is End.STOPPED
    assert len(seen) == 8


def test_a_record_of_another_search_is_refused() -> None:
    """A recorded attempt that this search would not have made is an error, never silently replaced."""
    attempts = search(Scripted(TINY, 0.8)).tree.attempts
    with pytest.raises(StoreError, match="attempt 3 was recorded as"):
        search(Scripted(TINY, 0.8), recorded=[*attempts[:3], replace(attempts[3], seed=1)])


class Narrow(Scripted):
    """A model whose context holds ``room`` characters."""

    room = 0

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        if sum(len(message.content) for message in chat.messages) > self.room:
            raise ContextOverflow("too long")
        return await super().complete(chat, sampling, seed)


def test_a_chat_that_never_fits_closes_its_attempt() -> None:
    """An overflow is an attempt without a program, worth nothing, and the search goes on."""
    ended = search(Narrow(TINY), budget=3)
    assert [attempt.reading for attempt in ended.tree.attempts] == [Reading.OVERFLOW] * 3
    assert {attempt.evaluation for attempt in ended.tree.attempts} == {Evaluation(0.0)}


def test_feedback_is_shortened_until_it_fits() -> None:
    """A chat that is too long with its feedback is asked without it."""
    wide = Narrow(TINY, 0.4)
    wide.room = 10**6
    attempts = search(wide).tree.attempts
    improve = next(attempt for attempt in attempts if attempt.move.action is Action.IMPROVE)
    narrow = Narrow(TINY, 0.4)
    narrow.room = sum(len(message.content) for message in improve.chat) - 1
    again = search(narrow, budget=improve.index + 1).tree.attempts[-1]
    assert again.reading is not Reading.OVERFLOW
    assert "A test that fails" in improve.chat[1].content
    assert "A test that fails" not in again.chat[1].content


class Dying(Scripted):
    """A model that is gone after some calls."""

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        if self.calls >= 5:
            raise ModelUnavailable("the server is gone")
        return await super().complete(chat, sampling, seed)


def test_a_lost_server_is_no_attempt() -> None:
    """What was committed before stays recorded, and the failure reaches the run."""
    seen: list[Attempt] = []
    with pytest.raises(ModelUnavailable):
        search(Dying(TINY, 0.9), window=3, record=seen.append)
    assert [attempt.index for attempt in seen] == [0, 1, 2, 3, 4]
