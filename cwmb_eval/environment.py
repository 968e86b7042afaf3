"""What an environment looks like from outside: how states and actions are written, and what a step answers."""

from dataclasses import dataclass
from enum import StrEnum
from math import prod

import numpy as np


class Form(StrEnum):
    """How a program meets an observation; in arrays every observation is one row of numbers."""

    VECTOR = "vector"
    """A numpy array of floats."""
    INTEGER = "integer"
    """One Python integer."""
    TUPLE = "tuple"
    """A tuple of integers."""
    WORDS = "words"
    """Nested lists of words, each word a number in arrays."""


@dataclass(frozen=True, slots=True)
class Block:
    """A named part of an observation of words; where there is only one, the program meets it without its name."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Observations:
    """The form of observations: ``width`` numbers of a numpy ``dtype`` each."""

    form: Form
    dtype: str
    width: int
    words: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself."""
        _refuse_no_numbers("observations", self.dtype, "f" if self.form is Form.VECTOR else "iu")
        if self.width < 1:
            raise ValueError(f"observations are {self.width} numbers wide: at least one is needed")
        if self.form is Form.WORDS and sum(prod(block.shape) for block in self.blocks) != self.width:
            raise ValueError(f"blocks of {self.blocks} do not make up {self.width} words")


@dataclass(frozen=True, slots=True)
class Actions:
    """Integers from 0 on, or vectors within a box."""

    count: int
    """How many there are; 0 for vectors."""
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    dtype: str = "<i8"

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself."""
        _refuse_no_numbers("actions", self.dtype, "iu" if self.count else "f")
        box = bool(self.low) and len(self.low) == len(self.high) and all(low <= high for low, high in zip(self.low, self.high, strict=True))
        if self.count < 0 or not (self.count or box):
            raise ValueError(f"actions are neither {self.count} integers nor vectors within {self.low} and {self.high}")

    @property
    def discrete(self) -> bool:
        """Whether an action is an integer."""
        return self.count > 0

    @property
    def width(self) -> int:
        """Numbers an action."""
        return 1 if self.discrete else len(self.low)


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """One environment as its data describe it; no size is written down elsewhere."""

    name: str
    observations: Observations
    actions: Actions
    limit: int | None = None
    """Steps after which an episode is truncated."""
    stochastic: bool = False
    """Then ``step(action, rng)`` is judged by the distribution of what it answers."""
    valid_actions: bool = False
    """Whether a step also answers which actions are valid."""

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself."""
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"an episode has a limit of {self.limit} steps: at least one is needed")
        if self.valid_actions and not 1 <= self.actions.count < 63:
            raise ValueError(f"valid actions of {self.actions.count} cannot be told: 1 to 62 have a bit each")

    @property
    def group(self) -> str:
        """What reports are broken down by."""
        return "discrete" if self.actions.discrete else "continuous"


def _refuse_no_numbers(what: str, dtype: str, kinds: str) -> None:
    try:
        kind = np.dtype(dtype).kind
    except (TypeError, ValueError, SyntaxError) as error:
        raise ValueError(f"{what} of dtype {dtype!r}: there is no such dtype") from error
    if kind not in kinds:
        raise ValueError(f"{what} of dtype {dtype!r} are not the numbers that are needed")
