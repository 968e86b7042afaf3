"""Tests a second in the jail beside unisolated loops, as ratios of medians over interleaved rounds.

``python benchmarks/sandbox.py [--rounds 5] [--programs 40]``: every program reads twenty inputs. *confirm* is a child per
input in the full jail, *screen* one child per program. The *peers* run the tests of a program by ``exec`` with replaced
streams in one process per program and isolate nothing: in a new interpreter, in a fork with a manager's list for the
results, and in a fork with a pipe.
"""

import argparse
import asyncio
import contextlib
import io
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).parent]  # this file is named like the package

from sandbox import SCRIPT, Jail, Job, Limits, Sharing, Status  # noqa: E402

TESTS = 20
PROGRAMS = (
    "n = int(input())\na = list(map(int, input().split()))\nprint(sum(a), max(a), sorted(a)[n // 2])",
    "import sys\ndata = sys.stdin.read().split()\n"
    "from collections import Counter\nfor k, v in sorted(Counter(data[1:]).items()): print(k, v)",
    "import heapq\nn = int(input())\nh = list(map(int, input().split()))\nheapq.heapify(h)\nprint(*[heapq.heappop(h) for _ in range(n)])",
    "def f(a):\n    best = here = 0\n    for x in a:\n        here = max(0, here + x)\n        best = max(best, here)\n    return best\n"
    "input()\nprint(f(list(map(int, input().split()))))",
    "import math\ninput()\nr = 1\nfor x in map(int, input().split()): r = r * (abs(x) + 1) // math.gcd(r, abs(x) + 1)\nprint(r)",
)
INPUTS = [f"50\n{' '.join(str((n * 7919 + i * 104729) % 1009 - 300) for i in range(50))}\n".encode() for n in range(TESTS)]


async def jailed(jail: Jail, programs: int, sharing: Sharing) -> float:
    """Tests a second with as many jobs in flight as there are workers, and two more."""
    gate = asyncio.Semaphore(jail.workers + 2)

    async def one(number: int) -> None:
        async with gate:
            job = Job(PROGRAMS[number % len(PROGRAMS)], SCRIPT, INPUTS, Limits(cpu_seconds=4), sharing)
            async for outcome in jail.run(job):
                if outcome.status is not Status.OK:
                    raise SystemExit(f"a benchmark program ended with {outcome}")

    begin = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(programs)))
    return programs * TESTS / (time.perf_counter() - begin)


def _exec_all(source: str, inputs: Iterable[bytes], results: Any) -> None:
    for data in inputs:
        sys.stdin = io.TextIOWrapper(io.BytesIO(data))
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(source, "solution.py", "exec"), {"__name__": "__main__"})
        results.append(out.getvalue())


def _exec_and_send(source: str, inputs: list[bytes], pipe: Any) -> None:
    results: list[str] = []
    _exec_all(source, inputs, results)
    pipe.send(results)


HARNESS = """
import contextlib, io, json, sys
import numpy
source, inputs = json.load(sys.stdin)
results = []
for data in inputs:
    sys.stdin = io.TextIOWrapper(io.BytesIO(data.encode()))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(source, "solution.py", "exec"), {"__name__": "__main__"})
    results.append(out.getvalue())
json.dump(results, sys.__stdout__)
"""


def peers(programs: int) -> float:
    """Tests a second of a new interpreter per program, with the one import that every such harness has."""
    inputs = [data.decode() for data in INPUTS]
    begin = time.perf_counter()
    for number in range(programs):
        request = json.dumps([PROGRAMS[number % len(PROGRAMS)], inputs])
        done = subprocess.run([sys.executable, "-c", HARNESS], input=request, capture_output=True, text=True, check=True)
        if len(json.loads(done.stdout)) != TESTS:
            raise SystemExit("a benchmark program failed")
    return programs * TESTS / (time.perf_counter() - begin)


def managed(programs: int) -> float:
    """Tests a second of a manager and a forked process per program."""
    context = multiprocessing.get_context("fork")
    begin = time.perf_counter()
    for number in range(programs):
        with context.Manager() as manager:
            results = manager.list()
            process = context.Process(target=_exec_all, args=(PROGRAMS[number % len(PROGRAMS)], INPUTS, results))
            process.start()
            process.join()
            if len(results) != TESTS:
                raise SystemExit("a benchmark program failed")
    return programs * TESTS / (time.perf_counter() - begin)


def forked(programs: int) -> float:
    """Tests a second of a forked process and a pipe per program: the least that a process per program can cost."""
    context = multiprocessing.get_context("fork")
    begin = time.perf_counter()
    for number in range(programs):
        ours, theirs = context.Pipe()
        process = context.Process(target=_exec_and_send, args=(PROGRAMS[number % len(PROGRAMS)], INPUTS, theirs))
        process.start()
        if len(ours.recv()) != TESTS:
            raise SystemExit("a benchmark program failed")
        process.join()
    return programs * TESTS / (time.perf_counter() - begin)


async def cold() -> tuple[float, float]:
    """Seconds until a jail stands, and until its first verdict."""
    begin = time.perf_counter()
    async with Jail(workers=1) as jail:
        stands = time.perf_counter() - begin
        async for _ in jail.run(Job("print(1)", SCRIPT, [b""])):
            return stands, time.perf_counter() - begin
    raise SystemExit("no outcome")


async def measure(rounds: int, programs: int) -> dict[str, list[float]]:
    """All modes in every round, so that a noisy moment hits all of them."""
    found: dict[str, list[float]] = {}

    def note(name: str, rate: float) -> None:
        found.setdefault(name, []).append(rate)

    loops: tuple[tuple[str, Callable[[int], float]], ...] = (
        ("peers: new interpreter", peers),
        ("peers: fork and manager", managed),
        ("peers: fork", forked),
    )
    async with Jail(workers=1) as one, Jail(workers=2) as two:
        await jailed(two, 8, Sharing.FRESH)
        for _ in range(rounds):
            for name, loop in loops:
                note(name, loop(programs))
            note("confirm", await jailed(one, programs, Sharing.FRESH))
            note("confirm, 2 workers", await jailed(two, 2 * programs, Sharing.FRESH))
            note("screen", await jailed(one, 5 * programs, Sharing.SHARED))
            note("screen, 2 workers", await jailed(two, 10 * programs, Sharing.SHARED))
            stands, verdict = await cold()
            note("ms until the walls stand", 1000 * stands)
            note("ms until the first verdict", 1000 * verdict)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=int, default=40)
    options = parser.parse_args()
    found = asyncio.run(measure(options.rounds, options.programs))
    median = {name: statistics.median(rates) for name, rates in found.items()}
    for name, rates in found.items():
        print(f"{name:28} {median[name]:8.0f}   ({min(rates):.0f} to {max(rates):.0f})")
    for name in found:
        if name.startswith("peers"):
            print(f"confirm / {name:24} {median['confirm'] / median[name]:8.2f}")
    print(f"confirm on 2 / on 1                {median['confirm, 2 workers'] / median['confirm']:8.2f}   (bar 1.8)")
    print(f"screen / confirm                   {median['screen'] / median['confirm']:8.2f}   (bar 7)")


if __name__ == "__main__":
    main()
