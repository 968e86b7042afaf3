"""Questions that come together are answered together, and nobody waits for an answer that nobody wants."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import TypeVar

import pytest

from gifmcts.models.batching import Asked, Batches

Result = TypeVar("Result")


class Doubling:
    """Answers numbers by their doubles; the kind of a number is its parity. Batches wait for ``go`` once ``held``."""

    def __init__(self, size: int = 4) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.line = Batches(self.answer, lambda number: number % 2, size)

    def answer(self, batch: Sequence[Asked[int, int]]) -> list[int]:
        self.threads.add(threading.get_ident())
        self.batches.append([asked.question for asked in batch])
        self.begun.set()
        while not self.go.wait(0.01):
            if all(asked.abandoned for asked in batch):
                break
        if any(asked.question < 0 for asked in batch):
            raise ValueError("a negative number")
        return [2 * asked.question for asked in batch]

    def run(self, work: Coroutine[None, None, Result]) -> Result:
        async def whole() -> Result:
            try:
                return await work
            finally:
                await self.line.close()

        return asyncio.run(whole())

    async def ask(self, *numbers: int) -> list[int | BaseException]:
        return list(await asyncio.gather(*map(self.line.ask, numbers), return_exceptions=True))


def test_what_is_asked_together_is_answered_together() -> None:
    """In batches of one kind, first come first served, each answer to its question."""
    doubling = Doubling()
    assert doubling.run(doubling.ask(*range(12))) == [2 * number for number in range(12)]
    assert doubling.batches == [[0, 2, 4, 6], [1, 3, 5, 7], [8, 10], [9, 11]]


def test_the_event_loop_stays_free() -> None:
    """While a batch is in work the loop goes on: here it is the loop itself that lets the batch end."""
    doubling = Doubling()
    doubling.go.clear()

    async def work() -> list[int | BaseException]:
        asking = asyncio.create_task(doubling.ask(1, 3))
        await asyncio.to_thread(doubling.begun.wait)
        doubling.go.set()
        return await asking

    assert doubling.run(work()) == [2, 6]
    assert doubling.threads.isdisjoint({threading.get_ident()})
    assert len(doubling.threads) == 1


def test_given_up_questions_are_not_answered() -> None:
    """A caller who is cancelled leaves the line, and a batch that nobody waits for can end at once."""
    doubling = Doubling(size=1)
    doubling.go.clear()

    async def work() -> list[int | BaseException]:
        asking = [asyncio.create_task(doubling.line.ask(number)) for number in (1, 3, 5)]
        await asyncio.to_thread(doubling.begun.wait)
        asking[0].cancel()
        asking[1].cancel()
        doubling.begun.clear()
        await asyncio.to_thread(doubling.begun.wait)
        doubling.go.set()
        return list(await asyncio.gather(*asking, return_exceptions=True))

    first, second, third = doubling.run(work())
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(second, asyncio.CancelledError)
    assert third == 10
    assert doubling.batches == [[1], [5]]


def test_closing_gives_everything_up() -> None:
    """Whoever waits is cancelled, the thread ends, and the line can be used again in another event loop."""
    doubling = Doubling(size=1)
    doubling.go.clear()

    async def work() -> list[int | BaseException]:
        asking = asyncio.create_task(doubling.ask(1, 3))
        await asyncio.to_thread(doubling.begun.wait)
        await doubling.line.close()
        return await asking

    first, second = doubling.run(work())
    assert first == 2, "a batch that could be finished is handed out"
    assert isinstance(second, asyncio.CancelledError)
    doubling.go.set()
    assert doubling.run(doubling.ask(5)) == [10]


def test_a_failure_reaches_everybody_of_its_batch_and_nobody_else() -> None:
    """The next batch is answered as if nothing had happened."""
    doubling = Doubling()
    first, second, third = doubling.run(doubling.ask(-2, 4, 3))
    assert str(first) == str(second) == "a negative number"
    assert third == 6
    with pytest.raises(ValueError, match="negative"):
        doubling.run(doubling.line.ask(-1))
