"""One grading from beginning to end: programs taken in, what is missing run, results folded in order."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from apps_eval.benchmark import Apps
from apps_eval.dataset import EXCLUDED, plain
from apps_eval.grading.fold import Fold
from apps_eval.grading.folder import GradingFolder, Manifest, Start
from apps_eval.grading.grader import Counts, Grader, Watch
from apps_eval.grading.programs import Item, Refused
from apps_eval.grading.request import Request, config_of, facts_of, number
from apps_eval.grading.rescore import Rescoring
from apps_eval.grading.results import Graded, GradedProblem
from apps_eval.grading.spool import Spool
from apps_eval.grading.summary import LISTED, Summary, summarise, too_few
from apps_eval.options import Rules
from apps_eval.problem import Problem
from apps_eval.rules.strict import TOLERANCE
from gifmcts.errors import PreflightError, StoreError, UsageError
from gifmcts.wording import counted
from sandbox import Jail, SandboxError


@dataclass(frozen=True, slots=True)
class Grading:
    """What a grading found, and all that its numbers leave out."""

    summary: Summary
    facts: Mapping[str, str]
    """What a published number must say beside itself."""
    made_on: Mapping[str, str]
    """The data of the recorded run whose programs were graded, where it is other data than this; otherwise empty."""
    given: int
    """Programs that were taken in."""
    refused: int
    """Rows and files that hold no program."""
    refusals: tuple[Refused, ...]
    """The first of them."""
    unscorable: Mapping[str, str]
    """Rows of the data that cannot be scored, with their reasons: in no denominator."""
    excluded: Mapping[str, str]
    """Problems that were left out on purpose, with their reasons: in no denominator either."""
    unknown: Mapping[str, int]
    """Problems of programs that are not among those graded, with the numbers of their programs."""
    without_programs: tuple[str, ...]
    """Scorable problems without a program."""
    all_problems: bool
    """Whether those count as failed; otherwise they are in no denominator."""
    unjudged: tuple[str, ...]
    """Problems with a program that has no verdict under some rule set: they are left out of its numbers."""
    counts: Counts
    borrowed: frozenset[Rules] = frozenset()
    """Rule sets that judged outputs of programs run in another rule set's way: no number of the reference scorer."""
    damaged: int = 0
    """Lines of the log that were damaged; what they held was run again."""
    folder: Path | None = None
    programs: tuple[Graded, ...] = ()
    """Every program with its marks, by problem in the order of the data and by sample; filled by ``apps_eval.grade`` only."""


