"""Speed of the jail beside what others do: medians over interleaved rounds, with every mode in every round.

``python benchmarks/sandbox.py [--rounds 5] [--programs 100]``: every program reads twenty inputs. *confirm* is a child per
input in the full jail, *screen* one child per program. *published scorer*: a manager and a forked process per program, in
which every test is called with mocked streams; *mocked loop*: the same without those processes; *fork and pipe*: a bound
below what anybody ships. "On one core" everything is on the same one, the jail with all its processes too. A ratio is the
median of the ratios within a round, so that a busy moment hits both of its sides.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE] + [str(_HERE)]  # this file is named like the package

import peers  # noqa: E402
import processes  # noqa: E402
import stations  # noqa: E402
from stations import CONFIRM, SCREEN, ZYGOTE, ZYGOTE_NUMPY, Station  # noqa: E402

CONFIRM_ALL, SCREEN_ALL = "confirm on all cores", "screen on all cores"
PUBLISHED, MOCKED, LEAST, INTERPRETER, BUBBLEWRAP = peers.LOOPS
AMOUNTS = {SCREEN: 5.0, SCREEN_ALL: 5.0, LEAST: 5.0, INTERPRETER: 0.05, BUBBLEWRAP: 0.05}
"""Programs of a mode in the place of one, so that no mode takes much longer than the others."""
RATIOS = {
    (CONFIRM, PUBLISHED): "1.0",
    (CONFIRM, MOCKED): "",
    (CONFIRM, LEAST): "",
    (CONFIRM, INTERPRETER): "",
    (CONFIRM, BUBBLEWRAP): "",
    (CONFIRM_ALL, CONFIRM): "1.8 on two cores",
    (SCREEN, CONFIRM): "7",
    (SCREEN, PUBLISHED): "",
    (SCREEN, INTERPRETER): "",
    (SCREEN, BUBBLEWRAP): "",
    (SCREEN_ALL, SCREEN): "",
}
"""What is divided by what, and the least that the quotient should be."""
COLD = """
import sys, time
start = time.monotonic()
import asyncio
from sandbox import SCRIPT, Jail, Job
async def main():
    begin = time.monotonic()
    async with Jail(workers=1) as jail:
        stands = time.monotonic()
        async for outcome in jail.run(Job("print(1)", SCRIPT, [b""])):
            assert outcome.stdout == b"1\\n", outcome
            verdict = time.monotonic()
    print(stands - begin, stands - start, verdict - begin, verdict - start, verdict - float(sys.argv[1]))
asyncio.run(main())
"""
MOMENTS = {
    "walls stand": "",
    "walls stand, import included": "",
    "first verdict": "",
    "first verdict, import included": "250",
    "first verdict, interpreter's start included": "",
    ZYGOTE: "100",
    ZYGOTE_NUMPY: "",
}
"""Milliseconds until something is there, and the most that they should be: first what ``COLD`` prints, then of a standing jail."""

MIB = 1 << 20
Found = dict[str, list[float]]


def cold() -> list[float]:
    """Milliseconds of a new process until its jail stands and has given a verdict."""
    command = [sys.executable, "-P", "-c", COLD, repr(time.monotonic())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"there is no jail to measure:\n{done.stderr}")
    return [1000 * float(word) for word in done.stdout.split()]


def measure(rounds: int, programs: int, modes: Iterable[str]) -> Found:
    """One number for every mode and moment in every round."""
    usable = os.sched_getaffinity(0)
    one = {min(usable)}
    found: Found = {}
    with ExitStack() as stack:
        others, alone, all_cores, zygotes = (
            stack.enter_context(closing(Station(serve, cores)))
            for serve, cores in ((stations.others, one), (stations.jail, one), (stations.jail, usable), (stations.zygotes, usable))
        )
        asked = {CONFIRM: (alone, CONFIRM), SCREEN: (alone, SCREEN), CONFIRM_ALL: (all_cores, CONFIRM), SCREEN_ALL: (all_cores, SCREEN)}
        for _ in range(rounds):
            for name in modes:
                station, mode = asked.get(name, (others, name))
                amount = programs * AMOUNTS.get(name, 1.0) * (len(usable) if station is all_cores else 1)
                found.setdefault(name, []).append(station.ask(mode, max(1, round(amount))))
            moments = [*cold(), zygotes.ask(ZYGOTE), zygotes.ask(ZYGOTE_NUMPY)]
            for name, value in zip(MOMENTS, moments, strict=True):
                found.setdefault(name, []).append(value)
    return found


def row(name: str, values: list[float], digits: int, bar: str = "") -> None:
    """One line: the median, and how far the rounds are apart."""
    spread = f"({min(values):.{digits}f} to {max(values):.{digits}f})"
    print(f"  {name:44} {statistics.median(values):9.{digits}f}   {spread:20} {bar}".rstrip())


def show(found: Found, modes: Iterable[str]) -> None:
    """Print what was measured, and what it makes together."""
    print("\ntests a second, on one core unless it says otherwise")
    for name in modes:
        row(name, found[name], 0)
    print("\nratios")
    for (above, below), bar in RATIOS.items():
        if below in found:
            quotients = [a / b for a, b in zip(found[above], found[below], strict=True)]
            row(f"{above} / {below}", quotients, 2, bar and f"at least {bar}")
    print("\nmilliseconds: a new jail, then a new zygote in a standing one, the end of the old one included")
    for name, bar in MOMENTS.items():
        row(name, found[name], 0, bar and f"at most {bar}")


def show_memory() -> None:
    """Print what an idle worker uses."""
    with closing(Station(stations.memory, os.sched_getaffinity(0))) as station:
        found = station.hear()
    print("\nMiB of an idle worker, shared memory divided among those that share it")
    if not found:
        print("  only root can tell")
    for name, value in zip(("its trusted processes", "zygote", "zygote with numpy"), found, strict=False):
        print(f"  {name:44} {value / MIB:9.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=int, default=100, help="programs of most modes in a round")
    options = parser.parse_args()
    modes = [PUBLISHED, CONFIRM, MOCKED, SCREEN, LEAST, CONFIRM_ALL, SCREEN_ALL, INTERPRETER, BUBBLEWRAP]
    cores = len(os.sched_getaffinity(0))
    print(f"CPython {platform.python_version()}, Linux {platform.release()}, {cores} cores, {options.rounds} rounds")
    print(f"load before: {processes.load()}", flush=True)
    if reason := peers.bubblewrap_fails():
        print(f"no bubblewrap to compare with: {reason}")
        modes.remove(BUBBLEWRAP)
    begin = time.monotonic()
    found = measure(options.rounds, options.programs, modes)
    show(found, modes)
    show_memory()
    print(f"\nload after: {processes.load()}; {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
