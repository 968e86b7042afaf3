"""How long it takes to judge a world model on 1,000 transitions, beside the bound of 20 ms.

Prints, for each reference, the median of so many runs: the whole of a job, a job of one transition (what starting costs), their difference,
and the processor time that the program itself took; the last is what a busy machine does not change.
"""

import argparse
import asyncio
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).parent]  # sandbox.py is there

from cwmb_eval import dataset  # noqa: E402
from cwmb_eval.judging.asking import processor_seconds  # noqa: E402
from cwmb_eval.judging.judge import Judge  # noqa: E402
from cwmb_eval.references import reference  # noqa: E402
from cwmb_eval.transitions import Split, Transitions  # noqa: E402
from sandbox import Jail, Limits  # noqa: E402

BOUND = 20.0


def thousand(some: Transitions) -> Transitions:
    """A thousand transitions, all of them to be judged."""
    return replace(some.take(np.arange(1000) % len(some)), step=np.zeros(1000, dtype=np.int64))


async def measure(repeats: int) -> None:
    """Print a line for each environment."""
    manifest = dataset.read_manifest(dataset.SHIPPED)
    async with Jail(1) as jail:
        judge = Judge(jail, Limits())
        for name, entry in manifest.entries.items():
            source, data = reference(name), dataset.load(dataset.SHIPPED, entry)
            if source is None or data.spec.stochastic:
                continue
            many = thousand(data.splits[Split.SEARCH])
            whole, start, used = [], [], []
            for _ in range(repeats):
                for some, times in ((many, whole), (many.take(np.arange(1)), start)):
                    began = time.perf_counter()
                    judged = await judge.judge(data.spec, source, some)
                    times.append(1000 * (time.perf_counter() - began))
                    if some is many:
                        used.append(1000 * processor_seconds(judged.found))
            middle = [statistics.median(times) for times in (whole, start, used)]
            after = middle[0] - middle[1]
            print(
                f"{name:16} whole {middle[0]:6.1f} ms  start {middle[1]:5.1f} ms  after start {after:6.1f} ms "
                f"({after / BOUND:.2f} × the bound of {BOUND:.0f} ms)  processor {middle[2]:5.1f} ms"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    asyncio.run(measure(parser.parse_args().repeats))
