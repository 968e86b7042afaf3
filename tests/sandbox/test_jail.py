"""The seam: outcomes in order, children shared or not, many jobs at once, early ends, and a closing that leaves nothing."""

import asyncio
from collections.abc import Iterator

import pytest
from standing_jail import StandingJail, standing

from sandbox import CALL, SCRIPT, Jail, Job, Limits, SandboxError, Sharing, Status, call_input
from sandbox.tagged import decode

ECHO = "print(input())"
QUICK = Limits(cpu_seconds=0.3, wall_seconds=1.0)


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail with one worker."""
    with standing() as stands:
        yield stands


@pytest.mark.parametrize("sharing", Sharing)
def test_outcomes_come_in_the_order_of_the_inputs(jail: StandingJail, sharing: Sharing) -> None:
    """Thirty inputs of unequal sizes have thirty outcomes, each its own."""
    inputs = [b"%d" % n + b"x" * (n * 7919) for n in range(30)]
    outcomes = jail.script(ECHO, *inputs, sharing=sharing)
    assert [outcome.stdout for outcome in outcomes] == [data + b"\n" for data in inputs]


@pytest.mark.parametrize("sharing", Sharing)
def test_one_bad_input_costs_only_itself(jail: StandingJail, sharing: Sharing) -> None:
    """A crash, a loop, an early exit and an exception between good inputs leave the others as they are."""
    source = "import os\nw = input()\nif w == 'crash': os.abort()\nwhile w == 'loop': pass\nif w == 'exit': os._exit(3)\n"
    source += "print(1 // (w != 'error'))"
    words = [b"a", b"crash", b"b", b"loop", b"c", b"exit", b"d", b"error", b"e"]
    found = [outcome.status for outcome in jail.script(source, *words, limits=QUICK, sharing=sharing)]
    ok = Status.OK
    assert found == [ok, Status.CRASH, ok, Status.TIME, ok, Status.ERROR, ok, Status.ERROR, ok]


def test_nothing_survives_between_inputs_that_are_not_shared(jail: StandingJail) -> None:
    """State kept in a module is gone at the next input of a fresh job, and is there in a shared one."""
    source = "import math\nmath.count = getattr(math, 'count', 0) + 1\nprint(math.count)"
    fresh = [outcome.stdout for outcome in jail.script(source, b"", b"", b"")]
    shared = [outcome.stdout for outcome in jail.script(source, b"", b"", b"", sharing=Sharing.SHARED)]
    assert (fresh, shared) == ([b"1\n"] * 3, [b"1\n", b"2\n", b"3\n"])


def test_nothing_survives_between_programs(jail: StandingJail) -> None:
    """What one job leaves in its child, the next job does not find."""
    jail.script("import math\nmath.pi = 3", sharing=Sharing.SHARED)
    assert jail.script("import math\nprint(math.pi)")[0].stdout == b"3.141592653589793\n"


def test_a_session_draws_an_input_only_after_the_outcome_before_it(jail: StandingJail) -> None:
    """The second input may depend on the first output."""
    seen: list[bytes] = []

    def inputs() -> Iterator[bytes]:
        yield b"1"
        while len(seen) < 4:
            yield seen[-1]

    async def play() -> None:
        async for outcome in jail.jail.run(Job("print(int(input()) * 3)", SCRIPT, inputs(), sharing=Sharing.SESSION)):
            seen.append(outcome.stdout.strip())

    jail.runner.run(play())
    assert seen == [b"3", b"9", b"27", b"81"]


SEARCH = """
import gc, sys
word = input()[::-1].encode()
frame, found = sys._getframe(), []
while frame: found += list(frame.f_locals.values()); frame = frame.f_back
found += gc.get_objects()
for thing in list(found): found += gc.get_referents(thing)
print(any(isinstance(thing, bytes) and word in thing and thing is not word for thing in found))
"""


@pytest.mark.parametrize(("words", "expected"), [([b"ylno-ecno", b"once-only"], b"False\n"), ([b"level"], b"True\n")])
@pytest.mark.parametrize("sharing", [Sharing.FRESH, Sharing.SHARED])
def test_no_input_is_in_reach_before_its_turn(jail: StandingJail, sharing: Sharing, words: list[bytes], expected: bytes) -> None:
    """A search through frames and every object finds the input at hand (written backwards) and not the one after it."""
    assert jail.script(SEARCH, *words, sharing=sharing)[0].stdout == expected


def test_a_program_that_does_not_compile_has_one_outcome(jail: StandingJail) -> None:
    """However many inputs there are, also none; the error stream names the line."""
    for inputs in ([], [b""] * 5):
        (outcome,) = jail.run(Job("x = 1\nprint(", SCRIPT, inputs))
        assert outcome.status is Status.COMPILE
        assert b'File "solution.py", line 2' in outcome.stderr
        assert b"SyntaxError" in outcome.stderr


def test_no_inputs_make_no_outcome(jail: StandingJail) -> None:
    """A job without inputs ends at once."""
    assert jail.run(Job("print(1)", SCRIPT, [])) == []


def test_a_traceback_shows_the_program_and_nothing_of_the_jail(jail: StandingJail) -> None:
    """Its first frame is the program's first, with the source line."""
    (outcome,) = jail.script("def f():\n    return 1 / 0\nf()")
    text = outcome.stderr.decode()
    assert text.startswith('Traceback (most recent call last):\n  File "solution.py", line 3, in <module>\n    f()\n')
    assert text.endswith("ZeroDivisionError: division by zero\n")
    assert "child.py" not in text
    assert "driver" not in text


