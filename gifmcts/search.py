"""One problem's search: select, ask, evaluate and commit, with moves in flight and commits in the order of selection."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter
from typing import Generic

from gifmcts.duplicates import Duplicates, Originals, transferred
from gifmcts.errors import ContextOverflow, StoreError
from gifmcts.prompting import Prompts, Situation, situation
from gifmcts.reading import read_program
from gifmcts.seams import LanguageModel, State, Strategy, Task
from gifmcts.seeds import attempt_rng, chat_key, completion_seed
from gifmcts.tree import Tree
from gifmcts.types import Attempt, Chat, Completion, Evaluation, Finish, Move, Sampling
from gifmcts.waits import Place, Waits


class End(StrEnum):
    """Why a search ended."""

    SOLVED = "solved"
    BUDGET = "budget"
    EXHAUSTED = "exhausted"
    """The strategy has nothing left to offer."""
    STOPPED = "stopped"
    """The run was told to stop; a later start goes on."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all searches of a run share."""

    model: LanguageModel
    prompts: Prompts
    sampling: Sampling
    seed: int
    budget: int
    """Model calls a task, at least 1."""
    window: int = 1
    """Moves in flight a task, at least 1."""
    stopped: Callable[[], bool] = lambda: False
    """Asked before each selection; once true, moves in flight are finished and no more are begun."""
    duplicates: Duplicates = Duplicates.ONCE
    """Whether a program that its tree has already is evaluated again."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A search's end: its tree, why it ended, and how many moves in flight were abandoned because the task was solved."""

    tree: Tree
    end: End
    abandoned: int = 0


@dataclass(slots=True)
class _Flight:
    """A selected move on its way to an attempt; a recorded attempt has arrived already."""

    move: Move
    attempt: asyncio.Task[Attempt] | Attempt