@dataclass(slots=True)
class Session:
    """A request with its programs, for the time of a grading."""

    request: Request
    spool: Spool
    watch: Watch | None = None
    grader: Callable[..., Grader] = Grader
    """Who runs what is missing."""
    special: Mapping[str, object] = field(default_factory=dict)
    """What else decides a record, where another grader is at work."""

    def check(self) -> None:
        """Refuse, before anything is run, what has no answer.

        Raises:
            UsageError: there is no program, or fewer than k for some problem.
        """
        if not self.request.rules or len(set(self.request.rules)) < len(self.request.rules):
            raise UsageError("--rules names no rule set, or one twice: give strict, official, or strict,official")
        if not self.request.ks or min(self.request.ks) < 1:
            raise UsageError("--k: give numbers of at least 1")
        if not self.spool.programs():
            first = "".join(f"; {one.place}: {one.reason}" for one in self.spool.refused(1))
            refused = counted(self.spool.refusals(), "place was", "places were")
            raise UsageError(f"there is no program in {self.request.name}: {refused} refused{first}")
        k = max(self.request.ks)
        few = self.spool.fewer_than(k) if self.request.posed is None else {}
        if few:
            found = {item.id: few[plain(item.id)] for item in self.request.items() if isinstance(item, Problem) and plain(item.id) in few}
            if found:
                raise UsageError(too_few(k, found))

    async def run(self, place: Path | Callable[[Manifest], Path], fresh: bool = False) -> tuple[GradingFolder, Counts, Mapping[str, str]]:
        """Run what the folder does not hold yet; the folder, what was done, and the facts of this grading.

        Raises:
            PreflightError: there is no isolation here.
            StoreError: the folder cannot be written, or the log is in use.
            RunMismatch: the folder holds another grading.
        """
        options = self.request.options
        try:
            async with Jail(options.workers, options.unsafe_no_isolation) as jail:
                manifest = Manifest({**config_of(self.request, jail.level), **self.special})
                path = place if isinstance(place, Path) else place(manifest)
                with GradingFolder(path).claim(manifest, self._start(), fresh) as folder:
                    grader = self.grader(jail, self.request.limits(), self.request.rules, self.spool, folder, jail.workers, self.watch)
                    counts = await grader.run(self.request.items())
                    return folder, counts, facts_of(manifest, self.request)
        except SandboxError as error:
            raise PreflightError(str(error)) from error

    def _start(self) -> Start:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Start(now, self.request.command, self.request.name, self.spool.checksum, version("gifmcts"))

    def fold(self, folder: GradingFolder) -> Fold:
        """Reads the results of this request off a log."""
        return Fold(self.spool, folder, self.request.rules, self.request.options.time_limit, self.request.all_problems)

    def rescored(self, folder: GradingFolder, fold: Fold, tolerance: float | None) -> Iterator[GradedProblem]:
        """Graded problems by other settings from what is stored; nothing is run.

        Raises:
            UsageError: the settings cannot be applied to it.
        """
        for start, found in folder.read():
            self.spool.note(found.problem, found.program, found.mode, start)
        recorded = number(folder.manifest().config.get("time limit"))
        exact = TOLERANCE if tolerance is None else Decimal(repr(tolerance))
        yield from fold.rescored(self.request.items(), Rescoring(recorded, self.request.options.time_limit, exact))

    def conclude(
        self, results: Iterable[GradedProblem], fold: Fold, folder: GradingFolder, counts: Counts, facts: Mapping[str, str]
    ) -> Grading:
        """Fold the results and say what they leave out.

        Raises:
            UsageError: none of the programs belongs to a problem of the data, or to one that can be scored.
        """
        summary = summarise(results, self.request.rules, self.request.ks)
        unknown, left = self.spool.unknown(), self.spool.unscorable()
        if sum(unknown.values()) == self.spool.programs():
            named = ", ".join(list(unknown)[:5])
            raise UsageError(f"no program belongs to a problem that is graded: --data has none of {named}; see --data and its filters")
        if not any(scores.problems or scores.unjudged for scores in summary.scores.values()):
            why = left_out(len(left), left.items())
            raise UsageError(f"there is no problem to grade: {why}, and no other has a program; see --data and its filters")
        return Grading(
            summary=summary,
            facts=facts,
            made_on=self.request.origin.facts if self.request.origin else {},
            given=self.spool.programs(),
            refused=self.spool.refusals(),
            refusals=tuple(self.spool.refused(LISTED)),
            unscorable={name: why for name, why in left.items() if not why.startswith(EXCLUDED)},
            excluded={name: why.removeprefix(EXCLUDED) for name, why in left.items() if why.startswith(EXCLUDED)},
            unknown=unknown,
            without_programs=tuple(self.spool.without_programs()),
            all_problems=self.request.all_problems,
            unjudged=tuple(fold.missing),
            counts=counts,
            borrowed=frozenset(fold.borrowed),
            damaged=folder.damaged,
            folder=folder.path,
        )


def left_out(number: int, reasons: Iterable[tuple[str, str]]) -> str:
    """How many problems were left out, and why the first was."""
    first = next((f" (the first, {name}: {why})" for name, why in reasons), "")
    return f"{counted(number, 'was', 'were')} left out{first}"


@contextmanager
def session(request: Request, programs: Iterable[Item], watch: Watch | None = None) -> Iterator[Session]:
    """Take the programs in.

    Raises:
        UsageError: settings or programs that cannot be meant.
        StoreError: temporary files cannot be written.
    """
    with spooled(request) as spool:
        spool.fill(programs)
        opened = Session(request, spool, watch)
        opened.check()
        yield opened


@contextmanager
def spooled(request: Request) -> Iterator[Spool]:
    """An empty spool, for a request whose options can be meant.

    Raises:
        UsageError: they cannot.
        StoreError: temporary files cannot be written.
    """
    # The benchmark's own check of its options.
    Apps(replace(request.options, data="mini") if request.posed is not None else request.options)
    try:
        with Spool() as spool:
            yield spool
    except sqlite3.Error as error:
        raise StoreError(f"temporary files cannot be written ({error}); make room, or name another directory by TMPDIR") from error
