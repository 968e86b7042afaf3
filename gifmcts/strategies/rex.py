"""REx: program repair as a bandit over all programs so far (Tang et al. 2024, arXiv 2405.17503)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.refinement import PRESETS, FixTrigger, afresh, count, refinement, templates
from gifmcts.tree import ROOT, Node, Tree
from gifmcts.types import Action, Move


@dataclass(frozen=True, slots=True)
class Rex:
    """Thompson sampling with an arm a program and, if wanted, one for the empty program, which writes afresh.

    The program with pass rate h that was refined N times draws from Beta(1 + C h, 1 + C (1 − h) + N), the empty one from Beta(1, 1 + N).
    """

    name: ClassVar[str] = "rex"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = PRESETS

    actions: tuple[Action, ...] = (Action.GENERATE, Action.IMPROVE, Action.FIX)
    """Which actions exist; the root can generate once even without ``generate``."""
    weight: float = 20.0
    """C: how many draws the pass rate weighs."""
    fresh: bool = True
    """Whether the empty program is an arm; without it a program is written from nothing while there is none to refine."""
    fix_trigger: FixTrigger = FixTrigger.COMPILE
    templates: Mapping[Action, str] = field(default_factory=templates)
    stops_when_solved: bool = True

    def __post_init__(self) -> None:
        """Refuse a weight that gives no distribution."""
        if self.weight < 0:
            raise ValueError(f"weight {self.weight:g} must be 0 or more")

    def begin(self) -> None:
        """There is nothing to remember: pass rates and refinements stand in the tree."""

    def select(self, tree: Tree, state: None, rng: Random) -> Move | None:
        """The arm with the largest draw; moves in flight count as refinements without success."""
        flying = Counter(move.node for move in tree.in_flight)
        arms: list[tuple[float, Move]] = []
        empty = afresh(tree, self.actions)
        if empty is not None and self.fresh:
            arms.append((rng.betavariate(1, 1 + len(tree.root.children) + flying[ROOT]), empty))
        for node in tree.nodes[1:]:
            action = refinement(node, self.actions, self.fix_trigger)
            if action is not None and node.evaluation is not None:
                good, tried = node.evaluation.reward, len(node.children) + flying[node.id]
                draw = rng.betavariate(1 + self.weight * good, 1 + self.weight * (1 - good) + tried)
                arms.append((draw, Move(node.id, action)))
        if arms:
            return max(arms, key=lambda arm: arm[0])[1]
        return None if tree.in_flight else empty

    def backup(self, tree: Tree, state: None, node: Node) -> None:
        """Count the reward along the path, for the reader: selection rests on the programs alone."""
        count(tree, node)
