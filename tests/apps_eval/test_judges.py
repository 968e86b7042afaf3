"""Programs judged through the real jail: verdicts, feedback, and rewards that cannot be forged."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest
from apps_rows import call_problem, stdin_problem
from jails import in_jail

from apps_eval.judges import Judge, Trial
from apps_eval.judges.comparison import LARGE_BYTES, Comparison, settle
from apps_eval.judges.official import OfficialJudge, official_codes
from apps_eval.judges.strict import StrictJudge
from apps_eval.judges.wrapped import judge_reference
from apps_eval.problem import Problem
from gifmcts.types import Verdict
from sandbox import Jail, JailBroken, Limits

LIMITS = Limits(cpu_seconds=0.5, wall_seconds=10.0)
DOUBLE = stdin_problem(("1\n", "2\n"), ("2\n", "4\n"), ("30\n", "60\n"))
ADD = call_problem(([1, 2], 3), ([[1], [2]], [[1, 2]]), (["a", "b"], "ab"))


def strict(jail: Jail) -> StrictJudge:
    """The strict judge with a short limit."""
    return StrictJudge(jail, LIMITS)


def official(jail: Jail) -> OfficialJudge:
    """The reference scorer with a short alarm."""
    return OfficialJudge(jail, LIMITS)


def screened(judge_of: type[StrictJudge] | type[OfficialJudge], problem: Problem, source: str) -> list[Trial]:
    """Search-visible trials on all tests."""
    return in_jail(lambda jail: judge_of(jail, LIMITS).screen(problem, source, range(len(problem.cases))))


def verdicts(trials: Sequence[Trial]) -> list[str]:
    """The verdicts alone."""
    return [trial.verdict.value for trial in trials]


def test_a_script_is_judged_test_by_test() -> None:
    """Passed, wrong, an exception and a non-zero exit status each get their verdict, and say what happened."""
    source = "n = int(input())\nif n == 2:\n    raise ValueError('two')\nif n == 30:\n    print(60)\n    exit(3)\nprint(2 * n)\n"
    trials = screened(StrictJudge, DOUBLE, source)
    assert verdicts(trials) == ["pass", "error", "error"]
    assert str(trials[1].fault) == "ValueError: two (line 3: raise ValueError('two'))"
    assert trials[2].fault is not None
    assert trials[2].fault.error == "exit status 3"


def test_a_plain_script_has_everything_a_script_has() -> None:
    """A guard, global names, byte streams, ``exit`` and long integers work under the strict rules."""
    source = (
        "import sys\nseen = 0\n\ndef main():\n    global seen\n    seen = int(sys.stdin.buffer.read())\n"
        "    assert len(str(10 ** 5000)) == 5001\n    sys.stdout.buffer.write(b'%d' % (2 * seen))\n    exit()\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    assert verdicts(screened(StrictJudge, DOUBLE, source)) == ["pass"] * 3


def test_a_function_is_judged_by_its_result() -> None:
    """A plain function, and a method of a fresh ``Solution``, with the names that starter code takes for granted."""
    plain = "def f(a, b):\n    return a + b\n"
    method = "class Solution:\n    def f(self, a: List[int], b: List[int]) -> List[int]:\n        return a + b\n"
    for source in (plain, method):
        assert verdicts(screened(StrictJudge, ADD, source)) == ["pass"] * 3
    assert verdicts(screened(StrictJudge, ADD, "def f(a, b):\n    return (b, a)\n")) == ["wrong"] * 3
    assert verdicts(screened(StrictJudge, ADD, "def g(a, b):\n    return a\n")) == ["error"] * 3


def test_a_wrong_result_shows_what_was_got() -> None:
    """The value as Python writes it."""
    trials = screened(StrictJudge, ADD, "def f(a, b):\n    return [a, None]\n")
    assert trials[0].got == "[1, None]"


@pytest.mark.parametrize("judge_of", [StrictJudge, OfficialJudge])
def test_what_does_not_compile_says_where(judge_of: type[StrictJudge] | type[OfficialJudge]) -> None:
    """Type, message and the line of the program's own source, under both rule sets."""
    trials = screened(judge_of, DOUBLE, "import os\nx = 1\nif x = 2:\n    pass\n")
    assert verdicts(trials) == ["compile"] * 3
    fault = trials[0].fault
    assert fault is not None
    assert (fault.error, fault.line_number, fault.line) == ("SyntaxError", 3, "if x = 2:")


