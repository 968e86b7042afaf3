"""Problems as tasks: what the model may read, what the search may see, and what the report sees."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from apps_rows import SUM, call_problem, stdin_problem
from jails import in_jail
from shared_data import shared_data

from apps_eval.benchmark import Apps
from apps_eval.feedback import Fault
from apps_eval.judges import Trial
from apps_eval.judges.strict import StrictJudge
from apps_eval.options import AppsOptions, Protocol, Rules
from apps_eval.problem import Case, Problem
from apps_eval.task import AppsTask, evaluation, pose
from gifmcts.types import Broken, Label, Program, Refusal, Stage, Verdict
from sandbox import Jail, Limits

EXAMPLES = stdin_problem(("1 2\n", "3\n"), ("7 7\n", "14\n"), ("5 5\n", "10\n"), ("0 0\n", "0\n"), question=SUM)


def nobody() -> StrictJudge:
    """A judge that must not be asked."""
    raise AssertionError("no program is judged here")


def trials(*verdicts: Verdict) -> list[Trial]:
    """Trials with these verdicts, in the order of the tests."""
    return [Trial(test, verdict, fault=Fault("ValueError", "bad", 2, "x")) for test, verdict in enumerate(verdicts)]


def test_held_out_tests_are_neither_shown_nor_named() -> None:
    """Cases and fields hold the visible tests and nothing of the hidden ones."""
    task = pose(EXAMPLES, Protocol.HELD_OUT, nobody)
    assert (task.label, task.visible, task.scoring) == (Label.HELD_OUT, (0, 2), (1, 3))
    assert task.cases == {"test-0": {"input": "1 2\n", "expected": "3\n"}, "test-2": {"input": "5 5\n", "expected": "10\n"}}
    assert "14" not in str(task.fields)
    assert set(task.fields) == {"question", "starter_code", "fn_name", "kind", "interface"}


def test_who_saw_the_tests_is_labelled() -> None:
    """All tests under the oracle protocol; all of them too where none can be held out, under a label of its own."""
    assert pose(EXAMPLES, Protocol.ORACLE, nobody).label is Label.ORACLE
    few = pose(stdin_problem(("1", "1")), Protocol.HELD_OUT, nobody)
    assert (few.label, few.visible, few.scoring) == (Label.ORACLE_ONLY, (0,), (0,))


def test_the_interface_says_how_a_program_is_called() -> None:
    """Standard input, a function, or a method of ``Solution``."""
    call = call_problem(([1], 2), fn_name="solve")
    texts = [
        pose(problem, Protocol.ORACLE, nobody).fields["interface"]
        for problem in (EXAMPLES, call, replace(call, starter_code="class Solution:\n    def solve(self, x): "))
    ]
    assert ["standard input" in texts[0], "function solve" in texts[1], "class Solution" in texts[2]] == [True] * 3


def test_cases_of_calls_are_written_as_calls() -> None:
    """Arguments as Python writes them, long ones without their middle."""
    task = pose(call_problem(([[1, 2], "a"], [True]), ([list(range(1000)), ""], None)), Protocol.ORACLE, nobody)
    assert task.cases["test-0"] == {"input": "f([1, 2], 'a')", "expected": "[True]"}
    assert len(task.cases["test-1"]["input"]) < 700
    assert "left out" in task.cases["test-1"]["input"]


def test_the_reward_is_the_share_of_the_scoring_tests() -> None:
    """Checks cover every test, the reward only those that score."""
    worth = evaluation(trials(Verdict.PASS, Verdict.PASS, Verdict.WRONG, Verdict.PASS), (2, 3), Limits())
    assert worth.reward == 0.5
    assert [check.name for check in worth.checks] == ["test-0", "test-1", "test-2", "test-3"]
    assert not worth.solved
    assert worth.checks[0].detail == {}
    assert worth.checks[2].detail == {"error": "ValueError: bad (line 2: x)"}


@pytest.mark.parametrize(
    ("verdicts", "stage"),
    [
        ([Verdict.COMPILE] * 2, Stage.COMPILE),
        ([Verdict.ERROR] * 2, Stage.EXCEPTION),
        ([Verdict.ERROR, Verdict.WRONG], None),
        ([Verdict.ERROR, Verdict.TIME], None),
        ([Verdict.PASS], None),
        ([Verdict.TIME, Verdict.SKIPPED], None),
    ],
)
def test_a_broken_program_is_one_that_never_runs(verdicts: Sequence[Verdict], stage: Stage | None) -> None:
    """It does not compile, or every test raised; one other end among them and it is not broken."""
    broken = evaluation(trials(*verdicts), range(len(verdicts)), Limits()).broken
    assert broken == (None if stage is None else Broken(stage, "ValueError", "bad", 2, "x"))


def judged(problem: Problem, source: str, protocol: Protocol = Protocol.HELD_OUT) -> tuple[float, float, list[str], bool]:
    """Reward, grade, the names of the checks of the evaluation, and whether the grade calls it solved."""

    async def both(jail: Jail) -> tuple[float, float, list[str], bool]:
        task = pose(problem, protocol, lambda: StrictJudge(jail, Limits(cpu_seconds=2.0)))
        seen, graded = await task.evaluate(Program(source)), await task.grade(Program(source))
        return seen.reward, graded.reward, [check.name for check in seen.checks], graded.solved

    return in_jail(both)


def test_the_search_sees_the_visible_tests_only() -> None:
    """A program that knows the examples by heart earns everything in the search and nothing in the report."""
    by_heart = "print({'1 2': 3, '5 5': 10}[input()])"
    assert judged(EXAMPLES, by_heart) == (1.0, 0.0, ["test-0", "test-2"], False)
    assert judged(EXAMPLES, by_heart, Protocol.ORACLE) == (0.5, 0.5, ["test-0", "test-1", "test-2", "test-3"], False)
    assert judged(EXAMPLES, "print(sum(map(int, input().split())))") == (1.0, 1.0, ["test-0", "test-2"], True)


def test_solved_asks_for_the_visible_tests_too() -> None:
    """All hidden tests passed and a visible one failed: the share is 1 and the problem is not solved."""
    assert judged(EXAMPLES, "a = input()\nprint(0 if a == '1 2' else sum(map(int, a.split())))")[1:] == (1.0, ["test-0", "test-2"], False)


def test_addresses_never_reach_the_feedback() -> None:
    """Two evaluations of a program that prints an object read the same."""

    async def details(jail: Jail) -> list[str]:
        task = pose(stdin_problem(("1", "1")), Protocol.ORACLE, lambda: StrictJudge(jail, Limits()))
        found = [await task.evaluate(Program(f"print({value})")) for value in ("object()", "input")]
        found.append(await task.evaluate(Program("raise ValueError(object())")))
        return [str(dict(worth.checks[0].detail)) for worth in found]

    for text in in_jail(details):
        assert "0x…" in text or "built-in" in text
        assert "0x7" not in text


@pytest.mark.parametrize("rules", list(Rules))
def test_real_solutions_solve_real_problems(rules: Rules) -> None:
    """The first plain reference solutions of real problems, through the benchmark: official rules accept nearly all, strict most."""
    options = AppsOptions(str(shared_data("apps", "mini_val.jsonl")), limit=30, rules=rules, workers=2)

    async def solved() -> list[bool]:
        apps, found = Apps(options), []
        async with apps.open():
            async for task in apps.tasks():
                assert isinstance(task, AppsTask)
                references = apps.references(task)
                if references:
                    found.append((await task.grade(Program(references[0]))).solved)
        return found

    found = asyncio.run(solved())
    assert len(found) >= 28
    assert sum(found) >= len(found) - 3


def test_no_solution_stands_in_a_task(tmp_path: object) -> None:
    """Neither fields nor cases hold a line of a reference solution."""
    secret = "print('a line that nobody else writes')"
    task = pose(Problem("1", "q", (Case("1", "1"),), solutions=(secret,)), Protocol.ORACLE, nobody)
    assert secret not in str(task.fields) + str(task.cases)
    assert list(Apps().references(task)) == [secret]


def test_the_bundled_suite_is_posed_whole() -> None:
    """No row of the bundled suite is refused, and ids are unique."""

    async def items() -> list[object]:
        return [item async for item in Apps().tasks()]

    found = asyncio.run(items())
    assert len(found) >= 15
    assert not [item for item in found if isinstance(item, Refusal)]
