"""The search commits in selection order, whatever the timing, and continues from what was recorded."""

from dataclasses import replace

import pytest
from scripted import Scripted
from searching import TINY, search

from gifmcts.errors import ContextOverflow, ModelUnavailable, StoreError
from gifmcts.search import End
from gifmcts.types import Action, Attempt, Chat, Completion, Evaluation, Reading, Sampling


def test_moves_in_flight_are_abandoned_when_the_task_is_solved() -> None:
    """Later moves are cancelled, not committed, and counted."""
    ended = search(Scripted(TINY, 0.0), window=4)
    assert (ended.end, len(ended.tree.attempts), ended.abandoned) == (
        End.SOLVED,
        next(attempt.index + 1 for attempt in ended.tree.attempts if attempt.evaluation.solved),
        3,
    )


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
