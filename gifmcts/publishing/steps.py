"""A tree's calls without their texts: what each cost, where it stood and what it was worth, read line by line."""

from collections.abc import Iterator
from dataclasses import dataclass

from gifmcts import treelines
from gifmcts.store import RunFolder
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call cost."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What came of a call."""

    reward: float


@dataclass(frozen=True, slots=True)
class Step:
    """A call as it is stored, without chat, answer and program."""

    index: int
    move: Move
    completion: Cost
    evaluation: Worth


@dataclass(frozen=True, slots=True)
class Placed:
    """A call in its tree."""

    index: int
    action: Action
    depth: int
    """Of the node that it made or sampled again; the root has depth 0."""
    spent: int
    """Prompt and completion tokens of this call and all before it."""
    reward: float
    better: bool
    """Whether its program was better on visible tests than all before it."""


def placed(folder: RunFolder, task: str) -> Iterator[Placed]:
    """The calls of a problem in their order.

    Raises:
        StoreError: the tree's file cannot be read, or a line is damaged.
    """
    spent, best = 0, -1.0
    for step, _, depth in treelines.placed(folder.path / "trees" / f"{task}.jsonl", Step):
        spent += step.completion.prompt_tokens + step.completion.completion_tokens
        yield Placed(step.index, step.move.action, depth, spent, step.evaluation.reward, step.evaluation.reward > best)
        best = max(best, step.evaluation.reward)
