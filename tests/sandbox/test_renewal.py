"""A shared child gives every input what it gave the first: traces that honest programs leave are undone."""

from collections.abc import Iterator

import pytest
from standing_jail import StandingJail, standing

from sandbox import Limits, Outcome, Sharing, Status

INPUTS = [b"1\n", b"2\n", b"3\n", b"4\n", b"5\n"]

LEFTOVERS = {
    "a file over standard input, held by a name": "held = open(0)\nprint(held.readline())",
    "its method, held by a name and by a function's globals": "input = open(0).readline\ndef f(): return input()\nprint(f())",
    "another standard input": "import sys\nsys.stdin = open(0)\ninput = sys.stdin.readline\nprint(input())",
    "a file over standard output, held by a name": "out = open(1, 'w')\ndef f(): out.write(input())\nf()",
    "another standard output": "import os, sys\nsys.stdout = os.fdopen(1, 'w')\nprint(input())",
    "an output that is written at exit": (
        "import atexit, io, os, sys\nsys.stdout = io.StringIO()\natexit.register(lambda: os.write(1, sys.stdout.getvalue().encode()))\n"
        "print(input())"
    ),
    "closed streams": "import sys\nprint(sys.stdin.read())\nsys.stdin.close()\nsys.stdout.close()",
    "closed descriptors": "import os\nprint(input(), flush=True)\nos.close(0)\nos.close(1)",
    "memory that globals and functions hold": "big = [0] * 40_000_000\ndef f(): return big\nprint(input())",
    "an early end": "import os\nprint(input(), flush=True)\nos._exit(0)",
    "an exit": "print(input())\nraise SystemExit",
    "a thread that never ends": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\nprint(input())",
    "a thread that outlives the script": "import threading\nthreading.Thread(target=lambda: print(input())).start()",
    "a raised recursion limit": "import sys\nprint(input() if sys.getrecursionlimit() < 9000 else 'raised')\nsys.setrecursionlimit(9000)",
    "a changed builtin": "import builtins\nprint(int(input()))\nbuiltins.int = builtins.print = None",
    "no garbage collection": "import gc\nassert gc.isenabled()\ngc.disable()\nprint(input())",
    "drawn numbers": "import random\nrandom.random()\nprint(input())",
}


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail with one worker."""
    with standing() as stands:
        yield stands


def said(outcomes: list[Outcome]) -> list[tuple[Status, bytes]]:
    """How each input ended and what was written, without white space at the ends."""
    return [(outcome.status, outcome.stdout.strip()) for outcome in outcomes]


@pytest.mark.parametrize("source", LEFTOVERS.values(), ids=list(LEFTOVERS))
def test_what_a_program_leaves_behind_does_not_reach_the_next_input(jail: StandingJail, source: str) -> None:
    """Five inputs in one child come to the same as five children."""
    wanted = [(Status.OK, data.strip()) for data in INPUTS]
    assert said(jail.script(source, *INPUTS)) == wanted
    assert said(jail.script(source, *INPUTS, sharing=Sharing.SHARED)) == wanted


def test_chance_is_the_same_for_every_input(jail: StandingJail) -> None:
    """Of ``random`` and of numpy, in one child and in many."""
    source = "import random\nimport numpy\nprint(random.random(), numpy.random.rand())"
    drawn = {outcome.stdout for sharing in (Sharing.FRESH, Sharing.SHARED) for outcome in jail.script(source, *INPUTS, sharing=sharing)}
    assert len(drawn) == 1


def test_every_input_has_the_whole_time_limit(jail: StandingJail) -> None:
    """Five inputs of a third of the limit each are in time in one child; one that loops is not, and the next has a new child."""
    source = (
        "import time\nword = input()\nwhile word == 'loop': pass\n"
        "end = time.process_time() + 0.1\nwhile time.process_time() < end: pass\nprint(word)"
    )
    limits = Limits(cpu_seconds=0.3, wall_seconds=20.0)
    words = [b"1\n", b"2\n", b"3\n", b"4\n", b"loop\n", b"5\n"]
    found = [outcome.status for outcome in jail.script(source, *words, limits=limits, sharing=Sharing.SHARED)]
    assert found == [Status.OK] * 4 + [Status.TIME, Status.OK]
