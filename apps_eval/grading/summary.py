"""What a grading comes to, folded over one problem at a time: shares with intervals, pass@k, counts, and where rule sets differ."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apps_eval.grading.results import Graded, GradedProblem
from apps_eval.options import Rules
from gifmcts.errors import UsageError
from gifmcts.metrics import pass_at_k, wilson
from gifmcts.wording import counted

LISTED: Final = 1000
"""How many programs on which the rule sets disagree, and how many unjudged problems, are listed one by one."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The numbers of one rule set over some problems; ``None`` stands for a mean of nothing."""

    problems: int
    """The denominator."""
    programs: int
    strict_accuracy: float | None
    """The mean over problems of the share of programs that pass every test, in [0, 1]; the same as pass@1."""
    interval: tuple[float, float] | None
    """The Wilson interval of the strict accuracy at the 95 % level, over problems."""
    test_case_average: float | None
    """The mean over problems of the mean over programs of the share of tests passed, in [0, 1]."""
    pass_at_k: Mapping[int, float | None]
    verdicts: Mapping[str, int]
    """Tests by verdict."""
    near_limit: int
    """Tests that finished within the last fifth of the time limit."""
    stopped_by_clock: int
    """Tests with the verdict ``time`` that were stopped before they had used up their processor time."""
    unjudged: tuple[str, ...] = ()
    """Problems left out of these numbers because a program of theirs has no verdict."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A program on which the rule sets differ."""

    problem_id: str
    sample: int
    tests: tuple[int, ...]
    solved: Mapping[Rules, bool]


@dataclass(frozen=True, slots=True)
class Disagreements:
    """Where the rule sets differ: how often, and the first programs by name."""

    tests: int
    programs: int
    solved: int
    """Programs that one rule set calls solved and another does not."""
    listed: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All numbers of a grading; the first rule set is the one whose numbers stand at the head of reports."""

    scores: Mapping[Rules, Scores]
    by_difficulty: Mapping[Rules, Mapping[str, Scores]]
    disagreements: Disagreements

    @property
    def headline(self) -> Rules:
        """The rule set whose numbers stand at the head."""
        return next(iter(self.scores))


class _Tally:
    """Running sums of one rule set over some problems."""

    def __init__(self, rules: Rules, ks: Sequence[int]) -> None:
        self._rules, self._ks = rules, ks
        self._problems = self._programs = self._near = self._stopped = 0
        self._solved = self._shares = 0.0
        self._pass = dict.fromkeys(ks, 0.0)
        self._verdicts: Counter[str] = Counter()
        self._unjudged: list[str] = []

    def add(self, problem: GradedProblem) -> None:
        """Count a problem; one without programs counts as failed."""
        programs, rules = problem.programs, self._rules
        if any(rules not in program.marks for program in programs):
            self._unjudged.append(problem.problem_id)
            return
        self._problems += 1
        self._programs += len(programs)
        if not programs:
            return
        solved = sum(program.solved(rules) for program in programs)
        self._solved += solved / len(programs)
        self._shares += sum(program.share(rules) for program in programs) / len(programs)
        for k in self._ks:
            if k > len(programs):
                raise UsageError(too_few(k, {problem.problem_id: len(programs)}))
            self._pass[k] += pass_at_k(len(programs), solved, k)
        for program in programs:
            self._verdicts.update(mark.verdict.value for mark in program.marks[rules])
            self._near += sum(mark.near_limit for mark in program.marks[rules])
            self._stopped += sum(mark.stopped_by_clock for mark in program.marks[rules])

    def scores(self) -> Scores:
        """The means."""
        n = self._problems
        return Scores(
            problems=n,
            programs=self._programs,
            strict_accuracy=self._solved / n if n else None,
            interval=wilson(min(self._solved, n), n) if n else None,
            test_case_average=self._shares / n if n else None,
            pass_at_k={k: total / n if n else None for k, total in self._pass.items()},
            verdicts=dict(self._verdicts.most_common()),
            near_limit=self._near,
            stopped_by_clock=self._stopped,
            unjudged=tuple(self._unjudged[:LISTED]),
        )


class _Differences:
    """Running counts of where the rule sets differ."""

    def __init__(self) -> None:
        self._tests = self._programs = self._solved = 0
        self._listed: list[Disagreement] = []

    def add(self, program: Graded) -> None:
        """Count a program."""
        tests = program.disagreements
        if not tests:
            return
        solved = {rules: program.solved(rules) for rules in program.marks}
        self._tests += len(tests)
        self._programs += 1
        self._solved += len(set(solved.values())) > 1
        if len(self._listed) < LISTED:
            self._listed.append(Disagreement(program.problem_id, program.sample, tests, solved))

    def counts(self) -> Disagreements:
        """What was counted."""
        return Disagreements(self._tests, self._programs, self._solved, tuple(self._listed))


def summarise(problems: Iterable[GradedProblem], rules: Sequence[Rules], ks: Sequence[int]) -> Summary:
    """The numbers of graded problems; every problem that is given is in the denominator, with or without programs.

    Raises:
        UsageError: a problem that has programs has fewer than the largest k.
    """
    whole = {one: _Tally(one, ks) for one in rules}
    parts: dict[Rules, dict[str, _Tally]] = {one: {} for one in rules}
    differences = _Differences()
    for problem in problems:
        for one in rules:
            whole[one].add(problem)
            parts[one].setdefault(problem.difficulty, _Tally(one, ks)).add(problem)
        for program in problem.programs:
            differences.add(program)
    by_difficulty = {one: {name: tally.scores() for name, tally in sorted(parts[one].items())} for one in rules}
    return Summary({one: tally.scores() for one, tally in whole.items()}, by_difficulty, differences.counts())


def too_few(k: int, counts: Mapping[str, int]) -> str:
    """Why pass@k cannot be told."""
    name, count = next(iter(counts.items()))
    more = f" (and {counted(len(counts) - 1, 'more problem', 'more problems')})" if len(counts) > 1 else ""
    return f"--k {k} needs {k} programs of every problem, and problem {name} has {count}{more}: give more programs, or a smaller --k"
