"""When an answer is right: numbers within a tolerance, integers and words exactly."""

from typing import Final

import numpy as np

from cwmb_eval.environment import Form, Observations
from cwmb_eval.transitions import Array, Flags

TOLERANCE: Final = 1e-5
"""Absolute and relative."""


def elements_match(expected: Array, got: Array, observations: Observations) -> Flags:
    """Element by element, after bringing both to double precision; nothing that is not a number matches."""
    expected, got = expected.astype(np.float64), got.astype(np.float64)
    if observations.form is not Form.VECTOR:
        return np.asarray(expected == got)
    return _close(expected, got)


def states_match(expected: Array, got: Array, observations: Observations) -> Flags:
    """Whether every element of a row matches."""
    return np.asarray(elements_match(expected, got, observations).all(axis=1))


def values_match(expected: Array, got: Array) -> Flags:
    """Rewards within the tolerance."""
    return _close(expected.astype(np.float64), got.astype(np.float64))


def _close(expected: Array, got: Array) -> Flags:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.isclose(got, expected, rtol=TOLERANCE, atol=TOLERANCE))
