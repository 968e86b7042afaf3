"""Who sees which tests."""

from dataclasses import replace

import pytest
from apps_rows import SUM, call_problem, stdin_problem
from hypothesis import given
from hypothesis import strategies as st
from shared_data import shared_data

from apps_eval.dataset import Filter, problems
from apps_eval.examples import shown_tests
from apps_eval.options import Split
from apps_eval.problem import Json, Problem
from apps_eval.sources import find_source
from apps_eval.split import hold_out

CODEFORCES = SUM
ATCODER = (
    "-----Input-----\n1 1\n\n-----Sample Input-----\n1 2\n\n-----Sample Output-----\n3\n\nIt is a sum.\n\n-----Sample Input 2-----\n5 5\n"
)
CODECHEF = "Add.\n-----Example Input-----\n1 2\n-----Example Output-----\n3\n-----Explanation-----\n10 20\n"
COLONS = "Add.\n-----Example:-----\nInput:\n1   2\nOutput:\n3\n\n-----Note-----\nInput\n10 20\n"
NONE = "Add.\n\n-----Input-----\n1 2\n\n-----Output-----\n3\n"


@pytest.mark.parametrize(("question", "shown"), [(CODEFORCES, {0, 1}), (ATCODER, {0, 1}), (CODECHEF, {0}), (COLONS, {0}), (NONE, set())])
def test_examples_in_the_statement_are_found(question: str, shown: set[int]) -> None:
    """The forms in which the sources of the data set print examples; sections that only describe the input are none."""
    problem = stdin_problem(("1 2\n", "3"), ("5 5\n", "10"), ("10 20\n", "30"), question=question)
    assert shown_tests(problem) == shown


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("Example 1:\nInput: arr = [2,3,4], k = 5\nOutput: 9", [[2, 3, 4], 5]),
        ("Input: 28\nOutput: True", [28]),
        ('Input:pattern = "abba", str = "dog"\nOutput: true', ["abba", "dog"]),
        ('Input: pattern = "abba", str = "dog"\nOutput: true', ['"abba"', '"dog"']),
        ("Input: flag = true, other = null\nOutput: []", [True, None]),
        ("```\nF_([1, 2], -3) => 5\n```", [[1, 2], -3]),
        ("f((1, 2), 'a)b') returns 5", [[1, 2], "a)b"]),
    ],
)
def test_examples_of_calls_are_found(question: str, arguments: list[Json]) -> None:
    """Named arguments, JSON words, literals kept as text, and calls written out."""
    problem = call_problem((["other"], 0), (arguments, 9), question=question)
    assert shown_tests(problem) == {1}


def test_a_truth_value_is_no_integer_in_an_example() -> None:
    """``f(1)`` does not show the test ``f(True)``."""
    assert shown_tests(call_problem(([True], 0), question="f(1)")) == frozenset()


def test_examples_are_visible_and_the_rest_is_hidden() -> None:
    """The examples found, nothing else, reward the search."""
    problem = stdin_problem(("1 2", "3"), ("9 9", "18"), ("5 5", "10"), question=SUM)
    parts = hold_out(problem)
    assert (parts.visible, parts.hidden) == ((0, 2), (1,))


def test_a_third_is_visible_where_no_example_is_found() -> None:
    """Ten tests without an example: three are shown."""
    parts = hold_out(stdin_problem(*((str(i), str(i)) for i in range(10))))
    assert (len(parts.visible), len(parts.hidden)) == (3, 7)


def test_too_few_tests_leave_nothing_to_hold_out() -> None:
    """One test, or examples that are all tests: everything is visible, nothing hidden."""
    assert hold_out(stdin_problem(("1", "1"))).hidden == ()
    assert hold_out(stdin_problem(("1 2", "3"), ("5 5", "10"), question=SUM)).hidden == ()
    assert hold_out(stdin_problem(("1 2", "3"), ("1 2", "3"))).hidden == ()


def test_a_repeated_input_is_on_one_side() -> None:
    """A hidden test never repeats the input of a visible one."""
    problem = stdin_problem(*((str(i % 4), str(i)) for i in range(12)))
    parts = hold_out(problem)
    assert parts.hidden
    assert not {problem.stdin(i) for i in parts.visible} & {problem.stdin(i) for i in parts.hidden}


@given(st.lists(st.text(max_size=3), min_size=1, max_size=12), st.text(max_size=5), st.text(min_size=1, max_size=5))
def test_the_split_is_a_function_of_the_problem(inputs: list[str], name: str, question: str) -> None:
    """Names, solutions, expected outputs and difficulty change nothing; every test is on exactly one side."""
    problem = stdin_problem(*((text, "1") for text in inputs), question=question)
    parts = hold_out(problem)
    assert sorted(parts.visible + parts.hidden) == list(range(len(inputs)))
    assert parts.visible
    renamed = stdin_problem(*((text, "2") for text in inputs), question=question)
    assert hold_out(replace(renamed, id=name, solutions=("x",), difficulty="interview")) == parts


def test_the_split_of_the_real_problems_is_pinned() -> None:
    """50 of the 75 problems have one test; a change of this figure or of a sample needs a new version of the split."""
    source = find_source(str(shared_data("apps", "mini_val.jsonl")), Split.TEST)
    real = [item for item in problems(source, Filter()) if isinstance(item, Problem)]
    parts = {item.id: hold_out(item) for item in real}
    assert sum(not part.hidden for part in parts.values()) == 50
    assert parts["2000"].visible == (0, 1)
    assert len(parts["2000"].hidden) == 17
