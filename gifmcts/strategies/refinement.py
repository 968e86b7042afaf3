"""What strategies that rewrite whole programs share: which action refines a program, and how a reward is counted."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from gifmcts.tree import ROOT, Node, Tree
from gifmcts.types import Action, Broken, Move, Stage

PRESETS: Mapping[str, Mapping[str, object]] = {"honest": {}, "paper": {}}
"""For strategies whose published constants are their defaults."""


class FixTrigger(StrEnum):
    """Which broken programs the fix action is for."""

    COMPILE = "compile"
    EXCEPTION = "compile+exception"

    def bug(self, broken: Broken | None) -> bool:
        """Whether a program that breaks in this way is a bug to be fixed."""
        return broken is not None and (self is FixTrigger.EXCEPTION or broken.stage is Stage.COMPILE)


def templates() -> dict[Action, str]:
    """Each action's prompt template, which has its name."""
    return {action: action.value for action in Action}


def refinement(node: Node, actions: Sequence[Action], trigger: FixTrigger) -> Action | None:
    """The action that refines a node's program, fix where it is buggy and improve otherwise; ``None`` where that is not to be had."""
    if node.program is None or node.evaluation is None:
        return None
    action = Action.FIX if trigger.bug(node.evaluation.broken) else Action.IMPROVE
    return action if action in actions else None


def afresh(tree: Tree, actions: Sequence[Action]) -> Move | None:
    """A program from nothing; where ``generate`` is absent the first one of the tree alone."""
    first = not tree.attempts and not tree.in_flight
    return Move(ROOT, Action.GENERATE) if first or Action.GENERATE in actions else None


def refined(tree: Tree, node: Node | None, actions: Sequence[Action], trigger: FixTrigger) -> Move | None:
    """The refinement of a program; a program from nothing where there is none to refine, once nothing is in flight."""
    action = refinement(node, actions, trigger) if node else None
    if node is not None and action is not None:
        return Move(node.id, action)
    return None if tree.in_flight else afresh(tree, actions)


def count(tree: Tree, node: Node) -> None:
    """Count the node's reward in all nodes from the root to itself."""
    reward = node.evaluation.reward if node.evaluation else 0.0
    for step in tree.path(node):
        step.visits += 1
        step.value += reward
