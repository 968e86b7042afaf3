"""Grading from Python, with real programs in the real jail."""

import asyncio
from pathlib import Path

import pytest
from apps_rows import row, stdin_problem, write_lines
from grading_folders import BROKEN, EXITS, LOOSE, RIGHT, WRONG, data, executions, programs

from apps_eval import Submission, grade, pass_at_k
from apps_eval.grading.session import Grading
from apps_eval.options import AppsOptions, Rules
from gifmcts.errors import PreflightError, UsageError
from gifmcts.types import Verdict


def graded(*arguments: object, **settings: object) -> Grading:
    """Grade; skips the test where the machine offers no isolation."""
    try:
        return grade(*arguments, **settings)  # type: ignore[arg-type]
    except PreflightError as error:
        pytest.skip(f"this machine offers no isolation: {error}")


def test_both_rule_sets_stand_side_by_side(tmp_path: Path) -> None:
    """Each judges its own execution, and the programs on which they differ are named."""
    given = [Submission("1", source) for source in (RIGHT, WRONG, BROKEN, EXITS, LOOSE)]
    found = graded(given, data(tmp_path, "1"), k=(1, 5))
    assert [program.solved(Rules.STRICT) for program in found.programs] == [True, False, False, True, False]
    assert [program.solved(Rules.OFFICIAL) for program in found.programs] == [True, False, False, False, True]
    assert [[mark.code for mark in program.marks[Rules.OFFICIAL]] for program in found.programs] == [
        [True] * 3,
        [False] * 3,
        [-2] * 3,
        [-1] * 3,
        [True] * 3,
    ]
    assert [(one.sample, one.tests) for one in found.summary.disagreements.listed] == [(3, (0, 1, 2)), (4, (0, 1, 2))]
    strict = found.summary.scores[Rules.STRICT]
    assert strict.pass_at_k == pytest.approx({1: 0.4, 5: 1.0})
    assert pass_at_k(5, 2, 1) == pytest.approx(0.4)
    assert strict.verdicts == {"pass": 6, "wrong": 6, "compile": 3}


def test_order_and_repetition_of_programs_change_nothing(tmp_path: Path) -> None:
    """Results come in the order of the data; the same program for the same problem runs once, whatever its sample."""
    problems = data(tmp_path, "2", "1")
    given = [Submission("1", RIGHT, 0), Submission("2", WRONG, 1), Submission("2", RIGHT, 0), Submission("1", RIGHT, 1)]
    there, back = graded(given, problems), graded(given[::-1], problems)
    assert [(one.problem_id, one.sample) for one in there.programs] == [("2", 0), ("2", 1), ("1", 0), ("1", 1)]
    assert [one.solved(Rules.STRICT) for one in there.programs] == [True, False, True, True]
    assert there.summary == back.summary
    assert there.counts.executed == 2 * 3


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    """Problems without programs or tests, programs without problems, bad rows; the first count as failed where that is asked for."""
    problems = write_lines(tmp_path / "problems.jsonl", row("1"), row("2"), row("3", input_output=""), "{bad")
    file = programs(tmp_path, ("1", RIGHT), ("3", RIGHT), ("9", RIGHT), "{bad")
    found = graded(file, problems, k=1)
    assert found.without_programs == ("2",)
    assert found.unscorable["3"] == "no tests: input_output is empty"
    assert "line-4" in found.unscorable
    assert found.unknown == {"9": 1}
    assert [one.place for one in found.refusals] == ["line-4"]
    assert found.summary.scores[Rules.STRICT].strict_accuracy == 1.0
    every = graded(file, problems, all_problems=True).summary.scores[Rules.STRICT]
    assert (every.problems, every.strict_accuracy, every.test_case_average) == (2, 0.5, 0.5)


def test_problems_can_be_given(tmp_path: Path) -> None:
    """As objects, with one rule set; a folder that keeps them is refused."""
    found = graded([Submission("p", "print(input())")], [stdin_problem(("a", "a"), ("b", "c"))], "official")
    assert found.summary.scores[Rules.OFFICIAL].test_case_average == 0.5
    assert [mark.verdict for mark in found.programs[0].marks[Rules.OFFICIAL]] == [Verdict.PASS, Verdict.WRONG]
    with pytest.raises(UsageError, match="out needs problems that are named"):
        grade([Submission("p", "")], [stdin_problem(("a", "a"))], out=tmp_path / "out")


def test_a_folder_is_gone_on_with(tmp_path: Path) -> None:
    """What it holds is not run again; more programs are added; other settings are refused."""
    problems, out = data(tmp_path, "1"), tmp_path / "out"
    first = graded([Submission("1", RIGHT)], problems, out=out)
    second = graded([Submission("1", RIGHT), Submission("1", WRONG)], problems, out=out)
    assert (first.counts.executed, first.counts.reused) == (2, 0)
    assert (second.counts.executed, second.counts.reused) == (2, 2)
    assert len(executions(out)) == len(set(executions(out))) == 4
    with pytest.raises(UsageError, match="time limit: 4.0 there, 2.0 now"):
        grade([Submission("1", RIGHT)], problems, out=out, options=AppsOptions(time_limit=2.0))


def test_it_works_where_an_event_loop_runs(tmp_path: Path) -> None:
    """As in a notebook."""
    problems = data(tmp_path, "1")

    async def cell() -> Grading:
        return graded([Submission("1", RIGHT)], problems, "strict")

    assert asyncio.run(cell()).summary.scores[Rules.STRICT].strict_accuracy == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rules": "strct"}, "there are no rules 'strct'"),
        ({"rules": ("strict", "strict")}, "names no rule set, or one twice"),
        ({"rules": ()}, "names no rule set"),
        ({"k": (2,)}, "--k 2 needs 2 programs of every problem, and problem 1 has 1"),
        ({"k": ()}, "give numbers of at least 1"),
        ({"options": AppsOptions(ids=("5",))}, "no program belongs to a problem that is graded"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    """With words, and nothing else."""
    with pytest.raises(UsageError, match=message):
        graded([Submission("1", RIGHT)], data(tmp_path, "1"), **settings)


def test_no_program_is_refused(tmp_path: Path) -> None:
    """A grading of nothing has no number."""
    with pytest.raises(UsageError, match="there is no program in programs"):
        grade([], data(tmp_path, "1"))
