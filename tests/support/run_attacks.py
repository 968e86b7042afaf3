"""Runs the tables of attacks in a jail and prints what ended otherwise than it should: ``python run_attacks.py whole|smoke FEATURE...``."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from attacks import OPEN, SERIES, SMOKE, all_attacks, all_series, variant
from meeting import MEETING

from sandbox import SCRIPT, Jail, Job, Level, Limits, Outcome, Sharing

CONTROL = "print(sum(map(int, input().split())))"
PATIENCE = 5.0
Fails = Callable[[Sequence[Outcome]], bool]


async def _one(jail: Jail, job: Job, fails: Fails) -> str:
    """What went wrong with a job, and with an honest one after it."""
    found = [outcome async for outcome in jail.run(job)]
    after = [outcome.stdout async for outcome in jail.run(Job(CONTROL, SCRIPT, [b"1 2", b"3 4"], sharing=job.sharing))]
    return ("" if fails(found) else repr(found)[:2000]) or ("" if after == [b"3\n", b"7\n"] else f"after it: {after}")


def _jobs(level: Level, wanted: Callable[[str], bool]) -> dict[str, tuple[Job, Fails]]:
    """Every attack for every kind of sharing; in a session the attacks of one input are those of a shared child again."""
    jobs: dict[str, tuple[Job, Fails]] = {}
    for sharing in Sharing:
        for name in filter(wanted, () if sharing is Sharing.SESSION else all_attacks(sharing)):
            attack = variant(name, sharing)
            if attack.needs in ("", level):
                jobs[f"{sharing}: {name}"] = attack.job(sharing), attack.fails
        for name in filter(wanted, all_series(sharing)):
            series = SERIES[name]
            if series.needs in ("", level):
                jobs[f"{sharing}: {name}"] = series.job(sharing), lambda found, series=series, sharing=sharing: series.fails(sharing, found)
    return jobs


async def _left(jail: Jail) -> bool:
    """Whether the kernel lists a shared child for long after its job; where it has a number of its own nobody can ask."""
    if jail.level is not Level.REDUCED:
        return False
    found = [outcome.stdout async for outcome in jail.run(Job("import os\nprint(os.getpid())", SCRIPT, [b""], sharing=Sharing.SHARED))]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while Path(f"/proc/{int(found[0])}").exists():  # noqa: ASYNC110  nobody is told when another process's child is buried
                await asyncio.sleep(0.01)
            return False
    return True


async def _heard(jail: Jail) -> list[str]:
    """What two programs in two workers hear of each other, by everything that they share."""
    start = time.monotonic_ns() + 200_000_000
    words = [f"{own} {other} {start} {start + 400_000_000}".encode() for own, other in ((1, 2), (2, 1))]

    async def one(word: bytes) -> str:
        return "".join([str(outcome.stdout, "ascii") async for outcome in jail.run(Job(MEETING, SCRIPT, [word], Limits(cpu_seconds=8.0)))])

    return await asyncio.gather(*map(one, words))


async def _all(part: str, features: list[str]) -> dict[str, object]:
    async with Jail(workers=2, allow=features) as jail:
        jobs = _jobs(jail.level, lambda name: name not in OPEN and (part == "whole" or name in SMOKE))
        found = await asyncio.gather(*(_one(jail, *job) for job in jobs.values()))
        wrong = {name: text for name, text in zip(jobs, found, strict=True) if text}
        return {
            "level": jail.level,
            "user": os.geteuid(),
            "run": len(jobs),
            "wrong": wrong,
            "heard": await _heard(jail),
            "left": await _left(jail),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_all(sys.argv[1], sys.argv[2:]))))
