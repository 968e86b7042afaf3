"""A search tree that is a fold over recorded attempts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gifmcts.types import Action, Attempt, Evaluation, Move, Program

ROOT = 0


@dataclass(slots=True)
class Node:
    """A program prefix (the first ``settled`` lines) and one complete program with its evaluation.

    The root has neither program nor evaluation and starts with one visit. ``visits``, ``value`` (a sum) and ``settled`` belong to the
    strategy's backup; ``attempts`` lists every attempt committed here, the latest of which gave the program.
    """

    id: int
    parent: int | None = None
    action: Action | None = None
    depth: int = 0
    children: list[int] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    program: Program | None = None
    evaluation: Evaluation | None = None
    settled: int = 0
    visits: float = 0.0
    value: float = 0.0

    @property
    def mean(self) -> float:
        """The mean of what was backed up here; 0 where nothing was."""
        return self.value / self.visits if self.visits else 0.0

    @property
    def prefix(self) -> list[str]:
        """The settled lines."""
        return self.program.lines[: self.settled] if self.program else []


class Tree:
    """Nodes made by committed attempts in their order, and the moves in flight, oldest first."""

    def __init__(self) -> None:
        self.nodes: list[Node] = [Node(ROOT, visits=1.0)]
        self.attempts: list[Attempt] = []
        self.in_flight: list[Move] = []
        self.best: Attempt | None = None

    @property
    def root(self) -> Node:
        """The node of the empty prefix."""
        return self.nodes[ROOT]

    def add(self, attempt: Attempt) -> Node:
        """Commit the next attempt: its new node, or the existing child that it samples again."""
        move = attempt.move
        if move.target is None:
            parent = self.nodes[move.node]
            node = Node(len(self.nodes), parent.id, move.action, parent.depth + 1)
            self.nodes.append(node)
            parent.children.append(node.id)
        else:
            node = self.nodes[move.target]
        node.attempts.append(attempt.index)
        node.program, node.evaluation = attempt.program, attempt.evaluation
        self.attempts.append(attempt)
        if self.best is None or attempt.evaluation.reward > self.best.evaluation.reward:
            self.best = attempt
        return node

    def path(self, node: Node) -> list[Node]:
        """From the root to the node, both included."""
        steps = [node]
        while steps[-1].parent is not None:
            steps.append(self.nodes[steps[-1].parent])
        return steps[::-1]


class Shape:
    """Where nodes stand, without what is in them: the parent and the depth of each, as moves make them."""

    def __init__(self) -> None:
        self.parents = [ROOT]
        self.depths = [0]

    def place(self, move: Move) -> int:
        """The node that a move makes, or the child that it samples again.

        Raises:
            LookupError: the move begins at a node that is not there, or its target is no child of that node.
        """
        if not 0 <= move.node < len(self.parents):
            raise LookupError(f"an attempt belongs to a node that is not there ({move.node})")
        if move.target is not None:
            if not ROOT < move.target < len(self.parents) or self.parents[move.target] != move.node:
                raise LookupError(f"an attempt samples a node again that is no child of its parent ({move.target})")
            return move.target
        self.parents.append(move.node)
        self.depths.append(self.depths[move.node] + 1)
        return len(self.parents) - 1


def frontier(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Every attempt that was strictly better than all before it, in order: the programs that were chosen at some number of calls."""
    best: list[Attempt] = []
    for attempt in attempts:
        if not best or attempt.evaluation.reward > best[-1].evaluation.reward:
            best.append(attempt)
    return best
