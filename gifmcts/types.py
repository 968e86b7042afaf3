"""The nouns of the search: what is asked, what was answered, what it was worth, and the seams between rooms."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

if TYPE_CHECKING:
    from gifmcts.tree import Node, Tree


class Action(StrEnum):
    """The three ways in which a model makes a program of a node (arXiv 2405.15383, section 4)."""

    GENERATE = "generate"
    IMPROVE = "improve"
    FIX = "fix"


@dataclass(frozen=True, slots=True)
class Program:
    """A complete program and how many of its first lines were settled before the model wrote the rest."""

    source: str
    kept: int = 0

    @property
    def lines(self) -> list[str]:
        """The program's lines, without their ends; only a line feed ends one, as in Python's own grammar after newline translation."""
        lines = self.source.split("\n")
        return lines if lines[-1] else lines[:-1]


class Verdict(StrEnum):
    """What is known of one program on one test."""

    PASS = "pass"
    WRONG = "wrong"
    ERROR = "error"
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    CRASH = "crash"
    COMPILE = "compile"
    SKIPPED = "skipped"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Check:
    """One test's verdict; ``detail`` holds what the program did there, shortened and masked, ready for a template.

    Keys of ``detail`` are the benchmark's (APPS: ``got`` or ``error``); what the test expects stands once in ``Task.cases``.
    """

    name: str
    verdict: Verdict
    detail: Mapping[str, str] = field(default_factory=dict)


class Stage(StrEnum):
    """When a broken program breaks."""

    COMPILE = "compile"
    EXCEPTION = "exception"
    """It compiles, and every test ended in an exception."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a program cannot run at all: what the fix action shows to the model."""

    stage: Stage
    error: str
    """The exception's type, such as ``SyntaxError``."""
    message: str
    line_number: int | None = None
    """Counted from 1 in the program's source."""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a program is worth: the share of tests passed in [0, 1], why it is broken if it is, and every check."""

    reward: float
    broken: Broken | None = None
    checks: tuple[Check, ...] = ()

    @property
    def solved(self) -> bool:
        """Whether every test passes; there must be one."""
        return bool(self.checks) and all(check.verdict is Verdict.PASS for check in self.checks)


class Role(StrEnum):
    """Who speaks in a chat."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Chat:
    """What the model is asked; a last message by the assistant is an open prefill that the model continues.

    ``task`` is a routing key (one problem stays on one replica) and is never sent to a model.
    """

    messages: tuple[Message, ...]
    task: str

    @property
    def prefill(self) -> str:
        """The text that the model is to continue; empty when it answers freely."""
        last = self.messages[-1]
        return last.content if last.role is Role.ASSISTANT else ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; ``None`` leaves a setting to the server."""

    temperature: float = 1.0
    top_p: float | None = 0.8
    top_k: int | None = 100
    max_tokens: int = 1500
    stop: tuple[str, ...] = ()


class Finish(StrEnum):
    """Why the model stopped writing."""

    STOP = "stop"
    LENGTH = "length"
    OVERFLOW = "overflow"
    """The chat did not fit into the context; there is no text."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote after the chat: only the new text, never the prefill."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: Finish
    seconds: float = 0.0
    cached_tokens: int = 0
    reasoning: str = ""
    """What a reasoning model thought before its answer; never part of a program."""


@dataclass(frozen=True, slots=True)
class Move:
    """A selected expansion: ``action`` applied to ``node``; ``target`` names an existing child that is sampled again."""

    node: int
    action: Action
    target: int | None = None


class Reading(StrEnum):
    """What became of an answer on its way to a program."""

    PROGRAM = "program"
    CUT = "cut"
    """Ended by the length limit; the whole lines are kept as the program."""
    UNREADABLE = "unreadable"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model call and all that came of it: the only thing a search stores, and all that a tree is made of."""

    index: int
    move: Move
    seed: int
    chat: tuple[Message, ...]
    completion: Completion
    reading: Reading
    program: Program | None
    evaluation: Evaluation
    seconds: float = 0.0
    """Wall seconds of the evaluation; outside the digest."""


class Label(StrEnum):
    """Who saw the tests that score a task."""

    HELD_OUT = "held-out"
    ORACLE = "oracle"
    """The search was rewarded by the very tests that score it."""
    ORACLE_ONLY = "oracle-only"
    """Too few tests to hold any out: reported apart from the held-out number, never in it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A task that cannot be posed, and why: reported, counted, and never a reason to stop the others."""

    id: str
    reason: str


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

    def select(self, tree: "Tree", state: State, rng: Random) -> Move | None:
        """The next move, or ``None`` for nothing now; changes neither tree nor state."""
        ...

    def backup(self, tree: "Tree", state: State, node: "Node") -> None:
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


class Benchmark(Protocol):
    """What an adapter is to the engine: an entry point that opens to tasks."""

    name: ClassVar[str]
    prompts: ClassVar[str]
    """The directory of its templates below ``prompts/``."""
    options: ClassVar[type]
    """A frozen dataclass; ``Benchmark(options)`` opens nothing yet."""
    local: ClassVar[frozenset[str]]
    """Options that change no result, such as how many workers there are: a run may be continued with others."""
    commands: ClassVar[Mapping[str, str]]
    """Extra commands: name to ``module:function``, imported when called."""

    def open(self) -> AbstractAsyncContextManager[None]:
        """Hold what tasks need (a sandbox) for the time of a run.

        Raises:
            PreflightError: this machine cannot judge programs; the message says what to do.
        """
        ...

    def tasks(self) -> AsyncIterator["Task | Refusal"]:
        """The tasks in a fixed order, streamed."""
        ...

    def references(self, task: Task) -> Sequence[str]:
        """Known solutions as plain programs; they reach the simulated model and no prompt."""
        ...

    async def check(self) -> Mapping[str, str]:
        """What works on this machine, by name; raises with what to do when nothing can be judged."""
        ...

    def facts(self) -> Mapping[str, str]:
        """What a report's header must say: data, checksum, protocol, rules, isolation."""
        ...