def test_the_same_program_does_the_same_twice(jail: StandingJail) -> None:
    """Randomness, hashes, process number and addresses repeat, so that verdicts do."""
    source = "import random, os\nprint(random.random(), hash('x'), os.getpid() > 0, id(object()))"
    first, second = (jail.script(source, b"", b"")[0].stdout for _ in range(2))
    assert first == second


def test_the_processor_limit_of_all_inputs_together_ends_the_rest(jail: StandingJail) -> None:
    """Once it is used up every further input is late without having run."""
    limits = Limits(cpu_seconds=0.4, total_cpu_seconds=0.5, wall_seconds=5)
    source = "import time\nend = time.process_time() + 0.2 * int(input())\nwhile time.process_time() < end: pass"
    outcomes = jail.script(source, b"1", b"1", b"9", b"1", b"1", limits=limits, sharing=Sharing.SHARED)
    assert [outcome.status for outcome in outcomes] == [Status.OK, Status.OK, Status.TIME, Status.TIME, Status.TIME]
    assert outcomes[-1].cpu_seconds == 0


def test_limits_are_those_of_the_job(jail: StandingJail) -> None:
    """The output limit admits exactly its number of bytes, and what is kept of the error stream is its end."""
    limits = Limits(output_bytes=10, error_bytes=4)
    exact, more = (jail.script(f"import os\nos.write(1, b'x' * {n})\nos.write(2, b'abcdef')", limits=limits)[0] for n in (10, 11))
    assert (exact.status, exact.stdout, exact.stderr) == (Status.OK, b"x" * 10, b"cdef")
    assert (more.status, more.stdout) == (Status.OUTPUT, b"x" * 10)


