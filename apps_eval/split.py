"""Which tests a search may see: a function of the problem and of this protocol's version, never of a run's seed."""

import hashlib
import json
from dataclasses import dataclass

from apps_eval.digits import unlimited_digits
from apps_eval.examples import shown_tests
from apps_eval.problem import Problem

SPLIT_VERSION = 1
"""Raised whenever another test could become visible; reports carry it."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """A problem's tests by who sees them: indices, ascending, together all tests."""

    visible: tuple[int, ...]
    hidden: tuple[int, ...]
    """Empty when too few tests are there to hold any out: the problem is oracle-only."""


def hold_out(problem: Problem) -> Holdout:
    """Show the statement's examples, else a third of the tests (at least one) chosen by hash; hold out the rest.

    A test with the same input as a visible one is visible too. When nothing remains to be held out, all tests are visible.
    """
    keys = _keys(problem)
    chosen = {keys[index] for index in shown_tests(problem)} or _chosen(keys)
    visible = tuple(index for index, key in enumerate(keys) if key in chosen)
    hidden = tuple(index for index, key in enumerate(keys) if key not in chosen)
    return Holdout(visible, hidden)


def _keys(problem: Problem) -> list[str]:
    """A digest per test, of the protocol's version, the statement and the test's input."""
    keys = []
    with unlimited_digits():
        for case in problem.cases:
            text = json.dumps([SPLIT_VERSION, problem.question, case.input], sort_keys=True)
            keys.append(hashlib.sha256(text.encode()).hexdigest())
    return keys


def _chosen(keys: list[str]) -> set[str]:
    """The tests that come first by digest, as many as a third of all, repeated inputs counted as often as they occur."""
    wanted = max(1, len(keys) // 3)
    return set(sorted(keys)[:wanted])
