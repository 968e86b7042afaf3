"""One environment as a task: what the model may read, what the search may see, and what only the report sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cwmb_eval.checks import checks
from cwmb_eval.dataset import DataSet
from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.interface import interface
from cwmb_eval.judging.judge import Judge, Judged
from cwmb_eval.transitions import Split
from gifmcts.errors import JudgingFailed
from gifmcts.types import Broken, Check, Evaluation, Footprint, Label, Program, Stage, Verdict
from sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class WorldTask:
    """An environment, its transitions, and the judge that is in session."""

    data: DataSet
    description: str
    judge: Callable[[], Judge]

    @property
    def spec(self) -> EnvironmentSpec:
        """The environment."""
        return self.data.spec

    @property
    def id(self) -> str:
        """Its name with its version."""
        return self.spec.name

    @property
    def group(self) -> str:
        """Discrete or continuous actions."""
        return self.spec.group

    @property
    def label(self) -> Label:
        """Sets without a held-out split reward the search by what scores it."""
        return Label.HELD_OUT if Split.HELD_OUT in self.data.splits else Label.ORACLE

    @property
    def scoring(self) -> Split:
        """The split whose mean score is reported."""
        return Split.HELD_OUT if Split.HELD_OUT in self.data.splits else Split.SEARCH

    @property
    def fields(self) -> Mapping[str, str]:
        """The description, and how the program is called."""
        return {"name": self.spec.name, "description": self.description, "interface": interface(self.spec)}

    @property
    def cases(self) -> Mapping[str, Mapping[str, str]]:
        """Nothing: a check shows another transition for another program, and brings it along."""
        return {}

    async def evaluate(self, program: Program) -> Evaluation:
        """The mean score on the search split; every failing check shows one transition.

        Raises:
            JudgingFailed: the jail failed, which says nothing about the program.
        """
        judge = self.judge()
        try:
            judged = await judge.judge(self.spec, program.source, self.data.splits[Split.SEARCH])
        except SandboxError as error:
            raise JudgingFailed(f"the sandbox failed on {self.id}: {error}") from error
        made = checks(Split.SEARCH, judged, self.spec, program.source, judge.metric)
        return Evaluation(judged.reward, broken(judged), tuple(made), _footprints(made, judged, judge))

    async def grade(self, program: Program) -> Evaluation:
        """The mean score on the held-out split; ``solved`` asks for every check of every split."""
        judge, reward = self.judge(), 0.0
        made: list[Check] = []
        footprints: list[Footprint] = []
        first: Broken | None = None
        for split, some in self.data.splits.items():
            try:
                judged = await judge.confirm(self.spec, program.source, some)
            except SandboxError:
                made.append(Check(f"{split.value}: judged", Verdict.UNJUDGED))
                footprints.append(Footprint())
                continue
            found = checks(split, judged, self.spec, program.source, judge.metric)
            made += found
            footprints += _footprints(found, judged, judge)
            first = first or broken(judged)
            reward = judged.reward if split is self.scoring else reward
        return Evaluation(reward, first, tuple(made), tuple(footprints))


def broken(judged: Judged) -> Broken | None:
    """Why a program cannot run: it does not compile, or raised anywhere while it was built or stepped."""
    verdict, fault = judged.found.verdict, judged.found.fault
    stage = {Verdict.COMPILE: Stage.COMPILE, Verdict.ERROR: Stage.EXCEPTION}.get(verdict)
    if stage is None or fault is None:
        return None
    return Broken(stage, fault.error, fault.message, fault.line_number, fault.line)


def _footprints(made: list[Check], judged: Judged, judge: Judge) -> tuple[Footprint, ...]:
    """What the whole split took, with its first check; the others took no time of their own."""
    outcomes = judged.found.outcomes
    whole = Footprint(
        round(sum(outcome.cpu_seconds for outcome in outcomes), 6),
        max((outcome.memory_bytes for outcome in outcomes), default=0),
        sum(outcome.written_bytes for outcome in outcomes),
        int(any(outcome.near(judge.limits.cpu_seconds) for outcome in outcomes)),
    )
    return (whole, *[Footprint()] * (len(made) - 1))
