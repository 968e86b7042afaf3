"""One pool of answers for several runs: what one was told, the others are told, and nothing is asked twice."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from finished_runs import finished
from scripted import Scripted, scrambled

from gifmcts.errors import ModelUnavailable
from gifmcts.models.catalog import OpenedModel
from gifmcts.models.pooling import Pooled
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Chat, Completion, Message, Role, Sampling

TINY = Tiny(TinyOptions(problems=5, lines=10))


class Opened(Scripted, OpenedModel):
    """The scripted model as the catalogue would open it."""

    closed = False

    async def preflight(self) -> None: ...

    def facts(self) -> dict[str, str]:
        return {"model": "scripted"}

    async def close(self) -> None:
        self.closed = True


def chat(number: int = 0, text: str = "Write it.") -> Chat:
    return Chat((Message(Role.USER, text),), f"tiny-{number}")


def test_equal_questions_are_asked_once() -> None:
    """Task, chat, sampling and seed make a question; at the same time or later, the answer is the same one."""
    inner = Opened(TINY, 0.5, scrambled(Random(1)))
    model = Pooled(inner, [])
    questions = [
        (chat(), Sampling(), 1),
        (chat(1), Sampling(), 1),
        (chat(text="Else."), Sampling(), 1),
        (chat(), Sampling(0.5), 1),
        (chat(), Sampling(), 2),
    ]

    async def ask() -> list[Completion]:
        return await asyncio.gather(*(model.complete(*question) for question in questions * 3))

    answers = asyncio.run(ask())
    assert (inner.calls, model.misses, model.hits) == (5, 5, 10)
    assert answers[:5] == answers[5:10] == answers[10:]


class Failing(Opened):
    """A model whose first answer is lost."""

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        answer = await super().complete(chat, sampling, seed)
        if self.calls == 1:
            raise ModelUnavailable("gone")
        return answer


def test_who_waits_for_a_lost_answer_asks_for_it() -> None:
    """The failure is its asker's alone."""
    model = Pooled(Failing(TINY, 0.5, scrambled(Random(1))), [])

    async def ask() -> list[Completion | BaseException]:
        return await asyncio.gather(*(model.complete(chat(), Sampling(), 1) for _ in range(3)), return_exceptions=True)

    first, second, third = asyncio.run(ask())
    assert isinstance(first, ModelUnavailable)
    assert isinstance(second, Completion)
    assert second == third
    assert (model.misses, model.hits) == (1, 1)


def test_a_cancelled_asker_leaves_the_question_to_the_others() -> None:
    """Nobody waits for an answer that nobody fetches."""

    async def ask() -> Completion:
        model = Pooled(Opened(TINY, 0.5, scrambled(Random(1))), [])
        asker = asyncio.create_task(model.complete(chat(), Sampling(), 1))
        waiter = asyncio.create_task(model.complete(chat(), Sampling(), 1))
        await asyncio.sleep(0)
        asker.cancel()
        return await waiter

    assert asyncio.run(ask()).text


def test_recorded_runs_are_the_pool(tmp_path: Path) -> None:
    """Every question of a finished run is answered from its folder, and a folder that is not there yet is no error."""
    folder = finished(tmp_path / "run", Scripted, 0.6, TinyOptions(problems=5, lines=10), budget=6)
    inner = Opened(TINY, 0.0)
    model = Pooled(inner, [type(folder)(tmp_path / "missing"), folder])
    attempts = [(task, attempt) for task in folder.tasks() for attempt in folder.tree(task)[1]]

    async def ask() -> list[Completion]:
        return [await model.complete(Chat(attempt.chat, task), Sampling(), attempt.seed) for task, attempt in attempts]

    assert asyncio.run(ask()) == [attempt.completion for _, attempt in attempts]
    assert (inner.calls, model.hits) == (0, len(attempts))


def test_it_is_the_model_in_all_else() -> None:
    """Name, stamp and facts are the model's, and closing closes it."""
    inner = Opened(TINY)
    model = Pooled(inner, [])
    asyncio.run(model.preflight())
    assert (model.name, model.simulated, model.facts()) == ("scripted", True, {"model": "scripted"})
    asyncio.run(model.close())
    assert inner.closed


@pytest.mark.parametrize("repeats", [1, 2])
def test_repeats_are_not_made_equal(repeats: int) -> None:
    """The same chat asked again by a tree has another seed, hence another answer."""
    model = Pooled(Opened(TINY, 0.5), [])
    answers = [asyncio.run(model.complete(chat(), Sampling(), seed)).text for seed in range(repeats)]
    assert len(set(answers)) == repeats
