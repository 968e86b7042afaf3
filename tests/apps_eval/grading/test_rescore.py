"""Stored outputs are judged again by other settings, and nothing is run."""

import zlib
from dataclasses import replace
from decimal import Decimal

import pytest
from apps_rows import call_problem, stdin_problem
from hypothesis import given
from hypothesis import strategies as st

from apps_eval.drivers.official import Letter
from apps_eval.grading.record import KEPT_BYTES, Left, Record, mark, output_of, record
from apps_eval.grading.rescore import Rescoring
from apps_eval.judges import Trial
from apps_eval.options import Rules
from apps_eval.problem import Problem
from gifmcts.errors import UsageError
from gifmcts.types import Verdict
from sandbox.tagged import encode
from sandbox.types import Outcome, Status

SAME = Rescoring(4.0, 4.0)


def stored(problem: Problem, mode: Rules, *tests: tuple[Verdict, Outcome]) -> Record:
    """The record of an execution that left these outcomes."""
    return record(problem, "program", mode, [Trial(test, verdict, outcome=outcome) for test, (verdict, outcome) in enumerate(tests)])


def wrote(text: str, seconds: float = 0.1) -> Outcome:
    """A script's end."""
    return Outcome(Status.OK, stdout=text.encode(), cpu_seconds=seconds)


def returned(letter: Letter, data: bytes = b"", seconds: float = 0.1) -> Outcome:
    """The end of a test in the reference scorer's way."""
    return Outcome(Status.OK, result=letter.value.encode() + data, cpu_seconds=seconds)


def verdicts(rescoring: Rescoring, problem: Problem, found: Record, rules: Rules) -> list[Verdict] | None:
    """The verdicts of all tests."""
    marks = rescoring.marks(problem, found, rules)
    return None if marks is None else [mark.verdict for mark in marks]


PROBLEM = stdin_problem(("a", "1.000"), ("b", "2"))


def test_a_tolerance_decides_about_stored_numbers() -> None:
    """Wider lets more pass, narrower less; integers stay exact."""
    found = stored(PROBLEM, Rules.STRICT, (Verdict.WRONG, wrote("1.001")), (Verdict.WRONG, wrote("3")))
    assert verdicts(SAME, PROBLEM, found, Rules.STRICT) == [Verdict.WRONG, Verdict.WRONG]
    assert verdicts(replace(SAME, tolerance=Decimal("0.01")), PROBLEM, found, Rules.STRICT) == [Verdict.PASS, Verdict.WRONG]
    close = stored(PROBLEM, Rules.STRICT, (Verdict.PASS, wrote("1.0000001")), (Verdict.PASS, wrote("2")))
    assert verdicts(replace(SAME, tolerance=Decimal(0)), PROBLEM, close, Rules.STRICT) == [Verdict.WRONG, Verdict.PASS]


def test_a_shorter_limit_is_applied_and_a_longer_one_only_where_nothing_was_stopped() -> None:
    """What took longer is over time; what was stopped cannot be known."""
    found = stored(PROBLEM, Rules.STRICT, (Verdict.PASS, wrote("1.000", 1.5)), (Verdict.PASS, wrote("2", 0.9)))
    assert verdicts(replace(SAME, time_limit=1.0), PROBLEM, found, Rules.STRICT) == [Verdict.TIME, Verdict.PASS]
    assert verdicts(replace(SAME, time_limit=9.0), PROBLEM, found, Rules.STRICT) == [Verdict.PASS, Verdict.PASS]
    marks = replace(SAME, time_limit=1.0).marks(PROBLEM, found, Rules.STRICT)
    assert marks is not None
    assert [mark.near_limit for mark in marks] == [False, True]
    late = stored(PROBLEM, Rules.STRICT, (Verdict.TIME, Outcome(Status.TIME, cpu_seconds=4.0)), (Verdict.PASS, wrote("2")))
    assert verdicts(replace(SAME, time_limit=1.0), PROBLEM, late, Rules.STRICT) == [Verdict.TIME, Verdict.PASS]
    with pytest.raises(UsageError, match="cannot be applied to what was stopped after 4 s"):
        replace(SAME, time_limit=9.0).marks(PROBLEM, late, Rules.STRICT)


def test_what_the_clock_stopped_is_told_from_what_used_up_its_processor_time() -> None:
    """A program that slept; under the reference scorer's limits only the test in which all of them ended by the clock."""
    slept, spent = (Outcome(Status.TIME, cpu_seconds=seconds, wall_seconds=25.0) for seconds in (0.1, 4.0))
    strict = stored(PROBLEM, Rules.STRICT, (Verdict.TIME, slept), (Verdict.TIME, spent)).tests
    assert [mark(left, left.verdict, 4.0, Rules.STRICT).stopped_by_clock for left in strict] == [True, False]
    assert not mark(strict[0], Verdict.TIME, 0.05, Rules.STRICT).stopped_by_clock
    quick = stored(PROBLEM, Rules.STRICT, (Verdict.PASS, wrote("1.000")), (Verdict.WRONG, wrote("3"))).tests
    assert not any(mark(left, left.verdict, 4.0, Rules.STRICT).stopped_by_clock for left in quick)
    ends = (returned(Letter.TIME, seconds=4.0), replace(slept, wall_seconds=60.0), Outcome(Status.TIME, cpu_seconds=3.0, wall_seconds=9.0))
    official = stored(stdin_problem(*[("a", "b")] * 3), Rules.OFFICIAL, *((Verdict.TIME, end) for end in ends)).tests
    assert [mark(left, left.verdict, 4.0, Rules.OFFICIAL).stopped_by_clock for left in official] == [False, True, False]


