"""The nouns of the search: what is asked, what was answered, and what it was worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Footprint:
    """What running a test left behind besides its verdict, or all tests of an evaluation together.

    It differs from run to run, so no decision rests on it and it stands outside of every digest.
    """

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    """Peak resident memory; of several tests the highest."""
    written_bytes: int = 0
    near_limit: int = 0
    """How many tests ended by themselves so near to the time limit that another machine may decide otherwise; of one test 0 or 1."""
    stderr: str = ""
    """The last lines of the error stream, masked; only of a test that was not passed, of several the first that has any."""


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
    footprints: tuple[Footprint, ...] = ()
    """One for each check, in their order; empty where a benchmark measures nothing."""

    @property
    def footprint(self) -> Footprint | None:
        """What all checks together left behind; ``None`` where nothing was measured."""
        parts = self.footprints
        if not parts:
            return None
        return Footprint(
            round(sum(part.cpu_seconds for part in parts), 6),
            max(part.memory_bytes for part in parts),
            sum(part.written_bytes for part in parts),
            sum(part.near_limit for part in parts),
            next((part.stderr for part in parts if part.stderr), ""),
        )

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
    footprint: Footprint | None = None
    """Of all visible tests together; outside the digest."""
    duplicate_of: int | None = None
    """The first attempt of the tree with the same program, whose evaluation this one has; outside the digest, which has both programs."""


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


@dataclass(frozen=True, slots=True)
class Scoring:
    """What a benchmark's scores are called in every report of its runs."""

    reward: str = "tests passed"
    """Of the chosen program, a share in [0, 1]; reports print its mean over problems."""
    solved: str = "every test passed"
    """What the chosen program of a solved problem must do."""
