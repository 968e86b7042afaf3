"""Strict judging of reference solutions that only parse inside the reference scorer's wrapper; never used for candidates."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from apps_eval.drivers import official
from apps_eval.drivers.official import Letter
from apps_eval.inputs import program_input
from apps_eval.judges.comparison import compare_output, compare_result, settle
from apps_eval.judges.ends import time_limit
from apps_eval.judges.strict import StrictJudge, decided
from apps_eval.judges.trial import Told, Trial
from apps_eval.problem import Kind, Problem
from gifmcts.types import Verdict
from sandbox.types import Job, Outcome, Sharing, Status


class WrappedJudge(StrictJudge):
    """The strict comparison, a process per test, with the wrapper around the source."""

    def _job(self, problem: Problem, source: str, tests: Sequence[int], sharing: Sharing) -> Job:
        inputs = (program_input(problem, test) for test in tests)
        driver = official.driver(problem.kind, self.limits.cpu_seconds)
        return Job(official.dressed(problem, source), driver, inputs, self.limits, sharing)

    async def _trial(self, problem: Problem, source: str, test: int, outcome: Outcome) -> Trial:
        if outcome.status is not Status.OK:
            return await super()._trial(problem, source, test, outcome)
        letter, rest = official.read_reply(outcome.result)
        if letter is Letter.TIME:
            return Trial(test, Verdict.TIME, fault=time_limit(self.limits), outcome=outcome)
        if letter is not Letter.RESULT:
            return Trial(test, Verdict.ERROR, fault=official.read_report(problem, source, rest), outcome=outcome)
        if problem.kind is Kind.STDIN:
            return decided(test, await settle(partial(compare_output, rest, problem.stdout(test)), len(rest)), outcome)
        return decided(test, await settle(partial(compare_result, rest, problem.cases[test].expected), len(rest)), outcome)


@dataclass(frozen=True, slots=True)
class ReferenceTrials:
    """How a reference solution fares under the strict rules, and whether it needed the wrapper to parse."""

    trials: tuple[Trial, ...]
    wrapped: bool

    @property
    def passed(self) -> bool:
        """Whether every test passes."""
        return all(trial.verdict is Verdict.PASS for trial in self.trials)


async def judge_reference(
    judge: StrictJudge, problem: Problem, source: str, tests: Sequence[int] | None = None, told: Told | None = None
) -> ReferenceTrials:
    """Run a reference solution on some tests, or all, as a plain program or, where only that parses, inside the wrapper."""
    wrapped = not parses(source) and parses(official.dressed(problem, source))
    chosen = WrappedJudge(judge.sandbox, judge.limits) if wrapped else judge
    trials = await chosen.confirm(problem, source, range(len(problem.cases)) if tests is None else tests, told)
    return ReferenceTrials(tuple(trials), wrapped)


def parses(source: str) -> bool:
    """Whether a text compiles as a module on this interpreter; nothing is executed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "solution.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return False
    return True
