"""What a model reads about a program that was stopped."""

import pytest
from apps_rows import call_problem, stdin_problem
from jails import in_jail

from apps_eval.judges.official import OfficialJudge
from apps_eval.judges.strict import StrictJudge
from apps_eval.problem import Problem
from gifmcts.types import Verdict
from sandbox import Limits

LIMITS = Limits(cpu_seconds=0.3, wall_seconds=1.0)


@pytest.mark.parametrize("problem", [stdin_problem(("1\n", "1\n")), call_problem(([1], 1))])
def test_the_fault_of_a_time_verdict_is_the_same_however_the_time_went(problem: Problem) -> None:
    """A program that computes and one that sleeps are told the same two limits, and no measurement."""
    sources = ("while True: pass", "import time\ntime.sleep(60)")
    trials = [in_jail(lambda jail, source=source: StrictJudge(jail, LIMITS).screen(problem, source, [0])) for source in sources]  # type: ignore[misc]
    assert [trial.verdict for (trial,) in trials] == [Verdict.TIME] * 2
    assert {str(trial.fault) for (trial,) in trials} == {"time limit: no end within 0.3 s of processor time (1 s by the clock)"}


def test_without_a_limit_of_its_own_the_clock_is_the_backstop() -> None:
    """Five times the processor seconds and five more."""
    assert (Limits().backstop_seconds, Limits(cpu_seconds=1.0).backstop_seconds) == (25.0, 10.0)
    assert LIMITS.backstop_seconds == 1.0


def test_the_reference_scorer_names_the_alarm_or_the_limit_of_all_tests() -> None:
    """The alarm counts processor time alone; a program that sleeps is stopped with all of its tests."""
    problem = stdin_problem(("1\n", "1\n"))
    faults = [
        str(in_jail(lambda jail, source=source: OfficialJudge(jail, LIMITS).screen(problem, source, [0]))[0].fault)  # type: ignore[misc]
        for source in ("while True: pass", "import time\ntime.sleep(60)")
    ]
    assert faults == [
        "time limit: no end within 0.3 s of processor time",
        "time limit: no end within 11 s of processor time for all tests together (1 s by the clock for one)",
    ]
