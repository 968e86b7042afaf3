"""What is said about a problem, from its statement and from what its reference solutions left."""

import pytest
from apps_rows import SUM, call_problem, stdin_problem

from apps_eval.auditing.findings import Fault, of_references, of_refusal, of_statement
from apps_eval.examples import shown_pairs
from apps_eval.grading.results import Graded, Mark
from apps_eval.options import Rules
from gifmcts.types import Refusal, Verdict

LETTERS = {"p": Verdict.PASS, "w": Verdict.WRONG, "e": Verdict.ERROR, "t": Verdict.TIME, "n": Verdict.PASS}


def reference(sample: int, letters: str) -> Graded:
    """A reference solution by a letter a test; ``n`` passes near the limit."""
    marks = tuple(Mark(test, LETTERS[letter], near_limit=letter == "n") for test, letter in enumerate(letters))
    return Graded("p", sample, "interview", "", {Rules.STRICT: marks})


@pytest.mark.parametrize(
    ("letters", "found"),
    [
        ((), {Fault.NO_REFERENCE: ()}),
        (("ppp",), {}),
        (("ppp", "eee"), {}),
        (("ppp", "pwp"), {Fault.REFERENCES_DISAGREE: (1,)}),
        (("pwp", "ppw"), {Fault.NONE_PASSES: (), Fault.REFERENCES_DISAGREE: (1, 2)}),
        (("pwp", "pwp"), {Fault.NONE_PASSES: (1,)}),
        (("pnp", "ppt"), {Fault.NEAR_LIMIT: (1, 2)}),
        (("ttt",), {Fault.NONE_PASSES: (0, 1, 2), Fault.NEAR_LIMIT: (0, 1, 2)}),
    ],
)
def test_reference_solutions_speak_about_the_tests(letters: tuple[str, ...], found: dict[Fault, tuple[int, ...]]) -> None:
    """Each fault with the tests that it concerns."""
    problem = stdin_problem(("1 2", "3"), ("5 5", "10"), ("2 2", "4"), question=SUM)
    programs = [reference(sample, one) for sample, one in enumerate(letters)]
    assert {one.fault: one.tests for one in of_references(problem, programs)} == found


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        ((("1 2\n", "3"), ("5 5", "10")), {}),
        ((("1  2", "3.0000001"), ("5 5", "10")), {}),
        ((("1 2", "3"), ("6 6", "12")), {Fault.EXAMPLE_UNTESTED: ()}),
        ((("1 2", "4"), ("5 5", "10"), ("5 5", "11")), {Fault.EXAMPLE_CONTRADICTED: (0,)}),
    ],
)
def test_examples_are_looked_for_among_the_tests(tests: tuple[tuple[str, str], ...], found: dict[Fault, tuple[int, ...]]) -> None:
    """White space apart; a wrong copy of a test counts where no right one stands before it."""
    assert {one.fault: one.tests for one in of_statement(stdin_problem(*tests, question=SUM))} == found


def test_text_after_an_output_is_no_contradiction() -> None:
    """Statements explain; one without examples and one about calls say nothing."""
    explained = "Add.\n\n-----Sample Input:-----\n1 2\n\n-----Sample Output:-----\n3\nsince 1 + 2 = 3\n"
    assert shown_pairs(stdin_problem(("1 2", "3"), question=explained)) == [("1 2\n", "3\nsince 1 + 2 = 3")]
    assert list(of_statement(stdin_problem(("1 2", "3"), question=explained))) == []
    assert list(of_statement(stdin_problem(("1 2", "3")))) == []
    assert list(of_statement(call_problem(([1], 2)))) == []


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("no tests: input_output is empty", Fault.NO_TESTS),
        ("3 inputs but 2 outputs", Fault.UNEQUAL_COUNTS),
        ("fn_name is not a text", Fault.BAD_ROW),
    ],
)
def test_a_refusal_is_told_by_its_reason(reason: str, fault: Fault) -> None:
    """What is neither is a bad row."""
    assert of_refusal(Refusal("7", reason)).fault is fault
