"""Recorded transitions as arrays: one row each, in the order of trajectory and step."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cwmb_eval.environment import EnvironmentSpec

Array = NDArray[np.generic]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]


class Split(StrEnum):
    """Who sees a set of transitions, and where its states come from. Trajectories are never divided between two."""

    SEARCH = "search"
    """The search is rewarded by these."""
    HELD_OUT = "held-out"
    """Collected in the same way from other seeds."""
    VISITED = "visited"
    """States that a stronger planner visits."""
    BOX = "box"
    """States drawn from all over the legal ones, one step each."""


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Columns of equal length; observations and actions have one row of numbers a transition."""

    observation: Array
    action: Array
    next_observation: Array
    reward: Floats
    terminated: Flags
    truncated: Flags
    """Ended by the time limit alone; no program has to predict it."""
    trajectory: Indices
    step: Indices
    exact: Flags
    """Whether the true environment, started from the observation alone, gives what was recorded."""
    valid: Indices
    """Valid next actions, one bit each; 0 where the environment does not tell."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.reward)

    def take(self, rows: Indices) -> "Transitions":
        """Some of them, in the given order."""
        return Transitions(*(getattr(self, field.name)[rows] for field in fields(self)))

    def columns(self) -> Mapping[str, Array]:
        """The arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


_KINDS: Mapping[str, str] = {
    "reward": "<f8",
    "terminated": "|b1",
    "truncated": "|b1",
    "trajectory": "<i8",
    "step": "<i8",
    "exact": "|b1",
    "valid": "<i8",
}


def transitions(columns: Mapping[str, Array], spec: EnvironmentSpec) -> Transitions:
    """Transitions from arrays, brought to the kinds and shapes that the description asks for.

    Raises:
        ValueError: a column is missing, or has another length or another kind of numbers.
    """
    missing = {field.name for field in fields(Transitions)} - set(columns)
    if missing:
        raise ValueError(f"no column {', '.join(sorted(missing))}")
    count = len(columns["reward"])
    widths = {"observation": spec.observations.width, "next_observation": spec.observations.width, "action": spec.actions.width}
    kinds = {"observation": spec.observations.dtype, "next_observation": spec.observations.dtype, "action": spec.actions.dtype, **_KINDS}
    made = {}
    for name, kind in kinds.items():
        shape = (count, widths[name]) if name in widths else (count,)
        column = np.asarray(columns[name])
        if column.dtype.kind not in "biuf" or column.size != count * widths.get(name, 1):
            raise ValueError(f"column {name} is {column.dtype} of shape {column.shape}, not {kind} of shape {shape}")
        with np.errstate(invalid="ignore", over="ignore"):
            made[name] = np.ascontiguousarray(column.reshape(shape), dtype=kind)
    return Transitions(**made)
