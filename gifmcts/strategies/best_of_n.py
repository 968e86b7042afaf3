"""Independent samples: the companion of every search result at the same budget."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.refinement import PRESETS, count
from gifmcts.tree import ROOT, Node, Tree
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class BestOfN:
    """Draw as many independent programs as the budget allows; the best by visible reward is the answer."""

    name: ClassVar[str] = "best-of-n"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = PRESETS

    stops_when_solved: bool = True
    """Off for pass@k: an early stop would bias it."""
    templates: Mapping[Action, str] = field(default_factory=lambda: {Action.GENERATE: "generate"})

    def begin(self) -> None:
        """There is nothing to remember."""

    def select(self, tree: Tree, state: None, rng: Random) -> Move | None:
        """Always another program from nothing."""
        return Move(ROOT, Action.GENERATE)

    def backup(self, tree: Tree, state: None, node: Node) -> None:
        """Count the sample at the root and in its own node."""
        count(tree, node)
