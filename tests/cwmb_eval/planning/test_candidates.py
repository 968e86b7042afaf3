"""World models planned with in a real jail while the true environment answers outside."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import numpy as np
import pytest
from jails import in_jail

from cwmb_eval import catalog
from cwmb_eval.planning.candidates import PATIENCE, Played, play, read
from cwmb_eval.planning.episodes import Policy, Task, played
from cwmb_eval.references import reference
from gifmcts.errors import PreflightError
from sandbox import Jail, Job, Level, Limits, Outcome, Sandbox, Sharing, Status

RTFM = Task(catalog.entries(["RTFM"])[0], steps=30)


def with_model(source: str, task: Task = RTFM, episodes: int = 1, limits: Limits | None = None) -> list[Played]:
    """Episodes of a planner with this program."""

    async def work(jail: Jail) -> list[Played]:
        return [await play(jail, task, source, episode, limits) for episode in range(episodes)]

    return in_jail(work)


def known(name: str) -> str:
    """The reference."""
    source = reference(name)
    assert source is not None
    return source


@pytest.mark.parametrize("name", ["RTFM", "CliffWalking", "Pendulum"])
def test_a_right_model_is_an_oracle(name: str) -> None:
    """It plans from the same seeds, so its returns are those of the planner with the true environment."""
    task = Task(catalog.entries([name])[0], steps=12)
    try:
        expected = [played(task, Policy.ORACLE, episode) for episode in range(2)]
    except PreflightError as error:
        pytest.skip(f"{error}")
    found = with_model(known(name), task, 2)
    assert [episode.total for episode in found] == pytest.approx(expected, rel=1e-4)
    assert [episode.failed for episode in found] == [0, 0]
    assert found[0].plans == (1 if name == "Pendulum" else found[0].plans)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("class Environment:\n    def set_state(self) return", "SyntaxError"),
        ("import gymnasium", "ModuleNotFoundError"),
        ("class Environment:\n    def set_state(self, seen): pass\n    def step(self, action): return seen", "NameError"),
        (
            "class Environment:\n    def set_state(self, seen): pass\n    def step(self, action): return seen, float('nan'), False",
            "NameError",
        ),
        (
            "class Environment:\n    def set_state(self, seen): pass\n    def step(self, action): return 0, float('nan'), False",
            "the reward is",
        ),
        ("import os\nos._exit(0)", "ended itself"),
    ],
)
def test_a_program_that_fails_is_chance(source: str, words: str) -> None:
    """Its episode goes on with random actions, every failed plan is counted and the first is told."""
    (found,) = with_model(source)
    assert found.failed == found.plans > 0
    assert words in str(found.fault)
    assert found.total == played(RTFM, Policy.RANDOM, 0)


def test_a_loop_is_stopped() -> None:
    """By the limit of a plan, which is told."""
    source = "class Environment:\n    def set_state(self, seen):\n        while True: pass"
    (found,) = with_model(source, Task(RTFM.entry, steps=30, seed=2), limits=Limits(cpu_seconds=0.2))
    assert found.plans == found.failed >= PATIENCE
    assert "0.2 s" in str(found.fault)


@dataclass
class Recording:
    """A sandbox that keeps what it is given and plans one action."""

    status: Status = Status.OK
    level: Level = Level.NONE
    jobs: list[Job] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Answer every input with staying."""
        self.jobs.append(job)
        for data in job.inputs:
            self.received.append(data)
            yield Outcome(self.status, result=np.zeros(1).tobytes())


def test_the_jail_sees_states_and_no_answer() -> None:
    """A session of one state after the other; no reward, no end and no seed of the environment is among the inputs."""
    sandbox = Recording()
    checked: Sandbox = sandbox
    asyncio.run(play(checked, RTFM, known("RTFM"), 0))
    (job,) = sandbox.jobs
    assert job.sharing is Sharing.SESSION
    assert len(sandbox.received) == 30
    rows = {data.partition(b"\n")[2] for data in sandbox.received}
    assert len(rows) == 1
    start = RTFM.derived("RTFM", 0, "start") % 2**31
    assert not any(str(start).encode() in data or b"reward" in data for data in sandbox.received)


def test_patience_ends() -> None:
    """After a few plans that a limit ended nothing more is asked in that episode; after exceptions the next plan is."""
    for status, asked in ((Status.TIME, PATIENCE), (Status.CRASH, PATIENCE), (Status.ERROR, None)):
        sandbox = Recording(status)
        checked: Sandbox = sandbox
        found = asyncio.run(play(checked, RTFM, known("RTFM"), 0))
        assert len(sandbox.received) == (asked if asked else found.plans)
        assert found.failed == found.plans > PATIENCE


def test_a_forged_plan_is_refused() -> None:
    """Actions that do not exist, numbers that are none, or half a number."""
    spec = catalog.open_world(RTFM.entry).spec
    for result in (b"", b"1234", np.array([7.0]).tobytes(), np.array([0.5]).tobytes(), np.array([np.nan]).tobytes()):
        assert read(Outcome(Status.OK, result=result), spec, 5) is None
    assert read(Outcome(Status.TIME, result=np.zeros(1).tobytes()), spec, 5) is None
    assert read(Outcome(Status.OK, result=np.array([1.0, 2.0, 3.0]).tobytes()), spec, 2) == [1, 2]