def test_another_comparison_is_applied() -> None:
    """The reference scorer's to what a script wrote, and the strict one to what the wrapped program gave."""
    twice = stored(PROBLEM, Rules.STRICT, (Verdict.WRONG, wrote("1.000 1.000")), (Verdict.ERROR, Outcome(Status.ERROR)))
    assert verdicts(SAME, PROBLEM, twice, Rules.OFFICIAL) == [Verdict.PASS, Verdict.ERROR]
    wrapped = stored(
        PROBLEM, Rules.OFFICIAL, (Verdict.PASS, returned(Letter.RESULT, b"1.000 1.000")), (Verdict.TIME, returned(Letter.TIME))
    )
    assert verdicts(SAME, PROBLEM, wrapped, Rules.STRICT) == [Verdict.WRONG, Verdict.TIME]
    assert verdicts(SAME, PROBLEM, wrapped, Rules.OFFICIAL) == [Verdict.PASS, Verdict.TIME]


def test_results_of_calls_are_judged_again() -> None:
    """As values; what is no value is an error, as it was."""
    problem = call_problem(([1], [True]), ([2], [1.0]), ([3], [1]))
    found = stored(
        problem,
        Rules.STRICT,
        (Verdict.WRONG, Outcome(Status.OK, result=encode(1))),
        (Verdict.WRONG, Outcome(Status.OK, result=encode(1.001))),
        (Verdict.ERROR, Outcome(Status.OK, result=b"no value")),
    )
    assert verdicts(replace(SAME, tolerance=Decimal("0.1")), problem, found, Rules.STRICT) == [Verdict.WRONG, Verdict.PASS, Verdict.ERROR]
    assert verdicts(SAME, problem, found, Rules.OFFICIAL) == [Verdict.PASS, Verdict.WRONG, Verdict.ERROR]


@pytest.mark.parametrize("end", [returned(Letter.DIED), Outcome(Status.CRASH), Outcome(Status.MEMORY)])
def test_the_end_of_the_process_counts_for_all_tests(end: Outcome) -> None:
    """Also for those whose outputs were right before it."""
    found = stored(PROBLEM, Rules.OFFICIAL, (Verdict.ERROR, returned(Letter.RESULT, b"1.000")), (Verdict.ERROR, end))
    assert verdicts(replace(SAME, time_limit=1.0), PROBLEM, found, Rules.OFFICIAL) == [Verdict.ERROR, Verdict.ERROR]


def test_what_all_tests_together_took_is_not_rescored_by_a_shorter_limit() -> None:
    """The process might have come further."""
    late = Outcome(Status.TIME, cpu_seconds=3.5)
    found = stored(PROBLEM, Rules.OFFICIAL, (Verdict.TIME, returned(Letter.RESULT, b"1.000", 3.5)), (Verdict.TIME, late))
    assert verdicts(SAME, PROBLEM, found, Rules.OFFICIAL) == [Verdict.TIME, Verdict.TIME]
    assert verdicts(replace(SAME, time_limit=1.0), PROBLEM, found, Rules.OFFICIAL) is None


def test_a_long_output_is_rescored_only_where_the_verdict_cannot_change() -> None:
    """It is not kept: a pass stays one under a wider tolerance, a wrong one stays one under a narrower, nothing else is known."""
    long = "7 " * KEPT_BYTES
    problem = stdin_problem(("a", "0.5 " * KEPT_BYTES), ("b", "8 " * KEPT_BYTES))
    found = stored(problem, Rules.STRICT, (Verdict.PASS, wrote(long)), (Verdict.PASS, wrote(long)))
    assert all(left.output is None and left.size == len(long) and left.digest for left in found.tests)
    wrong = stored(problem, Rules.STRICT, (Verdict.WRONG, wrote(long)), (Verdict.WRONG, wrote(long)))
    wider, narrower = replace(SAME, tolerance=Decimal(1)), replace(SAME, tolerance=Decimal(0))
    assert verdicts(SAME, problem, found, Rules.STRICT) == verdicts(wider, problem, found, Rules.STRICT) == [Verdict.PASS] * 2
    assert verdicts(SAME, problem, wrong, Rules.STRICT) == verdicts(narrower, problem, wrong, Rules.STRICT) == [Verdict.WRONG] * 2
    assert verdicts(narrower, problem, found, Rules.STRICT) is None
    assert verdicts(wider, problem, wrong, Rules.STRICT) is None
    assert verdicts(SAME, problem, wrong, Rules.OFFICIAL) is None


@pytest.mark.parametrize("mode", list(Rules))
def test_a_long_output_that_is_expected_is_known_by_that(mode: Rules) -> None:
    """It need not be kept to be judged by any rules."""
    text = "1 2\n" * KEPT_BYTES
    problem = stdin_problem(("a", text))
    outcome = wrote(text + "\n") if mode is Rules.STRICT else returned(Letter.RESULT, text.encode() + b"\n")
    found = stored(problem, mode, (Verdict.PASS, outcome))
    assert found.tests[0].output is None
    for rules in Rules:
        assert verdicts(replace(SAME, tolerance=Decimal(0)), problem, found, rules) == [Verdict.PASS]


@given(st.binary(max_size=300), st.sampled_from(list(Rules)))
def test_a_kept_output_comes_back_as_it_was(output: bytes, mode: Rules) -> None:
    """Byte for byte."""
    problem = stdin_problem(("a", "b"))
    left = Left(0, Verdict.WRONG, Status.OK, 0.0, output=zlib.compress(output))
    assert output_of(left, problem, mode) == output
