"""A language model for tests whose answers are a function of chat and seed, with a timing that the test chooses."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from gifmcts.seams import LanguageModel
from gifmcts.seeds import chat_key
from gifmcts.tiny import Tiny
from gifmcts.types import Chat, Completion, Finish, Sampling


class Scripted(LanguageModel):
    """Writes the known program of a tiny task with mistakes; ``wait`` delays an answer, ``calls`` counts them."""

    def __init__(self, benchmark: Tiny, mistakes: float = 0.3, wait: Callable[[Chat, int], Awaitable[None]] | None = None) -> None:
        self._benchmark, self._mistakes, self._wait = benchmark, mistakes, wait
        self.calls = 0

    @property
    def name(self) -> str:
        return "scripted"

    @property
    def simulated(self) -> bool:
        return True

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """The task's lines, each wrong with probability ``mistakes``; now and then a syntax slip, a short program, a cut or none at all."""
        self.calls += 1
        if self._wait:
            await self._wait(chat, seed)
        rng = Random(f"{seed} {chat_key(chat, sampling)}")
        target = self._benchmark.task(int(chat.task.removeprefix("tiny-"))).target
        settled = chat.prefill.split("\n")[1:-1] if chat.prefill.startswith("```") else []
        lines = [line if rng.random() > self._mistakes else f"{line} + 1" for line in target][len(settled) :]
        kind = rng.random()
        if kind < 0.1:
            lines = ["value = (1", *lines]
        if 0.08 < kind < 0.3:
            lines = lines[:1]
        if kind > 0.95:
            lines = []
        code = "".join(f"{line}\n" for line in lines)
        text = f"{code}```" if chat.prefill.startswith("```") else f"It is wrong.\n```python\n{code}```"
        cut = 0.9 < kind < 0.95
        return Completion(text[:-20] if cut else text, 10, len(text) // 4, Finish.LENGTH if cut else Finish.STOP)

    async def close(self) -> None:
        """Nothing to give back."""


def scrambled(rng: Random) -> Callable[[Chat, int], Awaitable[None]]:
    """A delay of a random number of event-loop turns: answers come in any order, without any clock."""

    async def wait(chat: Chat, seed: int) -> None:
        for _ in range(rng.randrange(30)):
            await asyncio.sleep(0)

    return wait
