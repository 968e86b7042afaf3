"""Two runs over the problems that both have judged: what differs between their settings, and what that made of the results."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from gifmcts.errors import UsageError
from gifmcts.manifest import differences
from gifmcts.paired import Paired, holm, paired
from gifmcts.records import Header
from gifmcts.report import Scored
from gifmcts.store import RunFolder
from gifmcts.types import Label

_CALLS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Course:
    """One problem in one run: whether it was solved, by which choices, and what had been spent at each call."""

    solved: bool
    choices: tuple[tuple[int, bool], ...]
    """Each program that was best so far: its attempt, and whether it is right."""
    spent: Mapping[str, Sequence[float]]
    """By ``calls``, ``tokens`` and ``seconds``: the sum up to each attempt."""

    def solved_within(self, what: str, limit: float) -> bool:
        """Whether the program chosen when so much was spent is right."""
        right = False
        for attempt, solved in self.choices:
            if self.spent[what][attempt] > limit:
                break
            right = solved
        return right


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison at one limit, with the p that its family leaves of it."""

    limit: float
    paired: Paired
    holm: float


@dataclass(frozen=True, slots=True)
class Part:
    """The comparison over the problems of one label."""

    overall: Paired
    holm: float
    """Over the labels."""
    gained: tuple[str, ...]
    """Problems that only the second run solves."""
    lost: tuple[str, ...]
    """Problems that only the first run solves."""
    within: Mapping[str, tuple[Row, ...]]
    """Solved within so many calls, tokens and seconds a problem; each of the three is a family. Empty where only the last was graded."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second run against the first."""

    first: str
    second: str
    settings: Mapping[str, tuple[object, object]]
    """The keys of the configuration in which the runs differ, with both values."""
    parts: Mapping[Label, Part]
    left_out: Mapping[str, str]
    """Problems that only one run has judged, with the reason."""
    unfinished: tuple[str, ...]
    """Those of the two runs that have not come to their end."""
    simulated: bool


@dataclass(slots=True)
class _Side:
    """A run's problems, read when they are asked for."""

    folder: RunFolder
    problems: dict[str, Scored] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grades = self.folder.grades()
        self.problems = {task: Scored(row, grades.get(task, [])) for task, row in self.folder.summaries().items()}

    def missing(self, task: str) -> str | None:
        """Why the problem cannot be compared."""
        if task not in self.problems:
            return f"{'not among the problems of' if self.folder.complete else 'not finished in'} {self.folder.name}"
        if self.folder.damaged(self.problems[task].summary):
            return f"its tree has changed since it was finished in {self.folder.name}"
        return f"unjudged in {self.folder.name}" if self.problems[task].unjudged else None

    def course(self, task: str) -> tuple[Header, Course]:
        header, attempts = self.folder.tree(task)
        problem, answers = self.problems[task], [attempt.completion for attempt in attempts]
        spent: dict[str, Sequence[float]] = {
            "calls": range(1, len(attempts) + 1),
            "tokens": list(accumulate(answer.prompt_tokens + answer.completion_tokens for answer in answers)),
            "seconds": list(accumulate(attempt.completion.seconds + attempt.seconds for attempt in attempts)),
        }
        choices = tuple((row.attempt, row.solved) for row in problem.grades if row.frontier and row.attempt < len(attempts))
        return header, Course(problem.solved, choices, spent)


def compare(first: RunFolder, second: RunFolder, seed: int = 0) -> Comparison:
    """Compare two runs problem by problem; ``seed`` is the bootstrap's.

    Raises:
        UsageError: they are of two benchmarks, or have no judged problem in common.
        StoreError: a folder is damaged.
    """
    manifests = first.manifest(), second.manifest()
    kinds = [manifest.config.get("benchmark") for manifest in manifests]
    if kinds[0] != kinds[1]:
        words = f"{first.name} is a run of {kinds[0]} and {second.name} one of {kinds[1]}"
        raise UsageError(f"{words}: they have no problem in common; compare runs over the same data")
    one, two = _Side(first), _Side(second)
    left_out: dict[str, str] = {}
    courses: dict[Label, dict[str, tuple[Course, Course]]] = {}
    for task in sorted({*one.problems, *two.problems}):
        reason = one.missing(task) or two.missing(task)
        if reason is None:
            (header, before), (other, after) = one.course(task), two.course(task)
            reason = _unlike(header, other)
            if reason is None:
                courses.setdefault(header.label, {})[task] = (before, after)
        if reason is not None:
            left_out[task] = reason
    if not courses:
        words = "; ".join(f"{task}: {why}" for task, why in list(left_out.items())[:3]) or "neither has a finished problem"
        raise UsageError(f"{first.name} and {second.name} have no judged problem in common ({words}); compare runs over the same data")
    whole = "best" not in {manifest.config.get("grade") for manifest in manifests}
    return Comparison(
        first.name,
        second.name,
        differences(manifests[0].config, manifests[1].config),
        _parts({label: courses[label] for label in Label if label in courses}, seed, whole),
        left_out,
        tuple(run.name for run in (first, second) if not run.complete),
        any(manifest.simulated for manifest in manifests),
    )


def _unlike(one: Header, two: Header) -> str | None:
    """Why problems of one name are not the same."""
    if one.label is not two.label:
        return f"{one.label.value} in one run and {two.label.value} in the other"
    return None if (one.fields, one.cases) == (two.fields, two.cases) else "another problem, or other visible tests, under the same name"


def _parts(courses: Mapping[Label, Mapping[str, tuple[Course, Course]]], seed: int, whole: bool) -> dict[Label, Part]:
    overall = {label: _paired(pairs, lambda course: course.solved, seed) for label, pairs in courses.items()}
    adjusted = dict(zip(overall, holm([found.p for found in overall.values()]), strict=True))
    parts = {}
    for label, pairs in courses.items():
        gained = tuple(task for task, (one, two) in pairs.items() if two.solved and not one.solved)
        lost = tuple(task for task, (one, two) in pairs.items() if one.solved and not two.solved)
        within = {what: tuple(_within(pairs, what, seed)) for what in ("calls", "tokens", "seconds")} if whole else {}
        parts[label] = Part(overall[label], adjusted[label], gained, lost, within)
    return parts


def _within(pairs: Mapping[str, tuple[Course, Course]], what: str, seed: int) -> Iterator[Row]:
    limits = _limits(pairs, what)
    found = [_paired(pairs, lambda course, limit=limit: course.solved_within(what, limit), seed) for limit in limits]  # type: ignore[misc]
    for limit, result, p in zip(limits, found, holm([result.p for result in found]), strict=True):
        yield Row(limit, result, p)


def _limits(pairs: Mapping[str, tuple[Course, Course]], what: str) -> list[float]:
    """Where two courses are compared: at usual numbers of calls, and at the eighth, fourth, half and whole of the most that was spent."""
    most = max((course.spent[what][-1] for both in pairs.values() for course in both if course.spent[what]), default=0)
    if what == "calls":
        return [*(number for number in _CALLS if number < most), most]
    return [most / 8, most / 4, most / 2, most] if most else []


def _paired(pairs: Mapping[str, tuple[Course, Course]], right: Callable[[Course], bool], seed: int) -> Paired:
    return paired([float(right(one)) for one, _ in pairs.values()], [float(right(two)) for _, two in pairs.values()], seed)
