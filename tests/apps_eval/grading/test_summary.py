"""The numbers of a grading are those of their definitions, computed by hand."""

import pytest

from apps_eval.grading.results import Graded, GradedProblem, Mark
from apps_eval.grading.summary import summarise
from apps_eval.options import Rules
from gifmcts.errors import UsageError
from gifmcts.metrics import wilson
from gifmcts.types import Verdict


def program(name: str, sample: int, level: str, strict: str, official: str | None = None) -> Graded:
    """A program whose tests are letters: p passed, w wrong, t time."""
    verdicts = {"p": Verdict.PASS, "w": Verdict.WRONG, "t": Verdict.TIME}
    marks = {
        rules: tuple(
            Mark(test, verdicts[letter], near_limit=letter == "w", stopped_by_clock=letter == "t") for test, letter in enumerate(letters)
        )
        for rules, letters in ((Rules.STRICT, strict), (Rules.OFFICIAL, official))
        if letters is not None
    }
    return Graded(name, sample, level, f"line-{sample}", marks)


def problem(name: str, level: str, *samples: "tuple[str, str | None]") -> GradedProblem:
    """A problem with its programs."""
    return GradedProblem(name, level, tuple(program(name, number, level, *one) for number, one in enumerate(samples)))


PROBLEMS = [
    problem("1", "interview", ("pp", "pp"), ("pw", "pp")),
    problem("2", "interview", ("ww", "wp"), ("wt", "wt")),
    problem("3", "competition", ("pppp", "pppp"), ("pppp", "pppw")),
]


def test_the_numbers_by_hand() -> None:
    """Strict accuracy (½ + 0 + 1)/3, test-case average (¾ + 0 + 1)/3, pass@2 two of three, by level and rule set."""
    found = summarise(PROBLEMS, (Rules.STRICT, Rules.OFFICIAL), (1, 2))
    strict, official = found.scores[Rules.STRICT], found.scores[Rules.OFFICIAL]
    assert found.headline is Rules.STRICT
    assert (strict.problems, strict.programs) == (3, 6)
    assert strict.strict_accuracy == pytest.approx(0.5)
    assert strict.interval == pytest.approx(wilson(1.5, 3))
    assert strict.test_case_average == pytest.approx(1.75 / 3)
    assert strict.pass_at_k == pytest.approx({1: 0.5, 2: 2 / 3})
    assert strict.verdicts == {"pass": 11, "wrong": 4, "time": 1}
    assert (strict.near_limit, strict.stopped_by_clock) == (4, 1)
    assert official.strict_accuracy == pytest.approx((1 + 0 + 0.5) / 3)
    assert official.test_case_average == pytest.approx((1 + 0.25 + 0.875) / 3)
    levels = found.by_difficulty[Rules.STRICT]
    assert {name: (part.problems, part.strict_accuracy) for name, part in levels.items()} == {
        "competition": (1, 1.0),
        "interview": (2, 0.25),
    }


def test_disagreements_are_counted_and_named() -> None:
    """Three tests of three programs; two of them are solved under one rule set only."""
    found = summarise(PROBLEMS, (Rules.STRICT, Rules.OFFICIAL), (1,)).disagreements
    assert (found.tests, found.programs, found.solved) == (3, 3, 2)
    assert [(one.problem_id, one.sample, one.tests) for one in found.listed] == [("1", 1, (1,)), ("2", 0, (1,)), ("3", 1, (3,))]
    assert found.listed[0].solved == {Rules.STRICT: False, Rules.OFFICIAL: True}


def test_a_problem_without_programs_counts_as_failed_where_it_is_counted() -> None:
    """In the shares and in pass@k."""
    found = summarise([*PROBLEMS, problem("4", "interview")], (Rules.STRICT,), (2,)).scores[Rules.STRICT]
    assert (found.problems, found.programs) == (4, 6)
    assert found.strict_accuracy == pytest.approx(1.5 / 4)
    assert found.pass_at_k == pytest.approx({2: 0.5})


def test_an_unjudged_problem_is_in_no_denominator() -> None:
    """Of the rule set that has no verdict, and of that alone."""
    found = summarise([*PROBLEMS, problem("4", "interview", ("pp", None))], (Rules.STRICT, Rules.OFFICIAL), (1,))
    assert found.scores[Rules.STRICT].problems == 4
    assert (found.scores[Rules.OFFICIAL].problems, found.scores[Rules.OFFICIAL].unjudged) == (3, ("4",))


def test_more_draws_than_samples_is_an_error() -> None:
    """Never an extrapolation."""
    with pytest.raises(UsageError, match="--k 3 needs 3 programs of every problem, and problem 1 has 2"):
        summarise(PROBLEMS, (Rules.STRICT,), (3,))


def test_nothing_has_no_numbers() -> None:
    """Nothing is not zero."""
    found = summarise([], (Rules.STRICT,), (1,)).scores[Rules.STRICT]
    assert (found.strict_accuracy, found.interval, found.test_case_average, found.pass_at_k) == (None, None, None, {1: None})