def test_the_first_time_verdict_ends_the_program() -> None:
    """In the search the rest is skipped; when grading every test runs and the time verdict is given again."""
    source = "n = int(input())\nwhile n == 2: pass\nprint(2 * n)\n"
    assert verdicts(screened(StrictJudge, DOUBLE, source)) == ["pass", "time", "skipped"]
    graded = in_jail(lambda jail: strict(jail).confirm(DOUBLE, source, range(3)))
    assert verdicts(graded) == ["pass", "time", "pass"]


def test_a_reference_solution_may_need_the_wrapper() -> None:
    """A top-level return only parses inside it: judged strictly there, and said so; a candidate is not."""
    source = "n = int(input())\nprint(2 * n)\nif n > 1:\n    return\n"
    judged = in_jail(lambda jail: judge_reference(strict(jail), DOUBLE, source))
    assert judged.wrapped
    assert judged.passed
    assert verdicts(screened(StrictJudge, DOUBLE, source)) == ["compile"] * 3
    plain = in_jail(lambda jail: judge_reference(strict(jail), DOUBLE, "print(2 * int(input()))"))
    assert plain.passed
    assert not plain.wrapped


def codes(problem: Problem, source: str) -> list[int | bool]:
    """The reference scorer's codes."""
    return in_jail(lambda jail: official_codes(jail, problem, source, LIMITS))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("print(2 * int(input()))", [True] * 3),
        ("n = int(input())\nprint(2 * n)\nif n: return", [True] * 3),
        ("print(2 * int(open(0).read()))", [True] * 3),
        ("import sys\nfor line in sys.stdin:\n    print(2 * int(line))", [True] * 3),
        ("from sys import stdin\nprint(2 * int(stdin.readline()))", [True] * 3),
        ("from sys import stdin\nprint(2 * int(stdin.read()))", [True] * 3),
        ("import sys\nsys.stdin = open('input.txt')\nprint(2 * int(input()))", [True] * 3),
        ("from sys import stdin\nfor line in stdin:\n    print(2 * int(line))", [False] * 3),
        ("import sys\nprint(2 * int(sys.stdin.buffer.read()))", [-1] * 3),
        ("import sys\nsys.stdout.buffer.write(b'2')", [-1] * 3),
        ("if __name__ == '__main__':\n    print(2 * int(input()))", [False] * 3),
        ("x = 0\ndef f():\n    global x\n    x += 1\nf()\nprint(2 * int(input()))", [-1] * 3),
        ("print(2 * int(input()))\nexit()", [-1] * 3),
        ("import sys\nprint(2 * int(input()))\nsys.exit(1)", [True] * 3),
        ("n = int(input())\nprint(2 * n)\nassert n != 2", [True, -1, True]),
        ("n = int(input())\nwhile n == 2: pass\nprint(2 * n)", [True, -1, True]),
        ("x = 1\nfrom math import *\nprint(2 * int(input()))", [-2]),
        ("import nothing_of_that_name\nprint(1)", [-2]),
        ("import os", [-2]),
        ("if 1\n", [-2]),
        ("import os\nn = input()\nprint(2 * int(n))\nif n == '30': os._exit(0)", [-1] * 3),
        ("raise KeyboardInterrupt", [-1] * 3),
    ],
)
def test_the_reference_scorer_is_followed(source: str, expected: list[int | bool]) -> None:
    """Its wrapper, its faked standard input and its codes, faults included."""
    assert codes(DOUBLE, source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b): return a + b", [True] * 3),
        ("class Solution:\n    def f(self, a: List[int], b) -> int: return a + b", [True] * 3),
        ("def g(a, b): return a + b", [-2]),
        ("class Solution:\n    def __init__(self): 1 / 0", [-2]),
        ("def f(a, b): return a + b if a == 1 else 1 / 0", [True, -1, -1]),
        ("def f(a, b): return tuple(a + b) if a == [1] else None", [False, True, False]),
        ("class Always(int):\n    def __eq__(self, other): return True\ndef f(a, b): return Always(7)", [False] * 3),
        ("class Always:\n    def __eq__(self, other): return True\ndef f(a, b): return Always()", [False] * 3),
    ],
)
def test_the_reference_scorer_is_followed_in_calls(source: str, expected: list[int | bool]) -> None:
    """Methods of ``Solution``, missing functions, and results that claim to equal everything."""
    assert codes(ADD, source) == expected


