"""Grading a corpus of programs from end to end on all cores: rates, peak memory, and the share of time outside of the sandbox.

The share is 1 − bare / whole: ``whole`` reads programs and problems, runs, judges, writes the log and folds the results; ``bare`` puts
the same jobs through the same sandbox and drops what comes out. Rounds alternate in one process, and the share is the median of pairs.
Programs with a time verdict are left out of rates and shares, since they only wait for the limit, and shown apart.
Usage: python benchmarks/grade.py --shared DIRECTORY [--rounds 3] [--programs N]
DIRECTORY holds mini_val.jsonl and official_verdicts.jsonl.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time

sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).parent]  # sandbox.py is there

from apps_eval.grading.fold import Fold  # noqa: E402
from apps_eval.grading.folder import GradingFolder, Manifest, Start  # noqa: E402
from apps_eval.grading.grader import AHEAD, Grader  # noqa: E402
from apps_eval.grading.places import read_programs  # noqa: E402
from apps_eval.grading.programs import Submission  # noqa: E402
from apps_eval.grading.request import RULES, Request  # noqa: E402
from apps_eval.grading.results import Graded  # noqa: E402
from apps_eval.grading.spool import Spool  # noqa: E402
from apps_eval.grading.summary import summarise  # noqa: E402
from apps_eval.options import AppsOptions  # noqa: E402
from gifmcts.types import Verdict  # noqa: E402
from sandbox import Jail, Job, Outcome, Sandbox  # noqa: E402


class Recording:
    """A sandbox that remembers the jobs that went through it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self.level, self.jobs = sandbox, sandbox.level, list[Job]()

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        kept = replace(job, inputs=list(job.inputs))
        self.jobs.append(kept)
        async with aclosing(self._sandbox.run(kept)) as outcomes:
            async for outcome in outcomes:
                yield outcome


@dataclass
class Pass:
    """One grading of everything."""

    seconds: float
    tests: int
    programs: int
    late: set[tuple[str, str]]
    """Place and problem of the programs with a time verdict."""
    cpu: float
    """Processor seconds of this process alone."""


async def whole(sandbox: Sandbox, data: Path, given: list[Submission], workers: int) -> Pass:
    """From programs in a list to a summary, with a log that is thrown away."""
    request = Request(AppsOptions(data=str(data)))
    begin, cpu = perf_counter(), process_time()
    found: list[Graded] = []
    with tempfile.TemporaryDirectory() as place, Spool() as spool:
        spool.fill(given)
        with GradingFolder(Path(place)).claim(Manifest({}), Start("", "", "", "", "")) as folder:
            grader = Grader(sandbox, request.limits(), RULES, spool, folder, workers)
            counts = await grader.run(request.items())
            problems = list(Fold(spool, folder, RULES, 4.0).recorded())
            summarise(problems, RULES, (1,))
            found = [program for problem in problems for program in problem.programs]
    seconds, cpu = perf_counter() - begin, process_time() - cpu
    late = {
        (one.place, one.problem_id) for one in found if any(mark.verdict is Verdict.TIME for marks in one.marks.values() for mark in marks)
    }
    return Pass(seconds, counts.tests, len(found), late, cpu)


async def bare(jail: Jail, jobs: list[Job]) -> tuple[float, float]:
    """Seconds of the same jobs, as many at once, with nothing made of what they leave; and processor seconds of this process alone."""
    waiting = iter(jobs)

    async def drain() -> None:
        for job in waiting:
            async with aclosing(jail.run(job)) as outcomes:
                async for _ in outcomes:
                    pass

    begin, cpu = perf_counter(), process_time()
    await asyncio.gather(*(drain() for _ in range(jail.workers + AHEAD)))
    return perf_counter() - begin, process_time() - cpu


async def measure(shared: Path, rounds: int, programs: int | None) -> None:
    """Grade everything once, then measure without what ran into the limit."""
    data = shared / "mini_val.jsonl"
    given = [item for item in read_programs(str(shared / "official_verdicts.jsonl")) if isinstance(item, Submission)][:programs]
    async with Jail() as jail:
        first = await whole(jail, data, given, jail.workers)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        quick = [one for one in given if (one.place, one.problem_id) not in first.late]
        recording = Recording(jail)
        await whole(recording, data, quick, jail.workers)
        graded: list[Pass] = []
        alone: list[tuple[float, float]] = []
        for _ in range(rounds):
            graded.append(await whole(jail, data, quick, jail.workers))
            alone.append(await bare(jail, recording.jobs))
    show(first, graded, alone, peak)


def show(first: Pass, graded: list[Pass], alone: list[tuple[float, float]], peak: float) -> None:
    """Print medians with their ranges."""
    wholes, bares, cores = [one.seconds for one in graded], [seconds for seconds, _ in alone], len(os.sched_getaffinity(0))
    seconds, one = statistics.median(wholes), graded[0]
    shares = [1 - other / whole for whole, other in zip(wholes, bares, strict=True)]
    own = statistics.median(one.cpu for one in graded) - statistics.median(cpu for _, cpu in alone)
    print(f"{cores} cores, both rule sets, a program run once under each")
    print(f"everything: {first.programs} programs, {first.tests} tests in {first.seconds:.1f} s; peak memory {peak:.0f} MB")
    print(f"left out below: {len(first.late)} programs with a time verdict, {first.seconds - seconds:.1f} s")
    print(f"{one.programs} programs, {one.tests} tests: {seconds:.2f} s ({min(wholes):.2f} to {max(wholes):.2f})")
    print(f"{one.tests / seconds:.0f} tests/s, {one.programs / seconds:.0f} programs/s")
    print(f"the sandbox alone: {statistics.median(bares):.2f} s ({min(bares):.2f} to {max(bares):.2f})")
    print(f"share of time outside of the sandbox: {statistics.median(shares):.1%} ({min(shares):.1%} to {max(shares):.1%}; bar 15 %)")
    print(f"reading, judging, writing and folding: {own:.2f} processor seconds, {own / (seconds * cores):.1%} of all cores' time")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--programs", type=int, default=None)
    options = parser.parse_args()
    asyncio.run(measure(options.shared, options.rounds, options.programs))


if __name__ == "__main__":
    main()
