"""Running reference solutions: each is a program of its problem, judged by the strict rules, inside the wrapper where only that parses."""

import asyncio
from collections.abc import Sequence

from apps_eval.grading.folder import GradingFolder
from apps_eval.grading.grader import Grader, Watch
from apps_eval.grading.programs import Submission
from apps_eval.grading.spool import Spool
from apps_eval.judges import Trial
from apps_eval.judges.strict import StrictJudge
from apps_eval.judges.trial import Told
from apps_eval.judges.wrapped import judge_reference
from apps_eval.options import Rules
from apps_eval.problem import Problem
from sandbox.types import Limits, Sandbox


class ReferenceJudge(StrictJudge):
    """The strict rules for sources of which some only parse inside the reference scorer's wrapper."""

    async def confirm(self, problem: Problem, source: str, tests: Sequence[int], told: Told | None = None) -> list[Trial]:
        """Run every test as a plain program, or inside the wrapper; otherwise as for any program."""
        judged = await judge_reference(StrictJudge(self.sandbox, self.limits), problem, source, tests, told)
        return list(judged.trials)


class ReferenceGrader(Grader):
    """Runs the reference solutions of every problem that it reads."""

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits,
        modes: tuple[Rules, ...],
        spool: Spool,
        folder: GradingFolder,
        workers: int,
        watch: Watch | None = None,
        *,
        most: int | None = None,
    ) -> None:
        super().__init__(sandbox, limits, modes, spool, folder, workers, watch)
        self._judges = {Rules.STRICT: ReferenceJudge(sandbox, limits)}
        self._most = most

    async def _start(self, problem: Problem, group: asyncio.TaskGroup) -> None:
        sources = enumerate(problem.solutions[: self._most])
        self._spool.fill(Submission(problem.id, source, index, f"solution {index}") for index, source in sources)
        await super()._start(problem, group)
