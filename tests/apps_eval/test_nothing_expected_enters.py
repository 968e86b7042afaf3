"""What the jail receives never depends on what is expected: the bytes of every job, under either rule, however it ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from apps_rows import call_problem, stdin_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from apps_eval.judges import Judge
from apps_eval.judges.official import OfficialJudge
from apps_eval.judges.strict import StrictJudge
from apps_eval.options import SearchTier
from apps_eval.problem import Json, Problem
from sandbox import Job, Level, Limits, Outcome, Sandbox, Sharing, Status
from sandbox.wire import pack_end, pack_input, pack_job

LIMITS = Limits(cpu_seconds=0.5)
OUTPUTS = (b"", b"1", b"1\n", b"2\n", b"right\n", b"R1", b"Rright", b"E", b"T", b"D", b"C", b"[1]", b'"right"', b"R[1]", b"true")
OUTCOMES = st.builds(
    Outcome,
    status=st.sampled_from([Status.OK, Status.OK, Status.OK, *Status]),
    stdout=st.sampled_from(OUTPUTS),
    result=st.sampled_from(OUTPUTS),
    exit_code=st.integers(-9, 9),
)
EXPECTED: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(["", "1", "1\n", "2\n", "right\n", "not there"]),
    st.integers(0, 2),
    st.just([1]),
    st.just({"1": 1}),
    st.none(),
    st.booleans(),
)


@dataclass
class Recording:
    """A sandbox that packs every job as it crosses the wall and answers from a script."""

    outcomes: Sequence[Outcome]
    level: Level = Level.NONE
    heard: list[list[bytes]] = field(default_factory=list)
    """Of each job the driver, the header with the source, and the inputs that were drawn, each in its frame."""
    _answers: Iterator[Outcome] | None = None

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Draw one input an outcome, until the job is left."""
        pieces = [job.driver.encode(), pack_job(job)]
        self.heard.append(pieces)
        self._answers = self._answers or (outcome for _ in range(99) for outcome in self.outcomes)
        for data in job.inputs:
            pieces.append(pack_input(data))
            outcome = next(self._answers)
            yield outcome
            if outcome.status is Status.COMPILE:
                return
        pieces.append(pack_end())


JUDGES: dict[str, Callable[[Sandbox], Judge]] = {
    "strict, screened": lambda sandbox: StrictJudge(sandbox, LIMITS, SearchTier.SCREEN),
    "strict, screened, early stop": lambda sandbox: StrictJudge(sandbox, LIMITS, SearchTier.SCREEN, early_stop=True),
    "strict, confirmed": lambda sandbox: StrictJudge(sandbox, LIMITS, SearchTier.CONFIRM),
    "official": lambda sandbox: OfficialJudge(sandbox, LIMITS),
}


def _stdin(inputs: Sequence[str], expected: Sequence[Json]) -> Problem:
    return stdin_problem(*((text, value if isinstance(value, str) else "") for text, value in zip(inputs, expected, strict=True)))


def _call(inputs: Sequence[str], expected: Sequence[Json]) -> Problem:
    return call_problem(*(([text], value) for text, value in zip(inputs, expected, strict=True)))


def _heard(judge: str, act: str, problem: Problem, outcomes: Sequence[Outcome]) -> tuple[list[list[bytes]], list[str]]:
    recording = Recording(outcomes)
    judging = JUDGES[judge](recording)
    doing = judging.screen if act == "screen" else judging.confirm
    trials = asyncio.run(doing(problem, "print(1)\ndef f(x): return 1", range(len(problem.cases))))
    return recording.heard, [trial.verdict.value for trial in trials]


@pytest.mark.parametrize("pose", [_stdin, _call], ids=["stdin", "call"])
@pytest.mark.parametrize("act", ["screen", "confirm"])
@pytest.mark.parametrize("judge", JUDGES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_expected_changes_no_byte_of_any_job(
    judge: str, act: str, pose: Callable[[Sequence[str], Sequence[Json]], Problem], data: st.DataObject
) -> None:
    """Which jobs follow may depend on verdicts, what is in them may not: a job is its source, its sharing and inputs of the problem."""
    inputs = data.draw(st.lists(st.sampled_from(["1\n", "2\n", "a b\n", "é"]), min_size=1, max_size=5))
    outcomes = data.draw(st.lists(OUTCOMES, min_size=1, max_size=8))
    pair = [data.draw(st.lists(EXPECTED, min_size=len(inputs), max_size=len(inputs))) for _ in range(2)]
    (one, verdicts), (two, others) = (_heard(judge, act, pose(inputs, expected), outcomes) for expected in pair)
    assert one
    if len(outcomes) == 1 and verdicts == others:
        assert one == two
    complete, _ = _heard("strict, confirmed", "confirm", pose(inputs, pair[0]), [Outcome(Status.ERROR)])
    if judge == "official":
        complete, _ = _heard("official", "confirm", pose(inputs, pair[0]), [Outcome(Status.OK, result=b"E")])
    frames = complete[0][2:-1]
    assert len(frames) == len(inputs)
    heads = {(job[0], _without_sharing(job[1])) for job in (*one, *two, *complete)}
    assert len(heads) == 1
    for job in (*one, *two):
        rest = [piece for piece in job[2:] if piece != pack_end()]
        assert any(rest == frames[start : start + len(rest)] for start in range(len(frames) + 1)), (rest, frames)


def _without_sharing(packed: bytes) -> bytes:
    """The header after its first byte, which says how many inputs a child serves."""
    assert packed[0] < len(Sharing)
    return packed[1:]
