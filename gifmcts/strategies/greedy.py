"""Hill climbing: the best program so far is refined until a better one comes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.refinement import PRESETS, FixTrigger, count, refined, refinement, templates
from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class Greedy:
    """Always refine the program with the highest pass rate, the earliest of equals."""

    name: ClassVar[str] = "greedy"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = PRESETS

    actions: tuple[Action, ...] = (Action.GENERATE, Action.IMPROVE, Action.FIX)
    """Which actions exist; the root can generate once even without ``generate``."""
    fix_trigger: FixTrigger = FixTrigger.COMPILE
    templates: Mapping[Action, str] = field(default_factory=templates)
    stops_when_solved: bool = True

    def begin(self) -> None:
        """There is nothing to remember."""

    def select(self, tree: Tree, state: None, rng: Random) -> Move | None:
        """The refinement of the best committed program that can be refined; moves in flight change nothing."""
        able = (node for node in tree.nodes if refinement(node, self.actions, self.fix_trigger))
        best = max(able, key=lambda node: node.evaluation.reward if node.evaluation else 0.0, default=None)
        return refined(tree, best, self.actions, self.fix_trigger)

    def backup(self, tree: Tree, state: None, node: Node) -> None:
        """Count the reward along the path, for the reader."""
        count(tree, node)