def test_state_lasts_from_test_to_test_in_the_reference_scorer_only() -> None:
    """One process for all tests, against a process per test."""
    source = "import sys\nn = int(input())\nprint(2 * n if not hasattr(sys, 'seen') else 0)\nsys.seen = True\n"
    assert codes(DOUBLE, source) == [True, False, False]
    assert verdicts(screened(StrictJudge, DOUBLE, source)) == ["pass"] * 3


FORGERIES = [
    "import os\nos._exit(0)",
    "import os\nfor d in range(3, 1024):\n    try: os.write(d, b'R2\\n4\\n60\\n' * 50)\n    except OSError: pass\nos._exit(0)",
    "import sys\nframe = sys._getframe()\nwhile frame:\n    for value in frame.f_locals.values(): print(value)\n    frame = frame.f_back",
    "import gc\nfor value in gc.get_objects():\n    if isinstance(value, (dict, list)) and 'expected' in str(value)[:1000]: print('60')",
    "import builtins, json\nbuiltins.print = lambda *a: None\njson.dumps = json.loads = lambda *a, **k: True",
    "import sys\nsys.modules['__main__'].__dict__['verdict'] = 'pass'\nprint('pass')",
    "class Always(str):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\nprint(Always('x'))",
    "import driver\nfor name in list(vars(driver)):\n    print(name)",
]


@pytest.mark.parametrize("judge_of", [StrictJudge, OfficialJudge])
@pytest.mark.parametrize("source", FORGERIES)
def test_a_forged_reward_earns_nothing(source: str, judge_of: type[StrictJudge] | type[OfficialJudge]) -> None:
    """Early exits, written descriptors, walked frames, patched modules and claims of equality pass no test."""
    problem = stdin_problem(("1\n", "7919 expected"), ("2\n", "104729 expected"))
    assert "pass" not in verdicts(screened(judge_of, problem, source))


ALWAYS = "    def __eq__(self, other): return True\n"
CALL_FORGERIES = [
    f"class Always:\n{ALWAYS}    def __reduce__(self): return (print, ('owned',))\ndef f(a, b): return Always()",
    f"class Always(int):\n{ALWAYS}def f(a, b): return Always(3)",
    f"class Always(list):\n{ALWAYS}    def __iter__(self): return iter([7919])\ndef f(a, b): return Always()",
    "import driver\ndriver.encode = lambda value: b'true'\ndef f(a, b): return 0",
]


@pytest.mark.parametrize("judge_of", [StrictJudge, OfficialJudge])
@pytest.mark.parametrize("source", CALL_FORGERIES)
def test_a_forged_result_earns_nothing(source: str, judge_of: type[StrictJudge] | type[OfficialJudge]) -> None:
    """What a result claims about itself is not asked."""
    problem = call_problem(([1, 2], 7919), ([3, 4], [104729]))
    assert "pass" not in verdicts(screened(judge_of, problem, source))


class Listening:
    """A sandbox that keeps what it is given and hands it to a real one."""

    def __init__(self, jail: Jail) -> None:
        self.jail, self.level, self.heard = jail, jail.level, list[object]()

    def run(self, job):  # type: ignore[no-untyped-def]
        """Remember the job, its inputs read."""
        job = replace(job, inputs=tuple(job.inputs))
        self.heard.append(job)
        return self.jail.run(job)


