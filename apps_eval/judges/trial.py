"""One program on one test, and who decides what it was worth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from apps_eval.feedback import Fault
from apps_eval.problem import Problem
from apps_eval.rules.official import COMPILE, ERROR, Code
from gifmcts.types import Verdict
from sandbox.types import Limits, Outcome, Status

NOT_RUN = Fault("not run", "an earlier test exceeded the time limit")
STOPPED = Fault("not run", "an earlier test was not passed")
UNJUDGED = Fault("unjudged", "the sandbox failed on this test")
NOTHING = Outcome(Status.OK)
"""The outcome of a test that was not run."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known of one program on one test."""

    test: int
    """The test's index in the data set."""
    verdict: Verdict
    got: str = ""
    """What the program gave, masked and shortened; only where the verdict is ``wrong``."""
    fault: Fault | None = None
    """Why there is nothing to compare; for every verdict but ``pass`` and ``wrong``."""
    outcome: Outcome = NOTHING

    @property
    def code(self) -> Code:
        """The reference scorer's word for the verdict."""
        if self.verdict is Verdict.COMPILE:
            return COMPILE
        if self.verdict in (Verdict.PASS, Verdict.WRONG):
            return self.verdict is Verdict.PASS
        return ERROR


Told: TypeAlias = Callable[[Trial], None]
"""Hears of a trial that is final."""


class Judge(Protocol):
    """A rule set with a sandbox to run programs in."""

    @property
    def limits(self) -> Limits:
        """What one test may cost."""
        ...

    async def screen(self, problem: Problem, source: str, tests: Sequence[int]) -> list[Trial]:
        """Trials that steer a search, one per test in the given order.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        ...

    async def confirm(self, problem: Problem, source: str, tests: Sequence[int], told: "Told | None" = None) -> list[Trial]:
        """Trials that are reported: every test runs, ``time`` verdicts are confirmed, a failure of the jail is ``unjudged``.

        ``told`` hears of a trial as soon as nothing that comes after can change it.
        """
        ...
