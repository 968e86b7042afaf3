"""How far a model goes astray when it runs on from its own predictions: error after k steps, and steps until it first differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.judging import ordering
from cwmb_eval.judging.matching import elements_match
from cwmb_eval.judging.session import Order, serve
from cwmb_eval.transitions import Array, Floats, Transitions
from gifmcts.types import Verdict
from sandbox.types import Limits, Sandbox

STEPS: Final = (1, 5, 10, 33, 100)
"""k, of the errors that are reported."""
STARTS: Final = (0, 33, 66)
"""Steps of a trajectory at which a model is set to what was recorded."""


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """Errors of a set of transitions, over all stretches that are long enough."""

    errors: Mapping[int, float]
    """By k: the root mean square of the difference after k steps, each dimension in standard deviations of what was recorded."""
    horizon: float | None
    """Mean steps until the first difference; a stretch without any counts with its length. ``None`` where nothing was asked."""
    reward_error: float | None
    """Mean absolute error of the reward, one step ahead in the stretches' first steps."""


async def open_loop(sandbox: Sandbox, limits: Limits, spec: EnvironmentSpec, source: str, some: Transitions) -> OpenLoop | None:
    """Let a program run on by itself; ``None`` where the environment is stochastic or the program fails.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    groups = ordering.stretches(some, max(STEPS), STARTS)
    if spec.stochastic or not groups:
        return None
    orders, parts = [], []
    for group in groups:
        rows = np.concatenate([np.arange(first, last) for first, last in group])
        lengths = np.cumsum([0, *(last - first for first, last in group)]).tolist()
        spans = list(pairwise(lengths))
        # A model is told where a stretch begins and which actions follow; the states between are what it is asked for.
        shown = np.zeros_like(some.observation[rows])
        for first, _ in spans:
            shown[first] = some.observation[rows[first]]
        orders.append(Order("roll", shown, some.action[rows], extra={"stretches": spans}))
        parts.append((rows, spans))
    found = [answer async for answer in serve(sandbox, limits, spec, source, orders)]
    if len(found) < len(orders) or any(
        answer.verdict is not Verdict.PASS or len(answer.table) < order.rows for answer, order in zip(found, orders, strict=True)
    ):
        return None
    stretches = [
        (rows[first:last], answer.table[first:last]) for (rows, spans), answer in zip(parts, found, strict=True) for first, last in spans
    ]
    with np.errstate(over="ignore", invalid="ignore"):  # a program may answer any number
        return _measured(some, spec, stretches)


def _measured(some: Transitions, spec: EnvironmentSpec, stretches: Sequence[tuple[Array, Floats]]) -> OpenLoop:
    width = spec.observations.width
    deviation = some.next_observation.astype(np.float64).std(axis=0)
    scale = np.where(deviation > 0, deviation, 1.0)
    errors: dict[int, list[float]] = {k: [] for k in STEPS}
    horizons, rewards = [], []
    for rows, table in stretches:
        recorded = some.next_observation[rows].astype(np.float64)
        same = elements_match(recorded, table[:, :width], spec.observations).all(axis=1)
        away = np.flatnonzero(~same)
        horizons.append(float(away[0]) if len(away) else float(len(rows)))
        rewards.append(abs(float(some.reward[rows[0]] - table[0, width])))
        for k in STEPS:
            if len(rows) >= k:
                errors[k].append(float(np.sqrt(np.mean(((recorded[k - 1] - table[k - 1, :width]) / scale) ** 2))))
    # A model that ended early has no state to compare any more: that shows in the horizon.
    known = {k: [error for error in found if np.isfinite(error)] for k, found in errors.items()}
    means = {k: float(np.mean(found)) for k, found in known.items() if found}
    return OpenLoop(
        means, float(np.mean(horizons)) if horizons else None, float(np.nanmean(rewards)) if np.isfinite(rewards).any() else None
    )
