"""WorldCoder's search as a baseline: one program, then refinements only (Tang et al. 2024, arXiv 2402.12275)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.refinement import PRESETS, FixTrigger, count, templates
from gifmcts.strategies.rex import Rex
from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class WorldCoder:
    """REx without the arm of the empty program and with C = 5, as the baseline of arXiv 2405.15383 (section 5)."""

    name: ClassVar[str] = "worldcoder"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = PRESETS

    actions: tuple[Action, ...] = (Action.GENERATE, Action.IMPROVE, Action.FIX)
    """Which actions exist; the root can generate once even without ``generate``."""
    weight: float = 5.0
    """C: how many draws the pass rate weighs."""
    fix_trigger: FixTrigger = FixTrigger.COMPILE
    templates: Mapping[Action, str] = field(default_factory=templates)
    stops_when_solved: bool = True

    def __post_init__(self) -> None:
        """Refuse what REx refuses."""
        self._bandit()

    def begin(self) -> None:
        """There is nothing to remember."""

    def select(self, tree: Tree, state: None, rng: Random) -> Move | None:
        """A first program, then the refinement with the largest draw."""
        return self._bandit().select(tree, state, rng)

    def backup(self, tree: Tree, state: None, node: Node) -> None:
        """Count the reward along the path, for the reader."""
        count(tree, node)

    def _bandit(self) -> Rex:
        return Rex(self.actions, self.weight, fresh=False, fix_trigger=self.fix_trigger)
