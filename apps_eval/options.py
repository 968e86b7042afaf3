"""What a user chooses about APPS."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from gifmcts.settings import LISTED


class Difficulty(StrEnum):
    """The three levels of the data set."""

    INTRODUCTORY = "introductory"
    INTERVIEW = "interview"
    COMPETITION = "competition"


class Split(StrEnum):
    """The two halves of the data set."""

    TRAIN = "train"
    TEST = "test"


class Protocol(StrEnum):
    """Who sees which tests."""

    HELD_OUT = "held-out"
    """The search sees the public tests, the rest grades."""
    ORACLE = "oracle"
    """The search is rewarded by the tests that score it, as in the published numbers."""


class Rules(StrEnum):
    """Who judges."""

    STRICT = "strict"
    """What a judge would say: a process per test, ordered comparison."""
    OFFICIAL = "official"
    """What the reference scorer says, its faults included."""


class SearchTier(StrEnum):
    """How much a verdict that steers a search is worth; what is reported is always confirmed."""

    SCREEN = "screen"
    """One process for all tests of a program; where all pass, a process per test confirms it."""
    CONFIRM = "confirm"
    """A process per test."""


@dataclass(frozen=True)
class AppsOptions:
    """Which problems of APPS are posed and how programs are judged."""

    data: str = "mini"
    """The bundled suite "mini", a jsonl file (plain or gzip), a parquet file, a directory of problems,
    or a public data set such as codeparrot/apps."""

    split: Split = Split.TEST
    """Which half of a data set that has both."""

    difficulty: Difficulty | None = None
    """Only problems of this level."""

    ids: Annotated[tuple[str, ...], LISTED] = ()
    """Only these problems: ids, or ranges such as 3000-3999,4711."""

    limit: int | None = None
    """At most this many problems, after the other filters."""

    exclude: str | None = None
    """Leave out the problems of this list, which `gifmcts audit` writes: a jsonl file of problem_id and reason."""

    protocol: Protocol = Protocol.HELD_OUT
    """Whether some tests are held out from the search, or all of them reward it."""

    rules: Rules = Rules.STRICT
    """Which judge decides."""

    search_tier: SearchTier = SearchTier.SCREEN
    """Under strict rules: whether one process for all tests may steer the search, or each test has its own."""

    early_stop: bool = False
    """Under strict rules: the search does not run the tests after the first that is not passed."""

    time_limit: float = 4.0
    """Processor seconds per test."""

    memory_mb: int = 1024
    """Memory per test in MiB, beyond the empty interpreter."""

    workers: int | None = None
    """Processes that run programs; by default one per core."""

    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
