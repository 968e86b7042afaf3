"""A program on a split of an environment's transitions: asked in the jail, compared outside of it."""

from dataclasses import dataclass

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.judging import asking
from cwmb_eval.judging.asking import Predictions
from cwmb_eval.metrics.laws import law_scores
from cwmb_eval.metrics.scores import Metric, Scores, scores
from cwmb_eval.transitions import Transitions
from gifmcts.types import Verdict
from sandbox.types import Limits, Sandbox


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a program answered, and what that is worth."""

    some: Transitions
    found: Predictions
    scores: Scores

    @property
    def runs(self) -> bool:
        """Whether it answered everything."""
        return self.found.verdict is Verdict.PASS

    @property
    def reward(self) -> float:
        """The mean score; 0 for a program that raises, as in arXiv 2405.15383."""
        stopped = (Verdict.PASS, Verdict.TIME)
        return min(1.0, self.scores.mean) if self.found.verdict in stopped else 0.0


@dataclass(frozen=True, slots=True)
class Judge:
    """Runs world models under limits for each hundred transitions."""

    sandbox: Sandbox
    limits: Limits
    metric: Metric = Metric.ACCURACY

    async def judge(self, spec: EnvironmentSpec, source: str, some: Transitions) -> Judged:
        """Ask for every transition and score the answers.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        if spec.stochastic:
            drawn = await asking.draw(self.sandbox, self.limits, spec, source, some)
            return Judged(some, drawn, law_scores(some, drawn, spec))
        every = self.metric is Metric.CWM2024  # which counts whatever was recorded
        found = await asking.predict(self.sandbox, self.limits, spec, source, some, every=every)
        return Judged(some, found, scores(self.metric, some, found, spec))

    async def confirm(self, spec: EnvironmentSpec, source: str, some: Transitions) -> Judged:
        """The same; where the program ran out of time, once more, for the machine may have been disturbed.

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        judged = await self.judge(spec, source, some)
        return await self.judge(spec, source, some) if judged.found.verdict is Verdict.TIME else judged
