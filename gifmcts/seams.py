"""The seams between rooms: what the engine asks of a task, a strategy, a model and a benchmark."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, runtime_checkable

from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Chat, Completion, Evaluation, Label, Move, Program, Refusal, Sampling, Scoring

if TYPE_CHECKING:
    from gifmcts.store import RunFolder


class Task(Protocol):
    """One problem of a benchmark: what the model may read, what the search may see, and what only the report sees."""

    @property
    def id(self) -> str:
        """Unique within the benchmark; letters, digits, ``.``, ``_`` and ``-``."""
        ...

    @property
    def fields(self) -> Mapping[str, str]:
        """Texts for the templates, such as the statement; nothing of a right answer."""
        ...

    @property
    def cases(self) -> Mapping[str, Mapping[str, str]]:
        """Search-visible tests by check name: texts for the improve template (``input``, ``expected``), shortened."""
        ...

    @property
    def group(self) -> str:
        """What reports are broken down by, such as the difficulty."""
        ...

    @property
    def label(self) -> Label:
        """Who saw the tests that score this task."""
        ...

    async def evaluate(self, program: Program) -> Evaluation:
        """The reward, from tests that the search may see.

        Raises:
            JudgingFailed: the program could not be judged through no fault of its own.
        """
        ...

    async def grade(self, program: Program) -> Evaluation:
        """The score that is reported: every test confirmed on its own; ``reward`` is the share of the scoring tests passed."""
        ...


State = TypeVar("State")


class Strategy(Protocol[State]):
    """A search policy: configuration only, no I/O; the same attempts and generator give the same move."""

    name: ClassVar[str]

    @property
    def templates(self) -> Mapping[Action, str]:
        """Which prompt template each action uses."""
        ...

    @property
    def stops_when_solved(self) -> bool:
        """Whether the search ends at the first attempt that passes every visible test."""
        ...

    def begin(self) -> State:
        """The state of a tree that has only its root."""
        ...

    def select(self, tree: Tree, state: State, rng: Random) -> Move | None:
        """The next move, or ``None`` for nothing now; changes neither tree nor state."""
        ...

    def backup(self, tree: Tree, state: State, node: Node) -> None:
        """Account for the attempt that was just committed into ``node``."""
        ...


class LanguageModel(Protocol):
    """Continues chats."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether its numbers say nothing about any real model and are stamped so."""
        ...

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """Continue the chat.

        Raises:
            ContextOverflow: the chat and the answer's room do not fit into the context.
            ModelUnavailable: the model cannot answer now; the tree waits, no attempt is spent.
        """
        ...

    async def close(self) -> None:
        """Give back connections and processes."""
        ...


@runtime_checkable
class Monitored(Protocol):
    """A language model whose servers tell what they do."""

    def monitors(self) -> Sequence[str]:
        """The addresses of their metrics in the text form of Prometheus; they may change while it runs."""
        ...


class Benchmark(Protocol):
    """What an adapter is to the engine: an entry point that opens to tasks."""

    name: ClassVar[str]
    prompts: ClassVar[str]
    """The directory of its templates below ``prompts/``."""
    options: ClassVar[type]
    """A frozen dataclass; ``Benchmark(options)`` opens nothing yet."""
    local: ClassVar[frozenset[str]]
    """Options that change no result, such as how many workers there are: a run may be continued with others."""
    judging: ClassVar[frozenset[str]]
    """Options that change how a program is judged and not which problems are posed: the arms of an ablation may differ in them."""
    commands: ClassVar[Mapping[str, str]]
    """Extra commands: name to ``module:function``, imported when called; ``grade`` is what grades files of programs."""

    def open(self) -> AbstractAsyncContextManager[None]:
        """Hold what tasks need (a sandbox) for the time of a run.

        Raises:
            PreflightError: this machine cannot judge programs; the message says what to do.
        """
        ...

    def tasks(self) -> AsyncIterator[Task | Refusal]:
        """The tasks in a fixed order, streamed."""
        ...

    def total(self) -> int | None:
        """How many tasks there are at most, where that is cheap to tell: for progress only."""
        ...

    def references(self, task: Task) -> Sequence[str]:
        """Known solutions as plain programs; they reach the simulated model and no prompt."""
        ...

    async def check(self) -> Mapping[str, str]:
        """What works on this machine, by name; opens what it needs.

        Raises:
            PreflightError: nothing can be judged here; the message says what to do.
        """
        ...

    def facts(self) -> Mapping[str, str]:
        """What a report's header must say: data, checksum, protocol, rules, isolation."""
        ...

    def scoring(self) -> Scoring:
        """What the scores are called."""
        ...


@dataclass(frozen=True, slots=True)
class Literature:
    """A table of published numbers with those of runs beside them."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    """What must be known to compare them: which metric it is, and what could be reached at all."""


@runtime_checkable
class Cited(Protocol):
    """A benchmark about which numbers were published."""

    @classmethod
    def literature(cls, runs: Sequence["RunFolder"]) -> Literature:
        """What was published, beside some runs of the benchmark.

        Raises:
            StoreError: a folder cannot be read.
        """
        ...
