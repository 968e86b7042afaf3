"""One program in the jail: orders go in, reports and tables come out, and whatever is not of their form is the program's fault."""

import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from cwmb_eval.drivers import STEPPER
from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.feedback import Fault, fault_of
from cwmb_eval.transitions import Array, Floats
from gifmcts.types import Verdict
from sandbox.errors import SandboxError
from sandbox.types import Job, Limits, Outcome, Sandbox, Sharing, Status

EXTRA: Final = 4
"""Columns of a table after the observation: reward, done, valid actions as bits, flags."""
WANTS_NUMPY: Final = "\n# numpy\n"
"""The jail has numpy for programs that mention it, and the driver needs it beside every program."""


@dataclass(frozen=True, slots=True)
class _Thrown:
    """An exception as the driver tells it."""

    error: str
    message: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The first line of a result; the child's own claim, like everything in it."""

    at: str
    row: int
    count: int
    fault: _Thrown | None = None
    notes: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """By flag: the first row that has it, and what was answered there."""


NOTHING: Final = Outcome(Status.OK)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of one order."""

    verdict: Verdict
    table: Floats
    """A row for each answer that came; fewer than were asked for where the program did not get that far."""
    fault: Fault | None = None
    row: int = 0
    """Of the order's rows the one that went wrong."""
    notes: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    outcome: Outcome = NOTHING


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Observations and actions, and what is asked of them."""

    mode: str
    observation: Array
    action: Array
    fresh: bool = False
    """Build the model anew before it."""
    answers: int | None = None
    """Rows of the table, at most; by default one for each observation."""
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many observations there are."""
        return len(self.observation)

    def write(self, spec: EnvironmentSpec) -> bytes:
        """The bytes for the jail: never anything of what is expected."""
        seen = spec.observations
        head = {
            "mode": self.mode,
            "rows": self.rows,
            "answers": self.rows if self.answers is None else self.answers,
            "fresh": self.fresh,
            "width": seen.width,
            "dtype": seen.dtype,
            "form": seen.form.value,
            "words": seen.words,
            "blocks": [(block.name, block.shape) for block in seen.blocks],
            "discrete": spec.actions.discrete,
            "action_dtype": spec.actions.dtype,
            "valid": spec.valid_actions,
            **self.extra,
        }
        text = json.dumps(head, separators=(",", ":")).encode("ascii")
        return b"".join((text, b"\n", np.ascontiguousarray(self.observation).tobytes(), np.ascontiguousarray(self.action).tobytes()))


async def serve(
    sandbox: Sandbox, limits: Limits, spec: EnvironmentSpec, source: str, orders: Sequence[Order]
) -> AsyncGenerator[Answer, None]:
    """Give a program its orders in one child; a program that does not compile answers once.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    inputs: Iterable[bytes] = (order.write(spec) for order in orders)
    job = Job(source + WANTS_NUMPY, STEPPER, inputs, limits, Sharing.SHARED)
    waiting = list(orders)
    async with aclosing(sandbox.run(job)) as outcomes:
        async for outcome in outcomes:
            yield _answer(waiting.pop(0), spec, outcome, limits, source)
            if outcome.status is Status.COMPILE:
                return
    if waiting:
        raise SandboxError(f"the sandbox ended a job {len(waiting)} inputs early")


def _answer(order: Order, spec: EnvironmentSpec, outcome: Outcome, limits: Limits, source: str) -> Answer:
    width = spec.observations.width + EXTRA
    nothing = np.zeros((0, width))
    if outcome.status is not Status.OK:
        fault = fault_of(outcome, limits, source)
        row = min(max(0, outcome.stdout.count(b".") - 1), max(0, order.rows - 1))
        return Answer(Verdict(outcome.status.value), nothing, fault, row, outcome=outcome)
    head, _, body = outcome.result.partition(b"\n")
    try:
        report = msgspec.json.decode(head, type=Report)
        notes = {int(flag): note for flag, note in report.notes.items()}
    except (msgspec.DecodeError, ValueError):
        return Answer(Verdict.ERROR, nothing, Fault("exit", "the program ended itself before it had answered"), outcome=outcome)
    most = order.rows if order.answers is None else order.answers
    if len(body) != report.count * width * 8 or not 0 <= report.count <= most:
        return Answer(Verdict.ERROR, nothing, Fault("exit", "the program wrote over its own answers"), outcome=outcome)
    table = np.frombuffer(body, dtype="<f8").reshape(report.count, width)
    row = min(max(report.row, 0), max(0, order.rows - 1))
    if report.fault is None:
        return Answer(Verdict.PASS if report.count or not most else Verdict.ERROR, table, None, row, notes, outcome)
    thrown = report.fault
    fault = Fault.of(thrown.error, thrown.message, thrown.line, source, report.at)
    return Answer(Verdict.ERROR, table, fault, row, notes, outcome)
