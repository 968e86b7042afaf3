"""The strict judge at work: a plain program, a process per test."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from apps_eval.drivers import plain
from apps_eval.inputs import program_input
from apps_eval.judges.comparison import Comparison, compare_output, compare_result, settle
from apps_eval.judges.ends import verdict_of, why
from apps_eval.judges.trial import NOT_RUN, UNJUDGED, Trial
from apps_eval.problem import Kind, Problem
from gifmcts.types import Verdict
from sandbox.errors import SandboxError
from sandbox.types import Job, Limits, Outcome, Sandbox, Status


@dataclass(frozen=True)
class StrictJudge:
    """Ordered comparison of what a plain script writes or a function returns."""

    sandbox: Sandbox
    limits: Limits

    async def screen(self, problem: Problem, source: str, tests: Sequence[int]) -> list[Trial]:
        """Run the tests in order; the first time verdict ends the program and the rest is skipped.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        trials: list[Trial] = []
        async with aclosing(self._trials(problem, source, tests)) as stream:
            async for trial in stream:
                trials.append(trial)
                if trial.verdict is Verdict.TIME:
                    break
        return trials + [Trial(test, Verdict.SKIPPED, fault=NOT_RUN) for test in tests[len(trials) :]]

    async def confirm(self, problem: Problem, source: str, tests: Sequence[int]) -> list[Trial]:
        """Run every test; a test on which the sandbox fails is unjudged.

        The program's first time verdict is confirmed once, alone; where that fails the machine was disturbed, and every other is repeated.
        """
        trials: list[Trial] = []
        while len(trials) < len(tests):
            try:
                async with aclosing(self._trials(problem, source, tests[len(trials) :])) as stream:
                    async for trial in stream:
                        trials.append(trial)
            except SandboxError:
                trials.append(Trial(tests[len(trials)], Verdict.UNJUDGED, fault=UNJUDGED))
        late = [place for place, trial in enumerate(trials) if trial.verdict is Verdict.TIME]
        for place in late:
            trials[place] = await self._again(problem, source, trials[place])
            if place == late[0] and trials[place].verdict is Verdict.TIME:
                break
        return trials

    async def _again(self, problem: Problem, source: str, trial: Trial) -> Trial:
        try:
            async with aclosing(self._trials(problem, source, [trial.test])) as stream:
                return await anext(stream)
        except SandboxError:
            return Trial(trial.test, Verdict.UNJUDGED, fault=UNJUDGED)

    async def _trials(self, problem: Problem, source: str, tests: Sequence[int]) -> AsyncGenerator[Trial, None]:
        waiting = list(tests)
        async with aclosing(self.sandbox.run(self._job(problem, source, tests))) as outcomes:
            async for outcome in outcomes:
                if outcome.status is Status.COMPILE:
                    fault = why(outcome, self.limits, source)
                    for test in tests:
                        yield Trial(test, Verdict.COMPILE, fault=fault, outcome=outcome)
                    return
                yield await self._trial(problem, source, waiting.pop(0), outcome)
        if waiting:
            raise SandboxError(f"the sandbox ended a job {len(waiting)} inputs early")

    def _job(self, problem: Problem, source: str, tests: Sequence[int]) -> Job:
        inputs = (program_input(problem, test) for test in tests)
        return Job(source, plain.driver(problem), inputs, self.limits)

    async def _trial(self, problem: Problem, source: str, test: int, outcome: Outcome) -> Trial:
        if outcome.status is not Status.OK:
            return Trial(test, verdict_of(outcome.status), fault=why(outcome, self.limits, source), outcome=outcome)
        if problem.kind is Kind.STDIN:
            comparing = partial(compare_output, outcome.stdout, problem.stdout(test))
            return decided(test, await settle(comparing, len(outcome.stdout)), outcome)
        comparing = partial(compare_result, outcome.result, problem.cases[test].expected)
        return decided(test, await settle(comparing, len(outcome.result)), outcome)


def decided(test: int, comparison: Comparison, outcome: Outcome) -> Trial:
    """The trial of a program that came to its end: compared, or without anything to compare."""
    if comparison.fault is not None:
        return Trial(test, Verdict.ERROR, fault=comparison.fault, outcome=outcome)
    return Trial(test, Verdict.PASS if comparison.same else Verdict.WRONG, comparison.got, outcome=outcome)
