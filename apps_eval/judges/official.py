"""The reference scorer at work: one process for all tests of a program, inside the jail."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from apps_eval.drivers.official import Letter, dressed, driver, read_reply, read_report, source_line
from apps_eval.feedback import Fault, readable, written
from apps_eval.inputs import official_input
from apps_eval.judges.comparison import NO_RESULT, Comparison, settle
from apps_eval.judges.ends import verdict_of, why
from apps_eval.judges.strict import decided
from apps_eval.judges.trial import NOTHING, UNJUDGED, Told, Trial
from apps_eval.problem import Kind, Problem
from apps_eval.rules.official import ERROR, Code, result_code, same_output
from gifmcts.types import Verdict
from sandbox.errors import SandboxError
from sandbox.tagged import decode
from sandbox.types import Job, Limits, Outcome, Sandbox, Sharing, Status

TOTAL_SECONDS: Final = 11.0
"""Processor seconds of all tests together, after which every test counts as −1."""

_ENDED = Fault("the process ended", "no test of this program counts")


@dataclass(frozen=True)
class OfficialJudge:
    """What the reference scorer says; ``limits.cpu_seconds`` is its alarm per test."""

    sandbox: Sandbox
    limits: Limits

    async def screen(self, problem: Problem, source: str, tests: Sequence[int]) -> list[Trial]:
        """Run the tests in one process; the total limit bounds what a looping program costs, so none is skipped.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        return await self._run(problem, source, tests)

    async def confirm(self, problem: Problem, source: str, tests: Sequence[int], told: Told | None = None) -> list[Trial]:
        """Run the tests in one process, and once more when a time limit decided; a failure of the jail leaves all unjudged.

        Nothing is told before the end: a process that ends takes the passes of earlier tests back.
        """
        try:
            trials = await self._run(problem, source, tests)
            if any(trial.verdict is Verdict.TIME for trial in trials):
                trials = await self._run(problem, source, tests)
        except SandboxError:
            return [Trial(test, Verdict.UNJUDGED, fault=UNJUDGED) for test in tests]
        return trials

    async def _run(self, problem: Problem, source: str, tests: Sequence[int]) -> list[Trial]:
        inputs = (official_input(problem, test) for test in tests)
        job = Job(dressed(problem, source), driver(problem.kind, self.limits.cpu_seconds), inputs, whole(self.limits), Sharing.SHARED)
        trials: list[Trial] = []
        async with aclosing(self.sandbox.run(job)) as outcomes:
            async for outcome in outcomes:
                trial = await self._trial(problem, source, tests[len(trials)], outcome)
                if trial.verdict is Verdict.COMPILE or _ends_all(outcome):
                    own = {one.test: one.outcome for one in (*trials, trial)}
                    return [replace(trial, test=test, outcome=own.get(test, NOTHING)) for test in tests]
                trials.append(trial)
        if len(trials) < len(tests):
            raise SandboxError(f"the sandbox ended a job {len(tests) - len(trials)} inputs early")
        return trials

    @property
    def _too_long(self) -> Fault:
        clock = f"{whole(self.limits).backstop_seconds:g} s by the clock for one"
        return Fault("time limit", f"no end within {TOTAL_SECONDS:g} s of processor time for all tests together ({clock})")

    async def _trial(self, problem: Problem, source: str, test: int, outcome: Outcome) -> Trial:
        if outcome.status is Status.TIME:
            return Trial(test, Verdict.TIME, fault=self._too_long, outcome=outcome)
        if outcome.status is not Status.OK:
            fault = why(outcome, self.limits, source, lambda number: source_line(problem, source, number))
            return Trial(test, verdict_of(outcome.status), fault=fault, outcome=outcome)
        letter, rest = read_reply(outcome.result)
        match letter:
            case Letter.RESULT:
                return decided(test, await settle(partial(_compared, problem, test, rest), len(rest)), outcome)
            case Letter.TIME:
                alarm = Fault("time limit", f"no end within {self.limits.cpu_seconds:g} s of processor time")
                return Trial(test, Verdict.TIME, fault=alarm, outcome=outcome)
            case Letter.DIED:
                return Trial(test, Verdict.ERROR, fault=_ENDED, outcome=outcome)
        verdict = Verdict.COMPILE if letter is Letter.UNCALLABLE else Verdict.ERROR
        return Trial(test, verdict, fault=read_report(problem, source, rest), outcome=outcome)


def whole(limits: Limits) -> Limits:
    """What all tests of a program may cost together, and one of them by the clock."""
    return replace(limits, cpu_seconds=TOTAL_SECONDS, total_cpu_seconds=TOTAL_SECONDS)


def _ends_all(outcome: Outcome) -> bool:
    """Whether the reference scorer's process would have ended: then every test counts as −1, those before it included."""
    return outcome.status is not Status.OK or read_reply(outcome.result)[0] is Letter.DIED


def _compared(problem: Problem, test: int, reply: bytes) -> Comparison:
    try:
        value = reply.decode("utf-8", "surrogatepass") if problem.kind is Kind.STDIN else decode(reply)
    except ValueError:
        return Comparison(False, fault=NO_RESULT)
    if problem.kind is Kind.STDIN:
        same = same_output(value, problem.stdout(test))
        return Comparison(same, "" if same else readable(reply))
    code = result_code(value, problem.cases[test].expected)
    if code is True:
        return Comparison(True)
    got = written(value)
    return Comparison(False, fault=Fault("the result cannot be compared", got)) if code == ERROR else Comparison(False, got)


async def official_codes(sandbox: Sandbox, problem: Problem, source: str, limits: Limits | None = None) -> list[Code]:
    """The reference scorer's codes for a program, one per test; a single −2 when there is nothing to call.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    judge = OfficialJudge(sandbox, limits or Limits())
    trials = await judge.screen(problem, source, range(len(problem.cases)))
    return [trials[0].code] if trials[0].verdict is Verdict.COMPILE else [trial.code for trial in trials]
