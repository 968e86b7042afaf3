"""One audit from beginning to end: reference solutions run, then every row looked at once more, in the order of the data."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final

from apps_eval.auditing.findings import Fault, Finding, of_references, of_refusal, of_statement
from apps_eval.auditing.references import ReferenceGrader
from apps_eval.drivers.official import dressed
from apps_eval.grading.fold import Fold
from apps_eval.grading.folder import GradingFolder, Manifest
from apps_eval.grading.grader import Counts, Watch
from apps_eval.grading.request import Request, place_for
from apps_eval.grading.session import Session, left_out, spooled
from apps_eval.grading.spool import SAME_NUMBER
from apps_eval.judges.wrapped import parses
from apps_eval.options import AppsOptions
from apps_eval.problem import Problem
from gifmcts import records
from gifmcts.errors import StoreError, UsageError
from gifmcts.types import Refusal

LISTED: Final = 1000
"""How many findings are listed one by one."""
LIST: Final = "exclude"
"""How the list of problems to leave out is called, in the folder of an audit."""
LONGEST_NAME: Final = 100
"""Characters of a selection's words in the name of its list; what is beyond them is told by a digest."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found."""

    facts: Mapping[str, str]
    problems: int
    """Rows that pose a problem."""
    rows: int
    """Rows that pose one or should."""
    references: int
    """Reference solutions that were judged."""
    passing: int
    """Those that pass every test."""
    wrapped: int
    """Those that only parse inside the reference scorer's wrapper, and were judged in it."""
    found: Mapping[Fault, int]
    """Problems by fault."""
    listed: tuple[Finding, ...]
    """The first findings, in the order of the data."""
    unjudged: tuple[str, ...]
    """Problems of which a reference solution has no verdict: what it would have said is missing."""
    excluded: int
    exclusions: Path
    """The list of problems to leave out."""
    counts: Counts
    folder: Path


def place(runs: Path, data: str) -> Callable[[Manifest], Path]:
    """Where an audit stands that was given no folder."""
    named = place_for(runs, data)
    return lambda manifest: runs / named(manifest).name.replace("graded-", "audited-", 1)


def list_name(options: AppsOptions, most: int | None) -> str:
    """The file of the list of problems to leave out: an audit of a selection never takes the place of the whole one's."""
    chosen = {"difficulty": options.difficulty, "ids": ",".join(options.ids), "limit": options.limit, "references": most}
    words = "-".join(f"{name}-{value}" for name, value in chosen.items() if value)
    if len(words) > LONGEST_NAME:
        words = f"{words[:LONGEST_NAME]}-{blake2b(words.encode(), digest_size=4).hexdigest()}"
    return f"{LIST}-{words}.jsonl" if words else f"{LIST}.jsonl"


@contextmanager
def auditing(request: Request, most: int | None, watch: Watch) -> Iterator[Session]:
    """A grading session whose programs are the reference solutions.

    Raises:
        UsageError: options that cannot be meant.
        StoreError: temporary files cannot be written.
    """
    with spooled(request) as spool:
        yield Session(request, spool, watch, partial(ReferenceGrader, most=most), {"programs": "reference solutions"})


class _Tally:
    """What is counted while the rows pass."""

    def __init__(self) -> None:
        self.problems = self.rows = self.references = self.passing = self.wrapped = self.excluded = 0
        self.found: Counter[Fault] = Counter()
        self.listed: list[Finding] = []
        self.unjudged: list[str] = []


def conclude(
    opened: Session,
    folder: GradingFolder,
    counts: Counts,
    facts: Mapping[str, str],
    exclude_for: Sequence[Fault],
    exclusions: Path,
) -> Audit:
    """Look at every row with what its reference solutions did, and write the list of problems to leave out.

    Raises:
        UsageError: no row poses a problem.
        StoreError: the list cannot be written.
    """
    tally, file = _Tally(), exclusions
    draft = file.with_name(f".{file.name}")
    try:
        with draft.open("wb") as stream:
            for findings in _findings(opened, opened.fold(folder), tally):
                _list(findings, exclude_for, tally, stream)
        if not tally.problems:
            why = left_out(tally.rows, ((one.problem_id, one.detail) for one in tally.listed))
            raise UsageError(f"there is no problem to audit: {why}, and no other is in the data; see --data and its filters")
        draft.replace(file)
    except OSError as error:
        raise StoreError(f"{file} cannot be written ({error.strerror or error}); make room or choose another --exclusions") from error
    finally:
        draft.unlink(missing_ok=True)
    return Audit(
        facts=facts,
        problems=tally.problems,
        rows=tally.rows,
        references=tally.references,
        passing=tally.passing,
        wrapped=tally.wrapped,
        found={fault: tally.found[fault] for fault in Fault},
        listed=tuple(tally.listed),
        unjudged=tuple(tally.unjudged),
        excluded=tally.excluded,
        exclusions=file,
        counts=counts,
        folder=folder.path,
    )


def _findings(opened: Session, fold: Fold, tally: _Tally) -> Iterator[list[Finding]]:
    for item in opened.request.items():
        tally.rows += 1
        if isinstance(item, Refusal):
            yield [of_refusal(item)]
        elif not opened.spool.scorable(item.id):
            yield [of_refusal(Refusal(item.id, SAME_NUMBER))]
        else:
            tally.problems += 1
            yield [*of_statement(item), *_judged(item, opened, fold, tally)]


def _judged(problem: Problem, opened: Session, fold: Fold, tally: _Tally) -> Iterable[Finding]:
    entries = opened.spool.entries(problem.id)
    programs = fold.graded(problem.id, problem.difficulty, entries).programs
    judged = [program for program in programs if program.marks]
    rules = opened.request.rules[0]
    tally.references += len(judged)
    tally.passing += sum(program.solved(rules) for program in judged)
    tally.wrapped += sum(_wrapped(problem, opened.spool.source(entry.digest)) for entry in entries)
    if len(judged) < len(programs):
        tally.unjudged.append(problem.id)
        return ()
    return of_references(problem, judged)


def _wrapped(problem: Problem, source: str) -> bool:
    return not parses(source) and parses(dressed(problem, source))


def _list(findings: Sequence[Finding], exclude_for: Sequence[Fault], tally: _Tally, stream: IO[bytes]) -> None:
    tally.found.update({finding.fault for finding in findings})
    tally.listed += findings[: LISTED - len(tally.listed)]
    reasons = [f"{finding.fault}: {finding.detail}" for finding in findings if finding.fault in exclude_for]
    if reasons:
        tally.excluded += 1
        stream.write(records.encode({"problem_id": findings[0].problem_id, "reason": "; ".join(reasons)}) + b"\n")
