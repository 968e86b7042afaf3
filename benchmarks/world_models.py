"""How long it takes to judge a world model on 1,000 transitions, and what the checks add to the model's own steps.

Prints, for each reference, medians of so many runs. Outside of the jail: the whole of a job, a job of one transition (what starting
costs), their difference beside the bound of 20 ms, and the processor time that the program itself took. Inside of it: a step of the
model alone, in a bare loop over the same transitions in the same jail, a step with every check of its form, and their ratio; and how many
transitions are judged in a second of the program's processor time after its start, each by two steps, for hidden state shows in a second.
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

from cwmb_eval import dataset, drivers  # noqa: E402
from cwmb_eval.environment import EnvironmentSpec  # noqa: E402
from cwmb_eval.judging.asking import processor_seconds  # noqa: E402
from cwmb_eval.judging.judge import Judge  # noqa: E402
from cwmb_eval.judging.ordering import PORTION  # noqa: E402
from cwmb_eval.judging.session import WANTS_NUMPY, Order  # noqa: E402
from cwmb_eval.references import reference  # noqa: E402
from cwmb_eval.transitions import Split, Transitions  # noqa: E402
from sandbox import Jail, Job, Limits, Sharing  # noqa: E402

BOUND = 20.0
CHECKED = (
    drivers.STEPPER
    + """
import time

_serve = step


def step(state, data):
    if state["model"] is None:
        build(state)
    began = time.perf_counter_ns()
    _serve(state, data)
    return str(time.perf_counter_ns() - began).encode()
"""
)
"""The driver itself, which answers how many nanoseconds an input took."""
BARE = (
    Path(drivers.__file__).with_name("forms.py").read_text(encoding="utf-8")
    + """
import json
import time


def load(program):
    names = {"__name__": "world_model"}
    exec(program.code, names)
    return names["Environment"]()


def step(model, data):
    head, _, rows = data.partition(b"\\n")
    observations, actions = given(json.loads(head), rows)
    shown, played, set_state, act = observations.every(), actions.every(), model.set_state, model.step
    began = time.perf_counter_ns()
    for seen, action in zip(shown, played):
        set_state(seen)
        act(action)
    return str(time.perf_counter_ns() - began).encode()
"""
)
"""The model's own steps in a loop that looks at nothing."""


def thousand(some: Transitions) -> Transitions:
    """A thousand transitions, all of them to be judged."""
    return replace(some.take(np.arange(1000) % len(some)), step=np.zeros(1000, dtype=np.int64))


async def inside(jail: Jail, spec: EnvironmentSpec, source: str, some: Transitions, driver: str) -> float:
    """Microseconds of a step in the jail, without the first input, which warms it."""
    parts = [slice(start, start + PORTION) for start in range(0, len(some), PORTION)]
    inputs = [Order("ask", some.observation[part], some.action[part]).write(spec) for part in parts]
    job = Job(source + WANTS_NUMPY, driver, [inputs[0], *inputs], Limits(), Sharing.SHARED)
    took = [int(outcome.result) async for outcome in jail.run(job)]
    return sum(took[1:]) / 1000 / len(some)


async def outside(judge: Judge, spec: EnvironmentSpec, source: str, some: Transitions) -> tuple[float, float]:
    """Milliseconds of a judging, and of the program's processor time in it."""
    began = time.perf_counter()
    judged = await judge.judge(spec, source, some)
    return 1000 * (time.perf_counter() - began), 1000 * processor_seconds(judged.found)


async def measure(repeats: int) -> None:
    """Print two lines for each environment."""
    manifest = dataset.read_manifest(dataset.SHIPPED)
    async with Jail(1) as jail:
        judge = Judge(jail, Limits())
        for name, entry in manifest.entries.items():
            source, data = reference(name), dataset.load(dataset.SHIPPED, entry)
            if source is None or data.spec.stochastic:
                continue
            many, one = thousand(data.splits[Split.SEARCH]), data.splits[Split.SEARCH].take(np.arange(1))
            rounds = []
            for _ in range(repeats):
                whole, used = await outside(judge, data.spec, source, many)
                start, begun = await outside(judge, data.spec, source, one)
                bare, checked = [await inside(jail, data.spec, source, many, driver) for driver in (BARE, CHECKED)]
                rounds.append((whole, start, used, begun, bare, checked))
            whole, start, used, begun, bare, checked = (statistics.median(column) for column in zip(*rounds, strict=True))
            after = whole - start
            print(
                f"{name:16} whole {whole:6.1f} ms  start {start:5.1f} ms  after start {after:6.1f} ms "
                f"({after / BOUND:.2f} × the bound of {BOUND:.0f} ms)  processor {used:5.1f} ms\n"
                f"{'':16} a step: model {bare:5.2f} µs  with its checks {checked:5.2f} µs ({checked / bare:.2f} ×)  "
                f"{1e6 / checked:9,.0f} steps/s  {1e6 / (used - begun):9,.0f} transitions judged/s"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    asyncio.run(measure(parser.parse_args().repeats))
