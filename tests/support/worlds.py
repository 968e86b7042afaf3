"""Transitions that come with the package, and programs judged on them in a real jail."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from jails import in_jail

from cwmb_eval import dataset
from cwmb_eval.checks import checks
from cwmb_eval.dataset import DataSet
from cwmb_eval.environment import Actions, EnvironmentSpec, Form, Observations
from cwmb_eval.judging.judge import Judge, Judged
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.transitions import Split, Transitions, transitions
from gifmcts.types import Check
from sandbox import Jail, Limits

COUNTER = EnvironmentSpec("Counter", Observations(Form.VECTOR, "<f8", 2), Actions(3))
"""A made-up environment: the first number grows by the action, the second is kept; it ends at 10 and rewards with the action."""


@cache
def shipped(name: str) -> DataSet:
    """A set of the package by the environment's name without its version."""
    entries = dataset.read_manifest(dataset.SHIPPED).entries
    (known,) = (entry for entry in entries.values() if entry.spec.name.partition("-v")[0] == name)
    return dataset.load(dataset.SHIPPED, known)


def counted(actions: Sequence[int], start: float = 0.0) -> Transitions:
    """One trajectory of the made-up environment; no two of its states are equal unless an action is 0."""
    places = start + np.cumsum([0, *actions])
    states = np.stack([places, np.full(len(places), 0.5)], axis=1)
    columns = {
        "observation": states[:-1],
        "action": np.array(actions),
        "next_observation": states[1:],
        "reward": np.array(actions, dtype=float),
        "terminated": places[1:] >= 10,
        "truncated": np.zeros(len(actions), dtype=bool),
        "trajectory": np.zeros(len(actions), dtype=int),
        "step": np.arange(len(actions)),
        "exact": np.ones(len(actions), dtype=bool),
        "valid": np.zeros(len(actions), dtype=int),
    }
    return transitions(columns, COUNTER)


COUNTS = """
class Environment:
    def set_state(self, observation):
        self.place, self.kept = float(observation[0]), float(observation[1])

    def step(self, action):
        self.place += action
        return [self.place, self.kept], float(action), self.place >= 10
"""
"""The right model of it."""


def judged(
    spec: EnvironmentSpec, source: str, some: Transitions, metric: Metric = Metric.ACCURACY, seconds: float = 2.0
) -> tuple[Judged, dict[str, Check]]:
    """A program on some transitions, and its checks by name without the split's."""

    async def work(jail: Jail) -> Judged:
        return await Judge(jail, Limits(cpu_seconds=seconds, memory_bytes=256 << 20), metric).judge(spec, source, some)

    found = in_jail(work)
    made = checks(Split.SEARCH, found, spec, source, metric)
    return found, {check.name.removeprefix("search: "): check for check in made}
