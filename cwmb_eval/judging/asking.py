"""What a program predicts for a set of transitions: asked twice, in two orders, from two models built of it."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.feedback import Fault
from cwmb_eval.judging import ordering
from cwmb_eval.judging.session import EXTRA, Answer, Order, serve
from cwmb_eval.transitions import Array, Floats, Indices, Transitions
from gifmcts.types import Verdict
from sandbox.types import Limits, Outcome, Sandbox

DRAWS: Final = 1000
"""Answers drawn for each pair of state and action of a stochastic environment."""
DISTINCT: Final = 128
"""Different answers of one pair that are told apart."""
PAIRS: Final = 10
"""Pairs of an input."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Answers for ``rows`` of a set of transitions; a row of ``table`` that is not a number was not answered."""

    rows: Indices
    table: Floats
    """Observation, reward, done (−1 where it was no boolean), valid actions as bits, flags."""
    verdict: Verdict = Verdict.PASS
    fault: Fault | None = None
    at: int = 0
    """The transition at which the fault happened."""
    notes: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    """By flag: the first transition that has it, and what was answered."""
    unsteady: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Transitions that were answered otherwise in another order."""
    other: Mapping[int, Array] = field(default_factory=dict)
    """What the first of them was answered the second time."""
    outcomes: tuple[Outcome, ...] = ()


async def predict(
    sandbox: Sandbox, limits: Limits, spec: EnvironmentSpec, source: str, some: Transitions, *, every: bool = False
) -> Predictions:
    """Ask for one transition after the other; the first input without a whole answer ends it.

    ``every``: those too whose answers stand among earlier inputs.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    parts = ordering.portions(some, every=every)
    rows = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    again = ordering.shuffled(rows, spec.name)
    found, ended = await _answers(sandbox, limits, spec, source, [*_orders(some, parts), *_orders(some, again, fresh=True)])
    first, second, place = found[: len(parts)], found[len(parts) :], [*parts, *again][len(found) - 1] if ended else rows
    if ended is not None and ended.verdict is Verdict.TIME and 1 < len(found) <= len(parts):
        # What was answered before a limit counts; but who stops is asked a second time like anybody else.
        again = ordering.shuffled(np.concatenate(parts[: len(found) - 1]), spec.name)
        second, _ = await _answers(sandbox, limits, spec, source, _orders(some, again, fresh=True))
    tables = [_table(some, spec, *given) for given in ((parts, first), (again, second))]
    differs = ~((tables[0] == tables[1]) | (np.isnan(tables[0]) & np.isnan(tables[1]))).all(axis=1)
    unsteady = np.flatnonzero(differs)
    other = {int(unsteady[0]): tables[1][unsteady[0]]} if len(unsteady) else {}
    outcomes = tuple(answer.outcome for answer in (*first, *second))
    known = Predictions(rows, tables[0][rows], notes=_noted(parts, first), unsteady=unsteady, other=other, outcomes=outcomes)
    return known if ended is None else replace(known, verdict=ended.verdict, fault=ended.fault, at=int(place[ended.row]))


def _orders(some: Transitions, parts: Sequence[Indices], *, fresh: bool = False) -> list[Order]:
    """An input for each part; ``fresh``: to a model that is built anew before the first."""
    return [Order("ask", some.observation[part], some.action[part], fresh=fresh and not number) for number, part in enumerate(parts)]


def _table(some: Transitions, spec: EnvironmentSpec, parts: Sequence[Indices], found: Sequence[Answer]) -> Floats:
    """A row for every transition; what was not answered is not a number."""
    table = np.full((len(some), spec.observations.width + EXTRA), np.nan)
    for part, answer in zip(parts, found, strict=False):
        table[part[: len(answer.table)]] = answer.table
    return table


async def draw(sandbox: Sandbox, limits: Limits, spec: EnvironmentSpec, source: str, some: Transitions) -> Predictions:
    """Draw answers for every pair of state and action; the table has a row for each different answer.

    Its last column counts how often that answer was drawn, its last but one names the transition.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    rows = ordering.pairs(some)
    parts = [rows[start : start + PAIRS] for start in range(0, len(rows), PAIRS)]
    orders = [
        Order(
            "draw",
            some.observation[part],
            some.action[part],
            answers=len(part) * (DISTINCT + 1),
            extra={"draws": DRAWS, "distinct": DISTINCT, "seed": int(part[0]) * 1000},
        )
        for part in parts
    ]
    found, ended = await _answers(sandbox, limits, spec, source, orders)
    made = [_counted(answer.table, part) for part, answer in zip(parts, found, strict=False)]
    table = np.concatenate(made) if made else np.zeros((0, spec.observations.width + EXTRA + 1))
    notes = _noted(parts, found)
    outcomes = tuple(answer.outcome for answer in found)
    if ended is not None:
        return Predictions(rows, table, ended.verdict, ended.fault, int(parts[len(found) - 1][ended.row]), notes, outcomes=outcomes)
    return Predictions(rows, table, notes=notes, outcomes=outcomes)


def _noted(parts: Sequence[Indices], found: Sequence[Answer]) -> dict[int, tuple[int, str]]:
    """By flag the first transition that has it."""
    notes: dict[int, tuple[int, str]] = {}
    for part, answer in zip(parts, found, strict=False):
        for flag, (row, what) in answer.notes.items():
            if flag not in notes and 0 <= row < len(part):
                notes[flag] = (int(part[row]), what)
    return notes


async def _answers(
    sandbox: Sandbox, limits: Limits, spec: EnvironmentSpec, source: str, orders: Sequence[Order]
) -> tuple[list[Answer], Answer | None]:
    """Answers until one is not whole, and that one."""
    found: list[Answer] = []
    async with aclosing(serve(sandbox, limits, spec, source, orders)) as answers:
        async for answer in answers:
            found.append(answer)
            if answer.verdict is not Verdict.PASS:
                return found, answer
            short = orders[len(found) - 1].answers is None and len(answer.table) < orders[len(found) - 1].rows
            if short:
                missing = Answer(
                    Verdict.ERROR, answer.table, Fault("exit", "the program wrote over its own answers"), outcome=answer.outcome
                )
                return [*found[:-1], missing], missing
    return found, None


def _counted(table: Floats, part: Indices) -> Floats:
    """Rows of drawn answers with the transition and how often each was drawn in their last two columns."""
    marks = table[:, -1] == -1.0
    pair = np.minimum(np.cumsum(marks) - marks, max(0, len(part) - 1)).astype(np.int64)[~marks]
    drawn = table[~marks]
    times = np.floor_divide(np.nan_to_num(drawn[:, -1], nan=0.0, posinf=0.0, neginf=0.0), 128.0)
    wide = np.concatenate([drawn[:, :-1], part[pair][:, None].astype(np.float64), times[:, None]], axis=1)
    return np.asarray(wide)


def processor_seconds(some: Predictions) -> float:
    """Of all inputs together."""
    return sum(outcome.cpu_seconds for outcome in some.outcomes)
