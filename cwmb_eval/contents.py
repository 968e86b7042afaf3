"""What the numbers of a set must be, whoever wrote them: finite, whole where they count, inside the spaces of the description."""

from collections.abc import Iterator, Mapping

import numpy as np

from cwmb_eval.environment import EnvironmentSpec, Form
from cwmb_eval.transitions import Array, Flags, Transitions


def refuse(columns: Mapping[str, Array], some: Transitions, spec: EnvironmentSpec) -> None:
    """Raise for the first number that no recorded transition has.

    Args:
        columns: the arrays as they were read.
        some: the same, brought to the kinds of the description.
        spec: the description.

    Raises:
        ValueError: names column, row and number.
    """
    for name, wrong, needed in _wrong(columns, some, spec):
        if wrong.any():
            at = int(wrong.argmax())
            held, width = np.asarray(columns[name]).reshape(-1)[at].item(), wrong.size // len(some)
            raise ValueError(f"column {name}, row {at // width}: {held!r} is no {needed}")


def _wrong(columns: Mapping[str, Array], some: Transitions, spec: EnvironmentSpec) -> Iterator[tuple[str, Flags, str]]:
    """Columns, where they are wrong, and what was needed."""
    made = some.columns()
    for name, column in made.items():
        if column.dtype.kind == "f":
            yield name, ~np.isfinite(column), "finite number"
        else:
            needed = "truth value" if column.dtype.kind == "b" else f"whole number of kind {column.dtype}"
            yield name, np.asarray(columns[name]).reshape(column.shape) != column, needed
    numbers = some.action.astype(np.float64)
    if spec.actions.discrete:
        yield "action", (numbers < 0) | (numbers >= spec.actions.count), f"action from 0 to {spec.actions.count - 1}"
    else:
        yield "action", (numbers < spec.actions.low) | (numbers > spec.actions.high), "action within the bounds"
    if spec.observations.form is Form.WORDS:
        known = len(spec.observations.words)
        for name in ("observation", "next_observation"):
            words = made[name].astype(np.int64)
            yield name, (words < 0) | (words >= known), f"word: there are {known}"
    yield "trajectory", (some.trajectory < 0) | (some.trajectory >= len(some)), "number of a trajectory"
    yield "step", (some.step < 0) | (some.step >= len(some)), "number of a step"
    bits = spec.actions.count if spec.valid_actions else 0
    yield "valid", (some.valid < 0) | (some.valid >> bits != 0), f"set of valid actions of {bits} bits"