def test_many_jobs_queue_for_few_workers() -> None:
    """Forty jobs at once on two workers all end with their own outcomes, numpy or not."""

    async def one(jail: Jail, number: int) -> bytes:
        source = f"import numpy\nprint(numpy.arange({number + 1}).sum())" if number % 4 == 0 else f"print({number})"
        return b"".join([outcome.stdout async for outcome in jail.run(Job(source, SCRIPT, [b""]))])

    async def whole(stands: Jail) -> list[bytes]:
        return await asyncio.gather(*(one(stands, number) for number in range(40)))

    with standing(workers=2) as stands:
        found = stands.runner.run(whole(stands.jail))
    assert found == [b"%d\n" % (n * (n + 1) // 2 if n % 4 == 0 else n) for n in range(40)]


def test_jobs_are_served_in_the_order_in_which_they_asked(jail: StandingJail) -> None:
    """One worker and a dozen jobs at once: nobody overtakes, also when a served one asks again."""
    served: list[int] = []

    async def ask(number: int) -> None:
        for round_number in (0, 12):
            async for _ in jail.jail.run(Job("print(1)", SCRIPT, [b""])):
                served.append(round_number + number)

    async def whole() -> None:
        await asyncio.gather(*(ask(number) for number in range(12)))

    jail.runner.run(whole())
    assert served == list(range(24))


def test_a_jail_that_is_not_open_runs_nothing() -> None:
    """Before it is entered and after it was left, a job is an error that says so."""

    async def ask(jail: Jail) -> None:
        await anext(jail.run(Job("print(1)", SCRIPT, [b""])))

    with pytest.raises(SandboxError, match="not open"):
        asyncio.run(ask(Jail(workers=1)))
    with standing() as stands:
        pass
    with pytest.raises(SandboxError, match="was closed"):
        asyncio.run(ask(stands.jail))


def test_a_consumer_may_leave_early(jail: StandingJail) -> None:
    """Breaking out, closing and cancelling end the job at once; the worker serves the next program."""

    async def leave() -> None:
        stream = jail.jail.run(Job("import time\ntime.sleep(float(input()))", SCRIPT, [b"0", b"60", b"60"]))
        assert (await anext(stream)).status is Status.OK
        await stream.aclose()
        task = asyncio.create_task(anext(jail.jail.run(Job("while True: pass", SCRIPT, [b""]))))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def after() -> list[bytes]:
        async with asyncio.timeout(8):
            return [outcome.stdout async for outcome in jail.jail.run(Job(ECHO, SCRIPT, [b"next"]))]

    jail.runner.run(leave())
    assert jail.runner.run(after()) == [b"next\n"]


def test_a_driver_that_does_not_compile_is_its_authors_error(jail: StandingJail) -> None:
    """It is named as such, and the worker serves on."""
    with pytest.raises(ValueError, match="driver does not compile"):
        jail.run(Job("print(1)", "def load(", [b""]))
    assert jail.script("print(1)")[0].stdout == b"1\n"


def test_functions_are_called_with_typed_values(jail: StandingJail) -> None:
    """Arguments and results keep their types; a class named Solution is made anew for each call."""
    plain = "def f(a, b):\n    return {a: (b, {1, 2}), 2.5: None}"
    method = "class Solution:\n    n = 0\n    def f(self, a, b):\n        self.n += 1\n        return [self.n, a, b]"
    inputs = [call_input("f", [1, "x"]), call_input("f", [(2, 3), b"y"])]
    first = [decode(outcome.result) for outcome in jail.run(Job(plain, CALL, inputs, sharing=Sharing.SHARED))]
    second = [decode(outcome.result) for outcome in jail.run(Job(method, CALL, inputs, sharing=Sharing.SHARED))]
    assert first == [{1: ("x", {1, 2}), 2.5: None}, {(2, 3): (b"y", {1, 2}), 2.5: None}]
    assert second == [[1, 1, "x"], [1, (2, 3), b"y"]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x = []\nfor _ in range(10**6): x = [x]\ndef f(): return x", b"nested deeper"),
        ("x = []\nx.append(x)\ndef f(): return x", b"nested deeper"),
        ("x = [0]\nfor _ in range(100): x = [x, x]\ndef f(): return x", b"more than"),
        ("def g(): pass", b"KeyError: 'f'"),
    ],
)
def test_a_result_that_cannot_travel_is_an_error(jail: StandingJail, body: str, reason: bytes) -> None:
    """Million-deep lists, cycles, doubling graphs and missing functions end with a message."""
    (outcome,) = jail.run(Job(body, CALL, [call_input("f", [])], Limits(cpu_seconds=8)))
    assert outcome.status is Status.ERROR
    assert reason in outcome.stderr


def test_a_result_that_claims_to_equal_everything_equals_nothing(jail: StandingJail) -> None:
    """Objects, pickling hooks and subclasses travel as nothing or as their base."""
    source = (
        "class E:\n    __eq__ = lambda s, o: True\n    __reduce__ = lambda s: (print, ('x',))\n"
        "class I(int):\n    __eq__ = lambda s, o: True\n    __hash__ = int.__hash__\ndef f(): return [E(), I(3)]"
    )
    (outcome,) = jail.run(Job(source, CALL, [call_input("f", [])]))
    opaque, number = decode(outcome.result)
    assert opaque not in (0, None, "", opaque.__class__)
    assert type(number) is int
    assert number != 4
