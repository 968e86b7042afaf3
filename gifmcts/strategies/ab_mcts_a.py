"""Adaptive branching tree search: wider or deeper by Thompson sampling (Inoue et al. 2025, arXiv 2503.04412, section 3, AB-MCTS-A)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from gifmcts.strategies.posterior import Prior, Scores
from gifmcts.strategies.refinement import PRESETS, FixTrigger, count, refinement, templates
from gifmcts.tree import ROOT, Node, Tree
from gifmcts.types import Action, Move

Arm = tuple[int, Action]
"""The unborn children of a node by one action."""


@dataclass(slots=True)
class AbState:
    """The scores seen at and below every node, and those of the children that each action made of a node."""

    below: list[Scores]
    made: dict[Arm, Scores]


@dataclass(frozen=True, slots=True)
class AbMctsA:
    """At every node its children and one unborn child for each of its actions draw from the posterior mean of their scores.

    The largest draw wins: an unborn child is made, a child is descended to. The root generates, a program is refined by fix or improve.
    """

    name: ClassVar[str] = "ab-mcts-a"
    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = PRESETS

    actions: tuple[Action, ...] = (Action.GENERATE, Action.IMPROVE, Action.FIX)
    """Which actions exist; the root can generate once even without ``generate``."""
    prior_mean: float = 0.0
    prior_count: float = 1.0
    """How many scores the prior mean weighs."""
    prior_degrees: float = 1.0
    """How many scores the prior variance weighs."""
    prior_variance: float = 0.1
    fix_trigger: FixTrigger = FixTrigger.COMPILE
    templates: Mapping[Action, str] = field(default_factory=templates)
    stops_when_solved: bool = True

    def __post_init__(self) -> None:
        """Refuse constants that give no distribution."""
        if min(self.prior_count, self.prior_degrees, self.prior_variance) <= 0:
            raise ValueError("prior_count, prior_degrees and prior_variance must be more than 0")

    def begin(self) -> AbState:
        """No scores yet."""
        return AbState([Scores()], {})

    def select(self, tree: Tree, state: AbState, rng: Random) -> Move | None:
        """Descend by the largest draw to an unborn child; moves in flight narrow the posteriors and leave their means."""
        prior = Prior(self.prior_mean, self.prior_count, self.prior_degrees, self.prior_variance)
        flying = Counter(step.id for move in tree.in_flight for step in tree.path(tree.nodes[move.node]))
        opened = Counter((move.node, move.action) for move in tree.in_flight)
        open_nodes = self._open(tree)
        node = tree.root
        while node.id in open_nodes:
            draws: list[tuple[float, Move | Node]] = []
            for action in self._offers(tree, node):
                scores = state.made.get((node.id, action), Scores())
                draws.append((prior.draw(scores, opened[node.id, action], rng), Move(node.id, action)))
            for child in (tree.nodes[number] for number in node.children if number in open_nodes):
                draws.append((prior.draw(state.below[child.id], flying[child.id], rng), child))
            choice = max(draws, key=lambda draw: draw[0])[1]
            if isinstance(choice, Move):
                return choice
            node = choice
        return None

    def backup(self, tree: Tree, state: AbState, node: Node) -> None:
        """Add the score to every subtree that holds the node, and to the action that made it."""
        reward = node.evaluation.reward if node.evaluation else 0.0
        state.below.append(Scores())
        for step in tree.path(node):
            state.below[step.id].add(reward)
        if node.parent is not None and node.action is not None:
            state.made.setdefault((node.parent, node.action), Scores()).add(reward)
        count(tree, node)

    def _offers(self, tree: Tree, node: Node) -> list[Action]:
        """The actions that can make a child of the node now: of the root generate, of a program its refinement."""
        if node.id != ROOT:
            action = refinement(node, self.actions, self.fix_trigger)
            return [action] if action else []
        first = not tree.attempts and not tree.in_flight
        return [Action.GENERATE] if first or Action.GENERATE in self.actions else []

    def _open(self, tree: Tree) -> set[int]:
        """The nodes at or below which something can be made."""
        found: set[int] = set()
        for node in reversed(tree.nodes):
            if self._offers(tree, node) or any(child in found for child in node.children):
                found.add(node.id)
        return found
