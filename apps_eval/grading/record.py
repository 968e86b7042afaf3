"""One program's execution as it is kept: what every test left, so that it can be judged again without running anything."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from apps_eval.grading.results import Mark
from apps_eval.judges import Trial
from apps_eval.judges.official import whole
from apps_eval.options import Rules
from apps_eval.problem import Kind, Problem
from gifmcts.types import Verdict
from sandbox.types import Limits, Outcome, Status

KEPT_BYTES: Final = 64 << 10
"""How long an output may be to be kept; of a longer one only its length and digest are, or that it is the expected text."""
SHOWN: Final = 200
"""Characters of an error."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a program left of one test, and what its judge made of it."""

    test: int
    verdict: Verdict
    status: Status
    cpu_seconds: float
    wall_seconds: float = 0.0
    memory_bytes: int = 0
    exit_code: int = 0
    error: str = ""
    size: int = 0
    """Bytes of the output: what a script wrote, or what its driver returned."""
    output: bytes | None = None
    """The output, compressed by zlib; ``None`` where it was too long to be kept."""
    digest: str = ""
    """Of an output that was too long."""
    expected: bool = False
    """Whether an output that was too long is the expected text, white space at its end apart."""


@dataclass(frozen=True, slots=True)
class Record:
    """One program of one problem, executed once in the mode that a rule set needs."""

    problem: str
    program: str
    """The program's digest."""
    mode: Rules
    tests: tuple[Left, ...]


def mark(left: Left, verdict: Verdict, time_limit: float, mode: Rules) -> Mark:
    """A mark of what a program left when it was run in a rule set's way, with this verdict under this limit."""
    near = verdict is not Verdict.TIME and Outcome(left.status, cpu_seconds=left.cpu_seconds).near(time_limit)
    stopped = verdict is Verdict.TIME and (_all_stopped(left) if mode is Rules.OFFICIAL else left.cpu_seconds < time_limit)
    return Mark(left.test, verdict, left.cpu_seconds, left.memory_bytes, near, stopped, left.error)


def _all_stopped(left: Left) -> bool:
    """Whether the one process of all tests was stopped by the clock in this test."""
    limits = whole(Limits())
    return left.status is Status.TIME and left.cpu_seconds < limits.cpu_seconds and left.wall_seconds >= limits.backstop_seconds


def record(problem: Problem, program: str, mode: Rules, trials: Sequence[Trial]) -> Record:
    """The record of an execution."""
    return Record(problem.id, program, mode, tuple(left_of(problem, mode, trial) for trial in trials))


def left_of(problem: Problem, mode: Rules, trial: Trial) -> Left:
    """What a program left of one test, as it is kept."""
    outcome, output = trial.outcome, _output(problem, mode, trial.outcome)
    short = len(output) <= KEPT_BYTES
    return Left(
        test=trial.test,
        verdict=trial.verdict,
        status=outcome.status,
        cpu_seconds=round(outcome.cpu_seconds, 6),
        wall_seconds=round(outcome.wall_seconds, 6),
        memory_bytes=outcome.memory_bytes,
        exit_code=outcome.exit_code,
        error="" if trial.fault is None else str(trial.fault)[:SHOWN],
        size=len(output),
        output=zlib.compress(output, 1) if short else None,
        digest="" if short else blake2b(output, digest_size=16).hexdigest(),
        expected=not short and problem.kind is Kind.STDIN and _is_expected(problem, mode, trial.test, output),
    )


def _output(problem: Problem, mode: Rules, outcome: Outcome) -> bytes:
    """What is compared: a script's standard output, otherwise what the driver returned."""
    return outcome.stdout if mode is Rules.STRICT and problem.kind is Kind.STDIN else outcome.result


def _is_expected(problem: Problem, mode: Rules, test: int, output: bytes) -> bool:
    return output.removeprefix(b"R" if mode is Rules.OFFICIAL else b"").rstrip() == expected_bytes(problem, test).rstrip()


def expected_bytes(problem: Problem, test: int) -> bytes:
    """The expected text of a test as a program would write it."""
    return problem.stdout(test).encode("utf-8", "surrogatepass")


def output_of(left: Left, problem: Problem, mode: Rules) -> bytes | None:
    """The output as it was, white space at its end apart; ``None`` where it was not kept."""
    if left.output is not None:
        return zlib.decompress(left.output)
    if left.expected:
        return (b"R" if mode is Rules.OFFICIAL else b"") + expected_bytes(problem, left.test)
    return None
