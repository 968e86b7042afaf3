"""A language model asked for one transition after the other; an answer that cannot be read is a wrong prediction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.judging.asking import Predictions
from cwmb_eval.judging.session import EXTRA
from cwmb_eval.predicting import wording
from cwmb_eval.task import WorldTask
from cwmb_eval.transitions import Indices, Transitions
from gifmcts import records
from gifmcts.errors import ContextOverflow
from gifmcts.models.recording import Recorded
from gifmcts.prompting import Prompts, Situation
from gifmcts.run import first_failure
from gifmcts.seams import LanguageModel
from gifmcts.seeds import chat_key, completion_seed, derive
from gifmcts.store import write_whole
from gifmcts.types import Chat, Completion, Finish, Sampling

TEMPLATE: Final = "predict"
_OVERFLOW: Final = Completion("", 0, 0, Finish.OVERFLOW)


@dataclass(slots=True)
class Asker:
    """A model and how it is asked; it keeps every answer, so that ``replay/FILE`` can give it again."""

    model: LanguageModel
    prompts: Prompts
    sampling: Sampling
    seed: int = 0
    concurrency: int = 1
    answered: list[Recorded] = field(default_factory=list)

    async def ask(self, chat: Chat) -> Completion:
        """An answer; one of no text where the chat does not fit into the context.

        Raises:
            ModelError: the model cannot answer now, or never will.
        """
        seed = completion_seed(self.seed, chat.task, chat_key(chat, self.sampling), 0)
        try:
            completion = await self.model.complete(chat, self.sampling, seed)
        except ContextOverflow:
            completion = _OVERFLOW
        self.answered.append(Recorded(chat.task, chat.messages, self.sampling, seed, completion, self.model.simulated))
        return completion

    def keep(self, path: Path) -> None:
        """Write down what was answered so far, a line an answer, in the order of the questions."""
        lines = sorted(self.answered, key=lambda one: one.task)
        write_whole(path, b"".join(records.encode(one) + b"\n" for one in lines))


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What a language model predicts for some transitions."""

    found: Predictions
    completions: Sequence[Completion]
    unreadable: Sequence[str]
    """Why answers could not be read, one each."""


def drawn(some: Transitions, name: str, samples: int, seed: int) -> Indices:
    """Rows, each at most once, in their order."""
    rng = np.random.default_rng(derive("cwmb", "predicting", seed, name))
    return np.sort(rng.choice(len(some), min(samples, len(some)), replace=False))


def known(some: Transitions, spec: EnvironmentSpec, task: str) -> str:
    """The right answer to a question, which the simulated model writes with faults."""
    row = int(task.rpartition(".")[2])
    return wording.answer(some.next_observation[row], int(some.valid[row]), float(some.reward[row]), bool(some.terminated[row]), spec)


async def predict(asker: Asker, task: WorldTask, some: Transitions, rows: Indices) -> Predicted:
    """Ask about these rows, ``concurrency`` of them at the same time.

    Raises:
        ModelError: the model cannot answer now, or never will; what was answered is kept.
    """
    spec, free = task.spec, asyncio.Semaphore(asker.concurrency)

    async def one(row: int) -> Completion:
        async with free:
            return await asker.ask(_chat(asker.prompts, task, some, row))

    try:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(one(int(row))) for row in rows]
    except ExceptionGroup as errors:
        raise first_failure(errors) from None
    completions = [done.result() for done in asked]
    table = np.full((len(rows), spec.observations.width + EXTRA), np.nan)
    unreadable = []
    for place, completion in enumerate(completions):
        try:
            table[place] = wording.read(completion.text, spec)
        except ValueError as error:
            unreadable.append("the chat does not fit into the context" if completion is _OVERFLOW else str(error))
    return Predicted(Predictions(rows, table), completions, unreadable)


def _chat(prompts: Prompts, task: WorldTask, some: Transitions, row: int) -> Chat:
    spec = task.spec
    case = {
        "state": wording.shown(some.observation[row], spec),
        "action": wording.acted(some.action[row], spec),
        "form": wording.form(spec),
        "valid": "asked" if spec.valid_actions else "",
    }
    chat = prompts.render(TEMPLATE, task, Situation("", "", None, None, case))
    return replace(chat, task=f"{task.id}.{row:06}")
