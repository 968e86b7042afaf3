"""An honest stand-in for a language model: it writes known solutions with faults, so that a search can run without a GPU."""

import asyncio
from collections.abc import Mapping
from difflib import SequenceMatcher
from random import Random

from gifmcts.errors import ConfigError
from gifmcts.models.catalog import ModelSettings, References
from gifmcts.models.faults import Fault, with_faults
from gifmcts.models.knowledge import Knowledge, Target
from gifmcts.models.recent import Recent
from gifmcts.models.replies import cut_at
from gifmcts.models.wording import Asked, Question, prose, question, rewriting, solution
from gifmcts.seeds import chat_key, derive
from gifmcts.types import Chat, Completion, Finish, Sampling

_REMEMBERED = 256
_LETTERS = 4
"""Characters that count as a token."""
_PROSE = 0.03
_CUT = 0.02
_ADDS = 0.2
"""Probability that a rewriting adds a fault."""
_ANEW = 0.3
"""Probability that a program which shows no known fault is written anew after another solution."""
_UNLIKE = 0.3
"""Below this share of lines shared with every known solution a program is written anew."""


class Simulated:
    """Answers the prompts that a real model gets, from the problem's known solutions; what it scores says nothing about any model.

    An answer depends on the model's seed, the chat, the sampling and the call's seed alone. Some problems are out of its reach.
    """

    name = "simulated"
    simulated = True

    def __init__(self, references: References, seed: int = 0, *, latency: float = 0.0) -> None:
        self._references = references
        self._seed = seed
        self._latency = latency
        self._known: Recent[str, Knowledge] = Recent(_REMEMBERED)

    @classmethod
    def open(cls, name: str, settings: ModelSettings, references: References, seed: int) -> "Simulated":
        """The stand-in with the run's seed; there is only one, so it takes no name."""
        if name:
            raise ConfigError(f"the simulated model has no variants: write 'simulated' instead of 'simulated/{name}'")
        return cls(references, seed, latency=settings.simulated_latency)

    async def preflight(self) -> None:
        """Nothing can be missing."""

    def facts(self) -> Mapping[str, str]:
        """The stamp of every number that comes of it."""
        return {"model": self.name, "numbers": "SIMULATED: a stand-in wrote known solutions with faults; they say nothing about any model"}

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """Answer the chat; at temperature 0 always in the same way, whatever the seed."""
        if self._latency > 0:
            await asyncio.sleep(self._latency)
        drawn = seed if sampling.temperature > 0 else 0
        rng = Random(derive("simulated", self._seed, chat.task, chat_key(chat, sampling), drawn))
        text, cut = self._answer(question(chat), self.knowledge(chat.task), rng)
        finish = Finish.LENGTH if cut else Finish.STOP
        room = sampling.max_tokens * _LETTERS
        if len(text) > room:
            text, finish = text[:room], Finish.LENGTH
        stopped = cut_at(text, sampling.stop)
        if stopped is not None:
            text, finish = stopped, Finish.STOP
        prompt = sum(_tokens(message.content) for message in chat.messages)
        return Completion(text, prompt, _tokens(text), finish, self._latency)

    async def close(self) -> None:
        """Nothing is held."""

    def knowledge(self, task: str) -> Knowledge:
        """What the model knows of a problem."""
        known = self._known.get(task)
        return known or self._known.put(task, Knowledge.of(task, self._references(task), self._seed))

    def _answer(self, asked: Question, known: Knowledge, rng: Random) -> tuple[str, bool]:
        """The whole text, and whether it was cut at a random place."""
        dice = rng.random()
        if dice < _PROSE:
            return ("```\n" + prose() if asked.prefilled and asked.asked is Asked.CONTINUE else prose()), False
        if asked.asked is Asked.REWRITE:
            mended, lines = _rewritten(asked.lines, known, rng)
            text = rewriting(mended, lines, prefilled=asked.prefilled)
        else:
            settled = asked.lines if asked.asked is Asked.CONTINUE else []
            lines = _written(settled, known, rng)
            text = "".join(f"{line}\n" for line in lines) + "```\n" if asked.prefilled else solution(settled + lines)
        if not asked.ends_line:
            text = "\n" + text
        if dice > 1 - _CUT:
            return text[: rng.randrange(len(text))], True
        return text, False


def _written(settled: list[str], known: Knowledge, rng: Random) -> list[str]:
    """The lines after the settled ones: fewer faults the less is left to write."""
    target, start = known.continuing(settled, rng)
    left = (len(target.lines) - start) / max(1, len(target.lines))
    changed = with_faults(target.lines, _several(target, start, known.faults * left, rng))
    # Faults lie at or after ``start``, so that many lines before it are unchanged.
    return changed[start:]


def _rewritten(shown: list[str], known: Knowledge, rng: Random) -> tuple[int, list[str]]:
    """How many places were mended, and the shown program with them mended towards the closest target."""
    lines = [line.rstrip() for line in shown]
    target, share = known.closest(lines)
    if share < _UNLIKE or (lines == target.lines and rng.random() < _ANEW):
        return 0, _written([], known, rng)
    extra = target.draw(rng) if rng.random() < _ADDS else None
    mended, result = 0, []
    for tag, a, b, c, d in SequenceMatcher(None, lines, target.lines, autojunk=False).get_opcodes():
        if tag == "equal":
            result += _copied(target, c, d, extra)
        elif rng.random() < known.mends:
            mended += 1
            result += target.lines[c:d]
        else:
            result += lines[a:b]
    return mended, result


def _copied(target: Target, start: int, end: int, extra: Fault | None) -> list[str]:
    """Lines of the target that the shown program has as well, with the fault that the rewriting adds if it lies there."""
    if extra is None or not start <= extra.line < end:
        return target.lines[start:end]
    before, after = target.lines[start : extra.line], target.lines[extra.line + 1 : end]
    return [*before, *([] if extra.text is None else [extra.text]), *after]


def _several(target: Target, start: int, mean: float, rng: Random) -> list[Fault]:
    """Faults at or after a line, their number Poisson distributed; at most one fault of them keeps the program from compiling."""
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1.0)
    drawn = (target.draw(rng, start) for _ in range(count))
    return [fault for fault in drawn if fault is not None]


def _tokens(text: str) -> int:
    return -(-len(text) // _LETTERS)