@pytest.mark.parametrize("judge_of", [StrictJudge, OfficialJudge])
def test_expected_outputs_never_enter_the_jail(judge_of: type[StrictJudge] | type[OfficialJudge]) -> None:
    """Changing what is expected changes not one byte of any job."""

    async def heard(jail: Jail) -> list[list[object]]:
        lists = []
        for expected in ("1", "secret"):
            listening = Listening(jail)
            judge: Judge = judge_of(listening, LIMITS)
            await judge.confirm(stdin_problem(("1\n", expected), ("2\n", expected)), "print(1)", [0, 1])
            await judge.confirm(call_problem(([1], expected), ([2], [expected])), "def f(x): return 1", [0, 1])
            lists.append(listening.heard)
        return lists

    one, two = in_jail(heard)
    assert one == two
    assert len(one) == 2


def test_a_sandbox_that_fails_is_never_a_verdict() -> None:
    """Grading calls the test unjudged and goes on; the search lets the error through."""

    class Failing(Listening):
        async def run(self, job):  # type: ignore[no-untyped-def, override]
            """Fail at the second input."""
            inputs = list(job.inputs)
            async for outcome in self.jail.run(replace(job, inputs=tuple(inputs))):
                if b"2\n" in inputs[:1]:
                    raise JailBroken("as told")
                inputs.pop(0)
                yield outcome

    source = "print(2 * int(input()))"
    graded = in_jail(lambda jail: StrictJudge(Failing(jail), LIMITS).confirm(DOUBLE, source, range(3)))
    assert verdicts(graded) == ["pass", "unjudged", "pass"]
    with pytest.raises(JailBroken):
        in_jail(lambda jail: StrictJudge(Failing(jail), LIMITS).screen(DOUBLE, source, range(3)))
    graded = in_jail(lambda jail: OfficialJudge(Failing(jail), LIMITS).confirm(DOUBLE, source, range(3)))
    assert {trial.verdict for trial in graded} == {Verdict.UNJUDGED}


@pytest.mark.parametrize("judge_of", [StrictJudge, OfficialJudge])
@pytest.mark.parametrize(
    "value",
    [
        "Decimal('sNaN')",
        "[Decimal('sNaN')]",
        "np.array([])",
        "np.zeros((0, 3))",
        "1 << 3000000",
        "[[1 << 3000000] * 3]",
    ],
)
def test_no_result_takes_the_judge_down(judge_of: type[StrictJudge] | type[OfficialJudge], value: str) -> None:
    """Values that raise where they are compared, or that take ages to be written."""
    source = f"from decimal import Decimal\nimport numpy as np\ndef f(a, b):\n    return {value}\n"
    problem = call_problem(([1, 2], 3), ([1, 2], [3]), ([1, 2], [[3.5]]))
    limits = replace(LIMITS, cpu_seconds=4.0)
    trials = in_jail(lambda jail: judge_of(jail, limits).screen(problem, source, range(3)))
    assert set(verdicts(trials)) <= {"wrong", "error"}


def test_a_large_output_is_judged() -> None:
    """One that is compared in a thread: right, and wrong."""
    problem = stdin_problem(("1\n", "x " * 200_000), ("2\n", "y"))
    assert verdicts(screened(StrictJudge, problem, "print('x ' * 200000)")) == ["pass", "wrong"]


def test_a_comparison_that_fails_is_not_the_expected_value() -> None:
    """The boundary turns what comparing raises into a wrong result, in a thread too; any other exception is a defect and passes."""

    def fails(error: Exception) -> Comparison:
        raise error

    for error in (ZeroDivisionError(), IndexError(), TypeError(), ValueError(), RecursionError(), MemoryError()):
        for size in (1, LARGE_BYTES + 1):
            settled = asyncio.run(settle(partial(fails, error), size))
            assert not settled.same
            assert type(error).__name__ in settled.got
    with pytest.raises(OSError, match="disk"):
        asyncio.run(settle(partial(fails, OSError("disk")), 1))
