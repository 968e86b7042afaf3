"""From records to graded problems: in the order of the data and of samples, one problem at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps_eval.grading.folder import GradingFolder
from apps_eval.grading.record import Record, mark
from apps_eval.grading.rescore import Rescoring
from apps_eval.grading.results import Graded, GradedProblem, Mark
from apps_eval.grading.spool import Entry, Spool
from apps_eval.options import Rules
from apps_eval.problem import Problem
from gifmcts.types import Refusal


@dataclass(frozen=True, slots=True)
class Fold:
    """Reads graded problems off a log."""

    spool: Spool
    folder: GradingFolder
    rules: tuple[Rules, ...]
    time_limit: float
    all_problems: bool = False
    """Whether problems without programs are counted."""
    missing: list[str] = field(default_factory=list)
    """Problems with a program that has no record, or none from which a verdict follows."""
    borrowed: set[Rules] = field(default_factory=set)
    """Rule sets that judged outputs of another's mode, because their own was never run."""

    def recorded(self) -> Iterator[GradedProblem]:
        """Every scorable problem with the marks that its judges gave."""
        for problem in self.spool.problems():
            entries = self.spool.entries(problem.id)
            if entries or self.all_problems:
                yield self.graded(problem.id, problem.difficulty, entries)

    def graded(self, name: str, difficulty: str, entries: Sequence[Entry]) -> GradedProblem:
        """A problem's programs with the marks that its judges gave."""
        marks: dict[str, dict[Rules, tuple[Mark, ...]]] = {}
        for digest in dict.fromkeys(entry.digest for entry in entries):
            found = {rules: self._record(name, digest, rules) for rules in self.rules}
            marks[digest] = {
                rules: tuple(mark(left, left.verdict, self.time_limit, one.mode) for left in one.tests)
                for rules, one in found.items()
                if one is not None
            }
        return self._graded(name, difficulty, entries, marks)

    def rescored(self, items: Iterator[Problem | Refusal], rescoring: Rescoring) -> Iterator[GradedProblem]:
        """Every scorable problem with the marks that other settings give to what its programs left.

        Raises:
            UsageError: the settings cannot be applied to what is stored.
        """
        for item in items:
            if isinstance(item, Refusal):
                self.spool.add_unscorable(item.id, item.reason)
            elif self.spool.add_problem(item.id, item.difficulty, len(item.cases)):
                entries = self.spool.entries(item.id)
                if entries or self.all_problems:
                    digests = dict.fromkeys(entry.digest for entry in entries)
                    yield self._graded(
                        item.id, item.difficulty, entries, {digest: self._again(item, digest, rescoring) for digest in digests}
                    )

    def _again(self, problem: Problem, digest: str, rescoring: Rescoring) -> dict[Rules, tuple[Mark, ...]]:
        found = {}
        for rules in self.rules:
            record = self._record(problem.id, digest, rules)
            if record is None:
                record = next((other for mode in Rules if (other := self._record(problem.id, digest, mode)) is not None), None)
                if record is not None:
                    self.borrowed.add(rules)
            marks = None if record is None else rescoring.marks(problem, record, rules)
            if marks is not None:
                found[rules] = marks
        return found

    def _record(self, problem: str, digest: str, mode: Rules) -> Record | None:
        start = self.spool.find(problem, digest, mode)
        return None if start is None else self.folder.at(start)

    def _graded(
        self, name: str, difficulty: str, entries: Sequence[Entry], marks: dict[str, dict[Rules, tuple[Mark, ...]]]
    ) -> GradedProblem:
        if any(len(marks[entry.digest]) < len(self.rules) for entry in entries):
            self.missing.append(name)
        programs = (Graded(name, entry.sample, difficulty, entry.place, marks[entry.digest]) for entry in entries)
        return GradedProblem(name, difficulty, tuple(programs))