class Search(Generic[State]):
    """A search over one task.

    Move t is selected when exactly the attempts 0 … t−W are committed, and attempts are committed in the order in which their moves were
    selected, so that the tree depends on seed and window W and never on timing. Recorded attempts are committed again instead of asking
    the model, which is how a run is resumed.
    """

    def __init__(
        self,
        task: Task,
        strategy: Strategy[State],
        setting: Setting,
        record: Callable[[Attempt], None],
        recorded: Sequence[Attempt] = (),
    ) -> None:
        """``record`` is called once for every new attempt, when it is committed."""
        self.task, self.strategy, self.setting = task, strategy, setting
        self.tree = Tree()
        self._record, self._recorded = record, recorded
        self._flights: deque[_Flight] = deque()
        self._asked: Counter[str] = Counter()
        self._originals = Originals()
        self.waits = Waits()

    async def run(self) -> Ended:
        """Search until the task is solved, the budget is spent, nothing is left to offer or the run stops.

        Raises:
            ModelUnavailable, ModelRefused: the model gave no completion; committed attempts stay recorded.
            StoreError: the recorded attempts are not those of this search.
        """
        state = self.strategy.begin()
        try:
            while True:
                self._fill(state)
                if not self._flights:
                    return Ended(self.tree, self._end())
                attempt = self._flights[0].attempt
                attempt = attempt if isinstance(attempt, Attempt) else await attempt
                self._commit(state, attempt)
                if attempt.evaluation.solved and self.strategy.stops_when_solved:
                    return Ended(self.tree, End.SOLVED, len(self._flights))
        finally:
            await self._abandon()

    def _end(self) -> End:
        if len(self.tree.attempts) >= self.setting.budget:
            return End.BUDGET
        return End.STOPPED if self.setting.stopped() else End.EXHAUSTED

    def _fill(self, state: State) -> None:
        """Select moves until the window is full, the budget is spent, or the strategy offers nothing now."""
        while len(self._flights) < self.setting.window:
            index = len(self.tree.attempts) + len(self._flights)
            if index >= self.setting.budget or (index >= len(self._recorded) and self.setting.stopped()):
                return
            move = self.strategy.select(self.tree, state, attempt_rng(self.setting.seed, self.task.id, index, "select"))
            if move is None:
                return
            self.tree.in_flight.append(move)
            self._flights.append(_Flight(move, self._start(index, move)))

    def _start(self, index: int, move: Move) -> asyncio.Task[Attempt] | Attempt:
        """Render the move's chat and send it on its way, or take its attempt from the record."""
        node = self.tree.nodes[move.node]
        shown = situation(self.task, node, attempt_rng(self.setting.seed, self.task.id, index, "render"))
        template = self.strategy.templates[move.action]
        chat = self.setting.prompts.render(template, self.task, shown)
        key = chat_key(chat, self.setting.sampling)
        seed = completion_seed(self.setting.seed, self.task.id, key, self._asked[key])
        self._asked[key] += 1
        if index < len(self._recorded):
            attempt = self._recorded[index]
            if (attempt.index, attempt.move, attempt.seed) != (index, move, seed):
                raise StoreError(
                    f"task {self.task.id}: attempt {index} was recorded as {attempt.move} with seed {attempt.seed}, "
                    f"but this search asks for {move} with seed {seed}; another version made the run, or its file was changed: "
                    f"use --fresh or another --runs"
                )
            self._originals.enter(index, attempt.program)
            return attempt
        return asyncio.create_task(self._attempt(index, move, seed, template, shown, chat))

    async def _attempt(self, index: int, move: Move, seed: int, template: str, shown: Situation, chat: Chat) -> Attempt:
        """Ask, read and evaluate."""
        chat, completion = await self._complete(template, shown, chat, seed)
        reading, program = read_program(chat, completion)
        first = await self._originals.original(index, program) if self.setting.duplicates is Duplicates.ONCE else index
        if first != index and program is not None:
            known = await self._arrived(first)
            worth = transferred(known.evaluation, known.program.source if known.program else "", program.source)
            return Attempt(index, move, seed, chat.messages, completion, reading, program, worth, duplicate_of=first)
        started = perf_counter()
        with self.waits.on(Place.SANDBOX):
            evaluation = await self.task.evaluate(program) if program else Evaluation(0.0)
        seconds = perf_counter() - started if program else 0.0
        seen = replace(evaluation, footprints=())
        return Attempt(index, move, seed, chat.messages, completion, reading, program, seen, seconds, evaluation.footprint)

    async def _arrived(self, index: int) -> Attempt:
        """An earlier attempt, committed or on its way."""
        if index < len(self.tree.attempts):
            return self.tree.attempts[index]
        attempt = self._flights[index - len(self.tree.attempts)].attempt
        return attempt if isinstance(attempt, Attempt) else await asyncio.shield(attempt)

    async def _complete(self, template: str, shown: Situation, chat: Chat, seed: int) -> tuple[Chat, Completion]:
        """The completion of the fullest chat that fits into the model's context; none at all is a completion by overflow."""
        prompts, model, sampling = self.setting.prompts, self.setting.model, self.setting.sampling
        for room in range(prompts.rooms):
            smaller = prompts.render(template, self.task, shown, room) if room else chat
            if room and smaller == chat:
                continue
            chat = smaller
            try:
                with self.waits.on(Place.MODEL):
                    return chat, _clean(await model.complete(chat, sampling, seed))
            except ContextOverflow:
                continue
        return chat, Completion("", 0, 0, Finish.OVERFLOW)

    def _commit(self, state: State, attempt: Attempt) -> None:
        self._flights.popleft()
        del self.tree.in_flight[0]
        node = self.tree.add(attempt)
        self.strategy.backup(self.tree, state, node)
        if attempt.index >= len(self._recorded):
            self._record(attempt)

    async def _abandon(self) -> None:
        """Cancel what is in flight; it was not committed and is outside the tree."""
        left = [flight.attempt for flight in self._flights if isinstance(flight.attempt, asyncio.Task)]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _clean(completion: Completion) -> Completion:
    """The completion with text that every file can hold: a server may answer lone surrogates."""
    if completion.text.isascii() and completion.reasoning.isascii():
        return completion
    text, reasoning = (text.encode("utf-8", "replace").decode() for text in (completion.text, completion.reasoning))
    return replace(completion, text=text, reasoning=reasoning)
