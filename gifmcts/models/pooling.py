"""One model for several runs over the same problems: what one of them was answered, the others are answered when they ask the same."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from gifmcts.errors import StoreError, UsageError
from gifmcts.models.catalog import OpenedModel
from gifmcts.models.recent import Recent
from gifmcts.seams import Monitored
from gifmcts.seeds import chat_key
from gifmcts.store import RunFolder
from gifmcts.types import Chat, Completion, Finish, Sampling

_REMEMBERED = 256
Question = tuple[str, int]
"""A chat with its sampling, and the seed, which counts how often a tree of that run seed has asked it."""


class Pooled:
    """A model that answers from the records of some runs where they have the question, and asks for the others once.

    A question is the task, the chat, the sampling and the seed. Runs of one seed derive the seed of a call from its chat and from how often
    it was asked before, so that strategies which ask the same share their answers: common random numbers.
    """

    def __init__(self, inner: OpenedModel, folders: Sequence[RunFolder]) -> None:
        """The folders need not exist yet; what stands in them is read when its task is first asked about."""
        self._inner, self._folders = inner, folders
        self._known: Recent[str, dict[Question, Completion]] = Recent(_REMEMBERED)
        self._flying: dict[tuple[str, Question], asyncio.Event] = {}
        self.hits = 0
        self.misses = 0

    @property
    def name(self) -> str:
        """The model's."""
        return self._inner.name

    @property
    def simulated(self) -> bool:
        """The model's."""
        return self._inner.simulated

    async def preflight(self) -> None:
        """Try the model; raises as it does."""
        await self._inner.preflight()

    def facts(self) -> Mapping[str, str]:
        """The model's."""
        return self._inner.facts()

    def monitors(self) -> Sequence[str]:
        """The model's, where its servers tell what they do."""
        return self._inner.monitors() if isinstance(self._inner, Monitored) else ()

    async def close(self) -> None:
        """Close the model."""
        await self._inner.close()

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """The recorded completion, or the model's own; raises as the model does. Equal questions at the same time are asked once."""
        question = chat_key(chat, sampling), seed
        while (flying := self._flying.get((chat.task, question))) is not None:
            await flying.wait()
        known = self._of(chat.task)
        if (found := known.get(question)) is not None:
            self.hits += 1
            return found
        flying = self._flying[chat.task, question] = asyncio.Event()
        try:
            answer = await self._inner.complete(chat, sampling, seed)
            known[question] = answer
            self.misses += 1
            return answer
        finally:
            del self._flying[chat.task, question]
            flying.set()

    def _of(self, task: str) -> dict[Question, Completion]:
        known = self._known.get(task)
        return known if known is not None else self._known.put(task, self._read(task))

    def _read(self, task: str) -> dict[Question, Completion]:
        found: dict[Question, Completion] = {}
        for folder in self._folders:
            try:
                sampling = msgspec.convert(folder.manifest().config["sampling"], Sampling)
                attempts = folder.tree(task)[1]
            except (UsageError, StoreError):
                continue  # not begun there, or begun and without a line yet
            for attempt in attempts:
                if attempt.completion.finish is not Finish.OVERFLOW:
                    found.setdefault((chat_key(Chat(attempt.chat, task), sampling), attempt.seed), attempt.completion)
        return found
