"""In which order transitions are asked, so that no answer stands among the inputs before it is given.

The state after one transition of a trajectory is the state before the next. Trajectories are cut into stretches; input k holds the k-th
transition of every stretch, so that a state is shown only after the answer that it would be. Where two stretches meet, one transition
is left out: its answer is the first thing that is shown.
"""

from typing import Final

import numpy as np

from cwmb_eval.transitions import Indices, Transitions
from gifmcts.seeds import derive

STRETCH: Final = 10
"""Transitions of a stretch; one more is left out after each."""
MOST_PAIRS: Final = 100
"""Of state and action, of one set of transitions, that are judged by their law: each takes a thousand steps."""
PORTION: Final = 100
"""Transitions of an input where their order tells nothing."""


def portions(some: Transitions, *, every: bool = False) -> list[Indices]:
    """Rows for each input, in order; the rows that are left out come last where ``every`` transition is wanted all the same."""
    place = some.step % (STRETCH + 1)
    found = [np.flatnonzero(place == index) for index in range(STRETCH + every)]
    return [rows[start : start + PORTION] for rows in found for start in range(0, len(rows), PORTION)]


def shuffled(rows: Indices, name: str) -> list[Indices]:
    """The same rows in an order of their own, for the second pass."""
    mixed = np.random.default_rng(derive("cwmb", name, "second pass")).permutation(rows)
    return [mixed[start : start + PORTION] for start in range(0, len(mixed), PORTION)]


def pairs(some: Transitions) -> Indices:
    """One row for each pair of state and action, of many as many as ``MOST_PAIRS`` spread evenly over them."""
    keys = np.concatenate([some.observation.astype(np.float64), some.action.astype(np.float64)], axis=1)
    _, first = np.unique(keys, axis=0, return_index=True)
    rows = np.sort(first)
    return rows[np.linspace(0, len(rows) - 1, MOST_PAIRS).astype(np.int64)] if len(rows) > MOST_PAIRS else rows


def stretches(some: Transitions, length: int, starts: tuple[int, ...]) -> list[list[tuple[int, int]]]:
    """First and last row (exclusive) of open-loop stretches: a list for each start, in the order in which they can be shown."""
    found = []
    ends = np.append(np.flatnonzero(np.diff(some.trajectory)) + 1, len(some))
    begins = np.insert(ends[:-1], 0, 0)
    for start in starts:
        made = [(int(first) + start, int(min(first + start + length, last))) for first, last in zip(begins, ends, strict=True)]
        found.append([(first, last) for first, last in made if first < last])
    return [one for one in found if one]
