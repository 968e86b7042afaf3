"""The strict judge at work: a plain program, a process per test, or one for all tests where a search only has to be steered."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from apps_eval.drivers import plain
from apps_eval.inputs import program_input
from apps_eval.judges.comparison import Comparison, compare_output, compare_result, settle
from apps_eval.judges.ends import verdict_of, why
from apps_eval.judges.trial import NOT_RUN, STOPPED, UNJUDGED, Told, Trial
from apps_eval.options import SearchTier
from apps_eval.problem import Kind, Problem
from gifmcts.types import Verdict
from sandbox.errors import SandboxError
from sandbox.types import Job, Limits, Outcome, Sandbox, Sharing, Status

SHARED_FROM: Final = 3
"""Fewer tests than this are confirmed at once, which is quicker than screening them first."""


@dataclass(frozen=True)
class StrictJudge:
    """Ordered comparison of what a plain script writes or a function returns."""

    sandbox: Sandbox
    limits: Limits
    tier: SearchTier = SearchTier.SCREEN
    early_stop: bool = False
    """Whether a search's tests end at the first that is not passed."""

    async def screen(self, problem: Problem, source: str, tests: Sequence[int]) -> list[Trial]:
        """Run the tests in order; the first time verdict ends the program and the rest is skipped.

        In the screening tier one process serves all tests. State that lasts from test to test must neither solve a problem nor fail it:
        where every test passes, and where the first that fails after passed ones comes to another verdict alone, the tests are run
        again in a process each, and only those trials count.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        if self.tier is SearchTier.SCREEN and len(tests) >= SHARED_FROM:
            trials = await self.steering(problem, source, tests, Sharing.SHARED)
            if await self._stands(problem, source, trials):
                return trials
        return await self.steering(problem, source, tests, Sharing.FRESH)

    async def steering(self, problem: Problem, source: str, tests: Sequence[int], sharing: Sharing) -> list[Trial]:
        """Run the tests in order as far as a search wants to know, in one process or in a process each.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        trials: list[Trial] = []
        why_not = NOT_RUN
        async with aclosing(self._trials(problem, source, tests, sharing)) as stream:
            async for trial in stream:
                trials.append(trial)
                if trial.verdict is Verdict.TIME:
                    break
                if self.early_stop and trial.verdict is not Verdict.PASS:
                    why_not = STOPPED
                    break
        return trials + [Trial(test, Verdict.SKIPPED, fault=why_not) for test in tests[len(trials) :]]

    async def _stands(self, problem: Problem, source: str, trials: Sequence[Trial]) -> bool:
        """Whether a screening can be believed as it is; a time verdict is, since asking again would cost as much again."""
        place = next((place for place, trial in enumerate(trials) if trial.verdict is not Verdict.PASS), None)
        if place is None:
            return False
        failed = trials[place]
        return place == 0 or failed.verdict is Verdict.TIME or (await self._alone(problem, source, failed.test)).verdict is failed.verdict

    async def confirm(self, problem: Problem, source: str, tests: Sequence[int], told: Told | None = None) -> list[Trial]:
        """Run every test; a test on which the sandbox fails is unjudged.

        The program's first time verdict is confirmed once, alone; where that fails the machine was disturbed, and every other is repeated.
        """
        trials: list[Trial] = []
        while len(trials) < len(tests):
            try:
                async with aclosing(self._trials(problem, source, tests[len(trials) :])) as stream:
                    async for trial in stream:
                        trials.append(trial)
                        if told is not None and trial.verdict is not Verdict.TIME:
                            told(trial)
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
            return await self._alone(problem, source, trial.test)
        except SandboxError:
            return Trial(trial.test, Verdict.UNJUDGED, fault=UNJUDGED)

    async def _alone(self, problem: Problem, source: str, test: int) -> Trial:
        async with aclosing(self._trials(problem, source, [test])) as stream:
            return await anext(stream)

    async def _trials(
        self, problem: Problem, source: str, tests: Sequence[int], sharing: Sharing = Sharing.FRESH
    ) -> AsyncGenerator[Trial, None]:
        waiting = list(tests)
        async with aclosing(self.sandbox.run(self._job(problem, source, tests, sharing))) as outcomes:
            async for outcome in outcomes:
                if outcome.status is Status.COMPILE:
                    fault = why(outcome, self.limits, source)
                    for test in tests:
                        yield Trial(test, Verdict.COMPILE, fault=fault, outcome=outcome)
                    return
                yield await self._trial(problem, source, waiting.pop(0), outcome)
        if waiting:
            raise SandboxError(f"the sandbox ended a job {len(waiting)} inputs early")

    def _job(self, problem: Problem, source: str, tests: Sequence[int], sharing: Sharing) -> Job:
        inputs = (program_input(problem, test) for test in tests)
        return Job(source, plain.driver(problem), inputs, self.limits, sharing)

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
