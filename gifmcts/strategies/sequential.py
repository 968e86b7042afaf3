"""Self-repair in a chain: the latest program is refined, whatever it is worth (as Reflexion, arXiv 2303.11366, without its memory)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.refinement import PRESETS, FixTrigger, count, refined, refinement, templates
from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class Sequential:
    """Always refine the latest program that can be refined; one move at a time, whatever the window."""

    name: ClassVar[str] = "sequential"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = PRESETS

    actions: tuple[Action, ...] = (Action.GENERATE, Action.IMPROVE, Action.FIX)
    """Which actions exist; the root can generate once even without ``generate``."""
    fix_trigger: FixTrigger = FixTrigger.COMPILE
    templates: Mapping[Action, str] = field(default_factory=templates)
    stops_when_solved: bool = True

    def begin(self) -> None:
        """There is nothing to remember."""

    def select(self, tree: Tree, state: None, rng: Random) -> Move | None:
        """The refinement of the latest program; nothing while it is still on its way."""
        if tree.in_flight:
            return None
        able = (node for node in reversed(tree.nodes) if refinement(node, self.actions, self.fix_trigger))
        return refined(tree, next(able, None), self.actions, self.fix_trigger)

    def backup(self, tree: Tree, state: None, node: Node) -> None:
        """Count the reward along the path, for the reader."""
        count(tree, node)
