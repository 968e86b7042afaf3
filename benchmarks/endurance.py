"""A hundred thousand tests through one jail: nothing may grow, get lost or be left, and every outcome must be a right one.

``python benchmarks/endurance.py [--tests 100000] [--workers N]``: the mix is in ``mix.py``. Every tenth of the run prints what is held
while nothing runs. Ends with status 1 and the reasons when a worker was lost, an outcome was wrong, memory grew by more than a
tenth and 5 MiB after the first fifth, or a process, a zombie, a descriptor or a file was left. A program is stopped at its
first ``time`` outcome, as a search does it; what was not run then is counted.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE] + [str(_HERE)]  # one of its files is named like the package

import mix  # noqa: E402
import processes  # noqa: E402
from holdings import MIB, SETTLE_SECONDS, Held, entries, growth, leavings, settled  # noqa: E402

from sandbox import SCRIPT, Jail, Job, Limits, Outcome, SandboxError, Sharing, Status  # noqa: E402

LIMITS = Limits(cpu_seconds=1, wall_seconds=3, memory_bytes=256 << 20)
BLOCK = 10_000
"""Tests between two looks at what is held; a tenth of a shorter run."""
WATCH_EVERY = 10
"""Programs between two looks at which processes there are."""
PLAIN, NUMPY = "print(1)", "import numpy\nprint(1)"
FLOOD = "import os\nwhile True: os.write(1, b'x' * 65536)"


@dataclass(slots=True)
class Tally:
    """What happened so far."""

    run: int = 0
    left_out: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[int, str]] = field(default_factory=set)
    """Every process below this one that was ever noticed."""

    def watch(self) -> None:
        """Notice which processes there are."""
        self.seen.update(filter(None, map(processes.identity, processes.descendants(os.getpid()))))


class Losses(logging.Handler):
    """What the sandbox warned of: it does so when it replaces a worker."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.told.append(record.getMessage())


def fault(program: mix.Honest | mix.Hostile, sharing: Sharing, values: list[int], outcome: Outcome) -> str:
    """What is wrong with an outcome; empty when nothing is."""
    if isinstance(program, mix.Honest):
        right = outcome.status is Status.OK and outcome.stdout.decode() == program.answer(values) + "\n"
    elif sharing is Sharing.SHARED and program.shared is not None:
        right = outcome.status in program.shared
    else:
        right = outcome.status in program.ends and program.stdout in (None, outcome.stdout)
    if right:
        return ""
    told = f"{outcome.stdout[:60]!r} {outcome.stderr[-200:]!r}"
    return f"{program.name} ({sharing}): {outcome.status}, exit {outcome.exit_code}, {told}"


async def run_program(jail: Jail, number: int, tally: Tally) -> None:
    """Run every test of a program, up to the first that takes too long."""
    program, sharing = mix.program(number)
    inputs = [mix.numbers(number, test) for test in range(mix.TESTS)]
    count = 0
    stream = jail.run(Job(program.source, SCRIPT, map(mix.written, inputs), LIMITS, sharing))
    try:
        async for outcome in stream:
            tally.ends[outcome.status] += 1
            if what := fault(program, sharing, inputs[count], outcome):
                tally.wrong[what] += 1
            count += 1
            if outcome.status is Status.TIME:
                break
    except SandboxError as error:
        tally.wrong[f"{program.name} ({sharing}): {type(error).__name__}: {error}"] += 1
    finally:
        await stream.aclose()
    tally.run += count
    tally.left_out += mix.TESTS - count
    if count < mix.TESTS and outcome.status not in (Status.TIME, Status.COMPILE):
        tally.wrong[f"{program.name} ({sharing}): {mix.TESTS - count} tests have no outcome"] += 1


async def run_block(jail: Jail, block: range, tally: Tally) -> None:
    """Run these programs, with as many in flight as there are workers, and two more."""
    gate = asyncio.Semaphore(jail.workers + 2)

    async def one(number: int) -> None:
        async with gate:
            if number % WATCH_EVERY == 0:
                tally.watch()
            await run_program(jail, number, tally)

    await asyncio.gather(*map(one, block))


async def call_roll(jail: Jail) -> None:
    """Have every zygote of every worker serve a program, so that all of them stand."""

    async def one(source: str) -> None:
        async for outcome in jail.run(Job(source, SCRIPT, [b""], LIMITS)):
            if outcome.stdout != b"1\n":
                raise SystemExit(f"a worker does not serve: {outcome}")

    for source in (PLAIN, NUMPY):
        await asyncio.gather(*(one(source) for _ in range(jail.workers)))


