"""Questions that come one by one and are answered many at a time, in a thread of their own so that the event loop stays free."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

_GATHER_SECONDS = 0.01
"""How long the first question waits for those that are asked together with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked(Generic[Question, Answer]):
    """A question in work."""

    question: Question
    answer: "asyncio.Future[Answer]"
    closing: Callable[[], bool]

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the answer any more; may be read from any thread."""
        return self.answer.cancelled() or self.closing()


class Batches(Generic[Question, Answer]):
    """Hands questions of one kind together to ``answers``, first come first served, at most ``size`` at a time.

    ``answers`` gets a batch and returns an answer to each of its questions in their order, abandoned ones included; it is called
    from one thread, never twice at once. What it raises is raised to everybody of the batch.
    """

    def __init__(
        self, answers: Callable[[Sequence[Asked[Question, Answer]]], Sequence[Answer]], kind: Callable[[Question], Hashable], size: int
    ) -> None:
        self._answers, self._kind, self._size = answers, kind, size
        self._waiting: list[Asked[Question, Answer]] = []
        self._thread: ThreadPoolExecutor | None = None
        self._work: asyncio.Task[None] | None = None
        self._closing = False

    async def ask(self, question: Question) -> Answer:
        """The answer; a caller who is cancelled gives up the question."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        asked = Asked(question, answer, lambda: self._closing)
        self._waiting.append(asked)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await answer

    async def close(self) -> None:
        """Give up every question and wait for the thread's end; later questions begin a new one."""
        self._closing = True
        for asked in self._waiting:
            asked.answer.cancel()
        if self._work is not None:
            await asyncio.wait({self._work})
        if self._thread is not None:
            self._thread.shutdown()
        self._thread = self._work = None
        self._closing = False

    async def _answer_all(self) -> None:
        """Answer batch after batch until nobody waits."""
        self._thread = self._thread or ThreadPoolExecutor(1, "answers")
        while self._waiting:
            await asyncio.sleep(_GATHER_SECONDS)
            batch = self._next()
            if not batch:
                continue
            work = asyncio.get_running_loop().run_in_executor(self._thread, self._answers, batch)
            await asyncio.wait({work})
            _hand_out(batch, work)

    def _next(self) -> list[Asked[Question, Answer]]:
        """The question that has waited longest and those of its kind, taken out of the line."""
        self._waiting = [asked for asked in self._waiting if not asked.abandoned]
        if not self._waiting:
            return []
        kind = self._kind(self._waiting[0].question)
        batch = [asked for asked in self._waiting if self._kind(asked.question) == kind][: self._size]
        self._waiting = [asked for asked in self._waiting if asked not in batch]
        return batch


def _hand_out(batch: Sequence[Asked[Question, Answer]], work: "asyncio.Future[Sequence[Answer]]") -> None:
    """Give each answer, or the failure of all, to those who still wait."""
    error = work.exception()
    for place, asked in enumerate(batch):
        if asked.answer.done():
            continue
        if error is None:
            asked.answer.set_result(work.result()[place])
        else:
            asked.answer.set_exception(error)
