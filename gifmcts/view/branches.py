"""A search tree as the lines of an outline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gifmcts.index import Mark
from gifmcts.tree import Node, Tree
from gifmcts.types import Attempt
from gifmcts.wording import harmless

_OPEN_AT_FIRST = 80
"""Trees of more nodes begin with only the way to the chosen program unfolded."""

_LONGEST_NAME = 80
"""Characters that are shown of an error's name, which a program chooses."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node in a line: the outline is the tree in the order of a depth-first walk."""

    id: int
    parent: int
    attempt: int
    """The latest attempt, which gave the node its program."""
    action: str
    depth: int
    visits: float
    value: float
    width: float
    """Its visits as a percentage of the most that any node below the root has."""
    state: str
    """``solved``, ``part``, ``none``, ``broken`` or ``empty``: what the program is worth on visible tests."""
    words: str
    reward: float
    grade: str
    chosen: bool
    on_path: bool
    """Whether it leads to the chosen program."""
    unfolded: bool
    samples: int
    same_as: int | None
    """The earlier attempt with the same program, which was not evaluated again."""
    leaf: bool
    closes: int
    """How many lists end after this line."""


def branches(tree: Tree, marks: Mapping[int, Mark], shown: int | None) -> list[Branch]:
    """All nodes but the root; ``shown`` is the attempt that is looked at, to which the outline is unfolded."""
    best = tree.best.index if tree.best else None
    path, wanted = _ancestry(tree, best), _ancestry(tree, best) | _ancestry(tree, shown)
    most = max((node.visits for node in tree.nodes[1:]), default=1.0) or 1.0
    few = len(tree.nodes) <= _OPEN_AT_FIRST
    lines = []
    for node, closes in _walk(tree):
        attempt = tree.attempts[node.attempts[-1]]
        state, words = standing(attempt)
        lines.append(
            Branch(
                id=node.id,
                parent=node.parent or 0,
                attempt=attempt.index,
                action=str(node.action),
                depth=node.depth,
                visits=node.visits,
                value=node.mean,
                width=round(100 * node.visits / most, 1),
                state=state,
                words=words,
                reward=attempt.evaluation.reward,
                grade=marks[attempt.index].words if attempt.index in marks else "",
                chosen=best in node.attempts,
                on_path=node.id in path,
                unfolded=few or node.id in wanted,
                samples=len(node.attempts),
                same_as=attempt.duplicate_of,
                leaf=not node.children,
                closes=closes,
            )
        )
    return lines


def standing(attempt: Attempt) -> tuple[str, str]:
    """What an attempt's program is worth on visible tests: a word for style, and words."""
    worth = attempt.evaluation
    if attempt.program is None:
        return "empty", f"no program ({attempt.reading.value})"
    if worth.broken:
        return "broken", f"broken: {harmless(worth.broken.error[:_LONGEST_NAME])}"
    if worth.solved:
        return "solved", "passes all"
    return ("part" if worth.reward > 0 else "none"), f"passes {worth.reward:.0%}"


def holder(tree: Tree, attempt: int) -> Node:
    """The node in which an attempt was committed."""
    return next(node for node in tree.nodes if attempt in node.attempts)


def _ancestry(tree: Tree, attempt: int | None) -> set[int]:
    return {node.id for node in tree.path(holder(tree, attempt))} if attempt is not None else set()


def _walk(tree: Tree) -> Iterator[tuple[Node, int]]:
    """Every node but the root, depth first, with how many lists end after it; without recursion, since a tree may be deep."""
    stack = [(child, 0) for child in reversed(tree.root.children)]
    while stack:
        number, closes = stack.pop()
        node = tree.nodes[number]
        yield node, 0 if node.children else closes
        stack += [(child, 0 if place else closes + 1) for place, child in enumerate(reversed(node.children))]