async def flood(jail: Jail) -> None:
    """Have every worker bring as much output as it may, so that all buffers have had their full size before anything is compared."""

    async def one(sharing: Sharing) -> None:
        async for outcome in jail.run(Job(FLOOD, SCRIPT, [b""] * mix.TESTS, LIMITS, sharing)):
            if outcome.status is not Status.OUTPUT:
                raise SystemExit(f"a flood was not stopped: {outcome.status}")

    for sharing in (Sharing.FRESH, Sharing.SHARED):
        await asyncio.gather(*(one(sharing) for _ in range(2 * jail.workers)))


async def emptied(tally: Tally, own: set[int]) -> set[int]:
    """What is below this process, dead or alive, or once was and still is anywhere, when waiting for its end has no more use."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        anywhere = {pid for pid, begin in tally.seen if processes.identity(pid) == (pid, begin)}
        left = (set(processes.descendants(os.getpid())) | anywhere) - own
        if not left or time.monotonic() > deadline:
            return left
        await asyncio.sleep(0.1)


def show(tally: Tally, rate: float, now: Held) -> None:
    """One line, for every block."""
    print(
        f"{tally.run + tally.left_out:8} {rate:9.0f} {now.main_bytes / MIB:9.1f} {now.below_bytes / MIB:10.1f} {now.main_descriptors:8}"
        f" {now.below_descriptors:8} {now.processes:10} {now.zombies:8} {sum(tally.wrong.values()):6}",
        flush=True,
    )


async def endure(jail: Jail, tests: int, tally: Tally) -> list[Held]:
    """Run all tests; what was held before the first and after each block."""
    programs = -(-tests // mix.TESTS)
    size = max(1, min(BLOCK // mix.TESTS, programs // 10))
    await call_roll(jail)
    everybody = len(processes.descendants(os.getpid()))
    await flood(jail)
    await call_roll(jail)
    found = [await settled(everybody)]
    print("   tests   tests/s  main MiB  below MiB  main fd below fd  processes  zombies  wrong")
    show(tally, 0, found[0])
    for start in range(0, programs, size):
        begin, before = time.monotonic(), tally.run
        await run_block(jail, range(start, min(start + size, programs)), tally)
        seconds = time.monotonic() - begin
        await call_roll(jail)
        tally.watch()
        found.append(await settled(found[0].processes))
        show(tally, (tally.run - before) / seconds, found[-1])
    return found


async def whole(tests: int, workers: int | None, tally: Tally) -> list[str]:
    """Open, endure, close; why the run is not a good one."""
    losses = Losses()
    async with Jail(workers) as jail:  # what stays after the first jail of a process is no leak
        await call_roll(jail)
    own, descriptors = set(processes.descendants(os.getpid())), processes.descriptors(os.getpid())
    async with Jail(workers) as jail:
        print(f"level {jail.level}, {jail.workers} workers", flush=True)
        logging.getLogger("sandbox").addHandler(losses)
        found = await endure(jail, tests, tally)
    reasons = growth(found) + [f"a worker was lost: {told}" for told in losses.told]
    left = await emptied(tally, own)
    reasons += [f"process {pid} was left" for pid in left]
    if (now := processes.descriptors(os.getpid())) != descriptors:
        reasons.append(f"descriptors after closing: {now}, and {descriptors} before opening")
    print(f"after closing: {len(left)} processes of {len(tally.seen)} that were noticed, {now - descriptors} descriptors more than before")
    return reasons


def main() -> None:
    """Run, print, and end with status 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tests", type=int, default=100_000)
    parser.add_argument("--workers", type=int, help="by default one a core")
    options = parser.parse_args()
    tally, before, begin = Tally(), entries(), time.monotonic()
    print(f"load before: {processes.load()}")
    with tempfile.TemporaryDirectory() as own:
        os.environ["TMPDIR"] = tempfile.tempdir = own
        try:
            reasons = asyncio.run(whole(options.tests, options.workers, tally))
        except SandboxError as error:
            sys.exit(f"there is no jail to run in: {error}")
        reasons += leavings(before | {Path(own)}, Path(own))
    reasons += [f"{count} times a wrong outcome: {what}" for what, count in tally.wrong.most_common()]
    print(f"{tally.run} tests run, {tally.left_out} not run; " + ", ".join(f"{name} {count}" for name, count in tally.ends.most_common()))
    print(f"load after: {processes.load()}; {time.monotonic() - begin:.0f} s")
    for reason in reasons:
        print(f"WRONG: {reason}")
    sys.exit(bool(reasons))


if __name__ == "__main__":
    main()
