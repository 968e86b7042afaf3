"""Screening steers a search and decides nothing: what state from test to test would change is confirmed in a process per test."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
from apps_rows import call_problem, stdin_problem
from jails import in_jail

from apps_eval.judges import Trial
from apps_eval.judges.official import OfficialJudge
from apps_eval.judges.strict import SHARED_FROM, StrictJudge
from apps_eval.options import SearchTier
from apps_eval.problem import Problem
from apps_eval.task import evaluation
from gifmcts.types import Broken, Stage
from sandbox import Jail, Job, Level, Limits, Outcome, Sharing

LIMITS = Limits(cpu_seconds=0.5, wall_seconds=10.0)
TESTS = 6
DOUBLE = stdin_problem(*((f"{number}\n", f"{2 * number}\n") for number in range(TESTS)))
CALLS = call_problem(*(([number], 2 * number) for number in range(TESTS)))
RIGHT = "print(2 * int(input()))"
P, S, F = "pass", Sharing.SHARED, Sharing.FRESH


@dataclass
class Watched:
    """A jail that notes how many inputs of which jobs it ran."""

    jail: Jail
    ran: list[tuple[Sharing, int]] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """The jail's."""
        return self.jail.level

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Run a job, whether or not all of it is wanted."""
        place = len(self.ran)
        self.ran.append((job.sharing, 0))
        async for outcome in self.jail.run(job):
            self.ran[place] = (job.sharing, self.ran[place][1] + 1)
            yield outcome


def screened(
    problem: Problem, source: str, tier: SearchTier = SearchTier.SCREEN, early_stop: bool = False, tests: int = TESTS
) -> tuple[list[Trial], list[tuple[Sharing, int]]]:
    """The trials that steer a search, and what was run for them."""

    async def both(jail: Jail) -> tuple[list[Trial], list[tuple[Sharing, int]]]:
        watched = Watched(jail)
        judge = StrictJudge(watched, LIMITS, tier, early_stop)  # type: ignore[arg-type]
        return await judge.screen(problem, source, range(tests)), watched.ran

    return in_jail(both)


def verdicts(trials: list[Trial]) -> list[str]:
    """The verdicts alone."""
    return [trial.verdict.value for trial in trials]


def test_what_passes_everything_is_confirmed() -> None:
    """All tests in one process, then a process each; few tests are confirmed at once."""
    trials, ran = screened(DOUBLE, RIGHT)
    assert (verdicts(trials), ran) == ([P] * TESTS, [(S, TESTS), (F, TESTS)])
    trials, ran = screened(DOUBLE, RIGHT, tests=SHARED_FROM - 1)
    assert (verdicts(trials), ran) == ([P] * (SHARED_FROM - 1), [(F, SHARED_FROM - 1)])
    trials, ran = screened(DOUBLE, RIGHT, SearchTier.CONFIRM)
    assert (verdicts(trials), ran) == ([P] * TESTS, [(F, TESTS)])


def test_what_fails_the_first_test_is_not_asked_again() -> None:
    """Nothing had been left behind by then."""
    trials, ran = screened(DOUBLE, "n = int(input())\nprint(2 * n + (n in (0, 4)))")
    assert (verdicts(trials), ran) == (["wrong", P, P, P, "wrong", P], [(S, TESTS)])


def test_what_fails_a_later_test_is_asked_for_it_alone() -> None:
    """The failure stands, and with it every other trial."""
    trials, ran = screened(DOUBLE, "n = int(input())\nprint(2 * n)\nassert n < 4")
    assert (verdicts(trials), ran) == ([P] * 4 + ["error"] * 2, [(S, TESTS), (F, 1)])


LASTING = "import sys\nn = int(input())\nprint(2 * n if not hasattr(sys, 'seen') else 0)\nsys.seen = True\n"
HELPING = "import sys\nn = int(input())\nprint(2 * n if n == 0 or hasattr(sys, 'seen') else 0)\nsys.seen = True\n"


def test_state_that_lasts_neither_fails_nor_solves() -> None:
    """What only fails after other tests passes; what only passes after other tests fails."""
    trials, ran = screened(DOUBLE, LASTING)
    assert (verdicts(trials), ran) == ([P] * TESTS, [(S, TESTS), (F, 1), (F, TESTS)])
    trials, ran = screened(DOUBLE, HELPING)
    assert (verdicts(trials), ran) == ([P] + ["wrong"] * 5, [(S, TESTS), (F, TESTS)])


@pytest.mark.parametrize(
    "source",
    [
        "seen = []\ndef f(n):\n    seen.append(n)\n    return 2 * n if len(seen) == 1 else 0",
        "def f(n, seen=[]):\n    seen.append(n)\n    return 2 * n if len(seen) == 1 else 0",
        "class Solution:\n    seen = []\n    def f(self, n):\n        self.seen.append(n)\n        return 2 * n if self.seen == [n] else 0",
        "import sys\nassert sys.getrecursionlimit() < 9000\nsys.setrecursionlimit(9000)\ndef f(n): return 2 * n",
    ],
)
def test_every_call_finds_the_module_as_it_was_written(source: str) -> None:
    """Globals, default arguments and class attributes do not last in one process either, so nothing is run a third time."""
    trials, ran = screened(CALLS, source)
    assert (verdicts(trials), ran) == ([P] * TESTS, [(S, TESTS), (F, TESTS)])


@pytest.mark.parametrize("tier", SearchTier)
def test_the_first_time_verdict_ends_a_program_in_both_tiers(tier: SearchTier) -> None:
    """The rest is skipped and says why; it is not asked for again."""
    trials, ran = screened(DOUBLE, "n = int(input())\nwhile n == 3: pass\nprint(2 * n)", tier)
    assert verdicts(trials) == [P] * 3 + ["time"] + ["skipped"] * 2
    assert str(trials[-1].fault) == "not run: an earlier test exceeded the time limit"
    assert ran == [(S if tier is SearchTier.SCREEN else F, 4)]
    assert evaluation(trials, range(TESTS), LIMITS).reward == 0.5


@pytest.mark.parametrize("tier", SearchTier)
def test_an_early_stop_skips_what_follows_the_first_failure(tier: SearchTier) -> None:
    """In both tiers; the reward is the share of all tests, those not run included."""
    source = "n = int(input())\nprint(2 * n + (n == 3))"
    trials, _ = screened(DOUBLE, source, tier, early_stop=True)
    assert verdicts(trials) == [P] * 3 + ["wrong"] + ["skipped"] * 2
    assert str(trials[-1].fault) == "not run: an earlier test was not passed"
    assert evaluation(trials, range(TESTS), LIMITS).reward == 0.5
    for lasting in (LASTING, RIGHT):
        assert verdicts(screened(DOUBLE, lasting, tier, early_stop=True)[0]) == [P] * TESTS


def test_a_program_whose_first_test_raises_is_broken_under_an_early_stop() -> None:
    """Every test that was run raised, and that is all that is known."""
    trials, _ = screened(DOUBLE, "raise ValueError('no')", early_stop=True)
    found = evaluation(trials, range(TESTS), LIMITS).broken
    assert found == Broken(Stage.EXCEPTION, "ValueError", "no", 1, "raise ValueError('no')")


def test_an_early_stop_does_not_reach_a_grade() -> None:
    """Every test is run for what is reported."""
    judged = in_jail(lambda jail: StrictJudge(jail, LIMITS, early_stop=True).confirm(DOUBLE, "print(0)", range(TESTS)))
    assert verdicts(judged) == [P] + ["wrong"] * 5


def test_a_trial_says_what_it_took() -> None:
    """Processor time, memory, bytes, and the end of the error stream of what was not passed."""
    source = "import sys\nn = int(input())\nprint('seen', n, object(), file=sys.stderr)\nprint(n * 2 if n else 'x' * 1000)\n"
    trials, _ = screened(DOUBLE, source, SearchTier.CONFIRM)
    first, second, *_ = evaluation(trials, range(TESTS), LIMITS).footprints
    assert (first.written_bytes, second.written_bytes) == (1001, 2)
    assert first.stderr == "seen 0 <object object at 0x…>"
    assert second.stderr == ""
    assert 0 < first.cpu_seconds < LIMITS.cpu_seconds
    assert first.memory_bytes > 1 << 20


def test_a_test_near_the_limit_is_marked_and_a_late_one_is_not() -> None:
    """Most of the limit is used; a time verdict is one already."""
    source = (
        "import time\nn = int(input())\nwhile n == 1: pass\nwhile n == 0 and time.process_time() < START + 0.85 * LIMIT: pass\nprint(2 * n)"
    ).replace("LIMIT", str(LIMITS.cpu_seconds))
    source = "import time\nSTART = time.process_time()\n" + source
    graded = in_jail(lambda jail: StrictJudge(jail, LIMITS).confirm(DOUBLE, source, range(3)))
    assert verdicts(graded) == [P, "time", P]
    worth = evaluation(graded, range(3), LIMITS)
    assert [left.near_limit for left in worth.footprints] == [1, 0, 0]
    assert worth.footprint is not None
    assert worth.footprint.near_limit == 1


def test_a_program_that_ends_the_reference_scorer_is_charged_once() -> None:
    """Every test counts as failed, and only those that were run have a cost."""
    source = "import os\nn = int(input())\nprint(2 * n)\nif n == 2: os._exit(0)\n"
    trials = in_jail(lambda jail: OfficialJudge(jail, LIMITS).screen(DOUBLE, source, range(TESTS)))
    assert verdicts(trials) == ["error"] * TESTS
    costs = [left.memory_bytes > 0 for left in evaluation(trials, range(TESTS), LIMITS).footprints]
    assert costs == [True] * 3 + [False] * 3
