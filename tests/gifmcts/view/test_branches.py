"""A tree's outline is the tree."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gifmcts.tree import Tree
from gifmcts.types import Action, Attempt, Broken, Completion, Evaluation, Finish, Move, Program, Reading, Stage
from gifmcts.view.branches import Branch, branches, standing

EMPTY = Attempt(0, Move(0, Action.GENERATE), 0, (), Completion("", 0, 0, Finish.STOP), Reading.UNREADABLE, None, Evaluation(0.0))


def nested(lines: list[Branch]) -> dict[int, int]:
    """Each node's parent as the lists say it that the page opens and closes."""
    parents, above = {}, [0]
    for line in lines:
        parents[line.id] = above[-1]
        if line.leaf:
            del above[len(above) - line.closes :]
        else:
            above.append(line.id)
    assert above == [0]
    return parents


def grown(parents: list[int]) -> Tree:
    tree = Tree()
    for index, parent in enumerate(parents):
        tree.add(replace(EMPTY, index=index, move=Move(parent % len(tree.nodes), Action.GENERATE)))
    return tree


@given(st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_the_lists_nest_as_the_nodes_do(parents: list[int]) -> None:
    """Whatever the tree; every list that is opened is closed, and nodes stand in the order in which they were made."""
    tree = grown(parents)
    lines = branches(tree, {}, None)
    assert nested(lines) == {node.id: node.parent for node in tree.nodes[1:]}
    assert all(line.parent == tree.nodes[line.id].parent for line in lines)


def test_a_tree_deeper_than_the_stack_is_outlined() -> None:
    """A chain of two thousand nodes; all but the way to what is shown is folded."""
    tree = grown(list(range(2000)))
    assert len(nested(branches(tree, {}, None))) == 2000
    wide = grown([0] * 200 + [1])
    unfolded = [line.id for line in branches(wide, {}, 200) if line.unfolded]
    assert unfolded == [1, 201]


def test_the_name_of_an_error_is_shown_without_control_characters() -> None:
    """A program chooses it."""
    broken = Broken(Stage.EXCEPTION, "\x1b[31mRED\u202e", "")
    attempt = replace(EMPTY, program=Program("raise", 0), evaluation=Evaluation(0.0, broken))
    assert standing(attempt) == ("broken", "broken: \\x1b[31mRED\\u202e")
