"""The lines of a run folder: how attempts are written, read again and hashed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TypeVar

import msgspec

from gifmcts.errors import StoreError
from gifmcts.excerpts import Excerpt, excerpt, whole
from gifmcts.quantities import Count, Part
from gifmcts.seams import Task
from gifmcts.types import (
    Attempt,
    Broken,
    Check,
    Completion,
    Evaluation,
    Footprint,
    Label,
    Message,
    Move,
    Program,
    Reading,
    Verdict,
)

Kind = TypeVar("Kind")

FORMAT = 1
"""The version of the run folder's form; another number is refused, never guessed at."""


@dataclass(frozen=True, slots=True)
class Header:
    """Line 0 of a tree's file: what was asked of the model in general, and what the search could see."""

    task: str
    fields: Mapping[str, str]
    cases: Mapping[str, Mapping[str, str]]
    group: str
    label: Label
    config: str
    """The digest of the run's configuration."""
    simulated: bool = False
    """Whether a stand-in answered: then no number of this tree says anything about a real model."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Judged:
    """An evaluation as it is stored and hashed: without what was measured."""

    reward: Part
    broken: Broken | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What a digest covers of an attempt: its chat as excerpts of the first attempt's chat, and nothing that was measured."""

    index: int
    move: Move
    seed: int
    chat: tuple[Excerpt, ...]
    completion: Completion
    reading: Reading
    program: Program | None
    evaluation: Judged
    seconds: float


@dataclass(frozen=True, slots=True)
class StoredLine(Line):
    """An attempt as it is stored."""

    footprint: Footprint | None = None
    duplicate_of: int | None = None

    @property
    def hashed(self) -> Line:
        """The line without timings and host facts: equal for equal attempts."""
        completion = replace(self.completion, seconds=0.0, cached_tokens=0)
        return Line(self.index, self.move, self.seed, self.chat, completion, self.reading, self.program, self.evaluation, 0.0)


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished tree in one row; listings and reports read these and no tree."""

    task: str
    group: str
    label: Label
    end: str
    """``solved``, ``budget``, ``exhausted``, or ``unjudged`` with the reason in ``why``."""
    attempts: Count
    abandoned: Count
    best: Count | None
    """The index of the chosen attempt: highest visible reward, earliest first."""
    reward: Part
    solved_at: Count | None
    """How many calls it took to pass every visible test."""
    prompt_tokens: Count
    completion_tokens: Count
    cached_tokens: Count
    model_seconds: float
    evaluate_seconds: float
    digest: str
    why: str = ""
    simulated: bool = False
    duplicates: Count = 0
    """How many attempts wrote a program that the tree had already, and were not evaluated again."""
    bytes: Count = 0
    """The length of the tree's file: a finished tree whose file has another length was damaged."""


@dataclass(frozen=True, slots=True)
class GradedCheck:
    """One test of a graded program: its verdict, and what it took where that was measured."""

    name: str
    verdict: Verdict
    footprint: Footprint | None = None


@dataclass(frozen=True, slots=True)
class GradeRow:
    """What one program of a finished tree is worth on the tests that score it."""

    task: str
    attempt: Count
    reward: Part
    solved: bool
    verdicts: Mapping[str, Count]
    unjudged: bool = False
    frontier: bool = True
    """Whether the program was the best so far when it was committed, so that it would have been chosen then."""
    simulated: bool = False
    checks: tuple[GradedCheck, ...] = ()
    """Every test, in the order of the data."""

    @property
    def near_limit(self) -> int:
        """How many tests came so near to the time limit that another machine may decide otherwise."""
        return sum(check.footprint.near_limit for check in self.checks if check.footprint)


def header(task: Task, config: str, simulated: bool = False) -> Header:
    """The header of a task's file."""
    cases = {name: dict(case) for name, case in task.cases.items()}
    return Header(task.id, dict(task.fields), cases, task.group, task.label, config, simulated)


def line(attempt: Attempt, first: Sequence[Message]) -> StoredLine:
    """The attempt with its chat written relative to the first attempt's chat."""
    chat = tuple(excerpt(message, first) for message in attempt.chat)
    worth = attempt.evaluation
    return StoredLine(
        attempt.index,
        attempt.move,
        attempt.seed,
        chat,
        attempt.completion,
        attempt.reading,
        attempt.program,
        Judged(worth.reward, worth.broken, worth.checks),
        attempt.seconds,
        attempt.footprint,
        attempt.duplicate_of,
    )


def attempt(line: StoredLine, first: Sequence[Message]) -> Attempt:
    """The attempt of a stored line; the inverse of ``line``.

    Raises:
        LookupError: its chat refers to a message that is not there.
    """
    chat = tuple(whole(part, first) for part in line.chat)
    worth = Evaluation(line.evaluation.reward, line.evaluation.broken, line.evaluation.checks)
    read = line.completion, line.reading, line.program
    return Attempt(line.index, line.move, line.seed, chat, *read, worth, line.seconds, line.footprint, line.duplicate_of)


def graded_checks(result: Evaluation) -> tuple[GradedCheck, ...]:
    """The checks of a grade, each with what it took."""
    footprints = result.footprints or (None,) * len(result.checks)
    return tuple(GradedCheck(check.name, check.verdict, left) for check, left in zip(result.checks, footprints, strict=True))


class TreeDigest:
    """A running hash over a task and its attempts without timings and host facts: equal for equal trees."""

    def __init__(self, head: Header) -> None:
        self._hash = blake2b(digest_size=16)
        self._hash.update(encode(replace(head, config="", simulated=False)))

    def add(self, line: StoredLine) -> None:
        """Count the next attempt."""
        self._hash.update(encode(line.hashed))

    @property
    def value(self) -> str:
        """32 hexadecimal digits."""
        return self._hash.hexdigest()


def run_digest(trees: Mapping[str, str]) -> str:
    """The fingerprint of a run: a hash over the digests of all its trees, by task."""
    return blake2b(encode(sorted(trees.items())), digest_size=8).hexdigest()


_encoder = msgspec.json.Encoder(order="deterministic")


def encode(value: object) -> bytes:
    """One JSON line without its end; lone surrogates, which JSON cannot carry, are written as replacement characters."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_clean(msgspec.to_builtins(value)))


def _clean(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def decode(data: bytes, kind: type[Kind], where: str) -> Kind:
    """A line's value, checked against its type.

    Raises:
        StoreError: the line is not of that form; says where.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreError(f"{where}: not a line of a run folder ({error}); restore the file, or run again with another --runs") from error


@dataclass(frozen=True, slots=True)
class _Version:
    """What tells a line of another version before anything else of it is read."""

    format: int = FORMAT


def refuse_newer(data: bytes, where: str) -> None:
    """Refuse what another version wrote.

    Raises:
        StoreError: it has another format, or is no line of a run folder.
    """
    found = decode(data, _Version, where).format
    if found != FORMAT:
        raise StoreError(f"{where} has format {found}, this version reads {FORMAT}; use the version that wrote it")
