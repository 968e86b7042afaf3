"""What grading finds: a mark a test and rule set, a program's marks, and where the rule sets differ."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps_eval.judges import Trial
from apps_eval.options import Rules
from apps_eval.rules.official import Code
from gifmcts.types import Verdict


@dataclass(frozen=True, slots=True)
class Mark:
    """What one rule set says of one program on one test."""

    test: int
    """The test's index in the data set."""
    verdict: Verdict
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    """Peak resident memory."""
    near_limit: bool = False
    """Whether it ended by itself within the last fifth of the time limit."""
    stopped_by_clock: bool = False
    """Whether it was stopped before it had used up its processor time: it slept or waited, or the machine was busy."""
    error: str = ""
    """Why there was nothing to compare, shortened."""

    @property
    def passed(self) -> bool:
        """Whether the test is passed."""
        return self.verdict is Verdict.PASS

    @property
    def code(self) -> Code:
        """The reference scorer's word for the verdict: −2, −1, false or true."""
        return Trial(self.test, self.verdict).code


@dataclass(frozen=True, slots=True)
class Graded:
    """One program with its marks under every rule set that was asked for."""

    problem_id: str
    sample: int
    difficulty: str
    place: str
    """Where the program was read, such as ``line-17``."""
    marks: Mapping[Rules, tuple[Mark, ...]]
    """A mark a test; a rule set by which the program could not be judged is missing."""

    def solved(self, rules: Rules) -> bool:
        """Whether every test is passed under these rules."""
        return all(mark.passed for mark in self.marks[rules])

    def share(self, rules: Rules) -> float:
        """The share of tests passed under these rules, in [0, 1]."""
        marks = self.marks[rules]
        return sum(mark.passed for mark in marks) / len(marks)

    @property
    def disagreements(self) -> tuple[int, ...]:
        """The tests that one rule set lets pass and another does not."""
        return tuple(marks[0].test for marks in zip(*self.marks.values(), strict=True) if len({mark.passed for mark in marks}) > 1)


@dataclass(frozen=True, slots=True)
class GradedProblem:
    """One problem that can be scored, with all of its programs by sample."""

    problem_id: str
    difficulty: str
    programs: tuple[Graded, ...]
