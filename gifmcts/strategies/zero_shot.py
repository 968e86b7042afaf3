"""One program by a chain-of-thought prompt: what the model does without any search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.best_of_n import BestOfN
from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class ZeroShot:
    """Best-of-n with n = 1 and a chain-of-thought prompt."""

    name: ClassVar[str] = "zero-shot"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = BestOfN.PRESETS

    templates: Mapping[Action, str] = field(default_factory=lambda: {Action.GENERATE: "zero_shot"})
    stops_when_solved: bool = True

    def begin(self) -> None:
        """There is nothing to remember."""

    def select(self, tree: Tree, state: None, rng: Random) -> Move | None:
        """One program, then nothing."""
        return None if tree.attempts or tree.in_flight else BestOfN().select(tree, state, rng)

    def backup(self, tree: Tree, state: None, node: Node) -> None:
        """Count the one sample."""
        BestOfN().backup(tree, state, node)
