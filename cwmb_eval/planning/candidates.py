"""A world model that is planned with in the jail, while the true environment answers outside."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from cwmb_eval import catalog, drivers
from cwmb_eval.collection.planner import draw
from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.feedback import Fault, fault_of
from cwmb_eval.judging.session import WANTS_NUMPY, Order
from cwmb_eval.planning.budgets import seconds
from cwmb_eval.planning.episodes import Task, within
from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, World
from sandbox.errors import SandboxError
from sandbox.types import Job, Limits, Outcome, Sandbox, Sharing, Status

_HERE: Final = Path(__file__).parent
PLANNER: Final = (
    (_HERE / "inside.py")
    .read_text(encoding="utf-8")
    .replace("from cwmb_eval.drivers.forms import given\n", (Path(drivers.__file__).with_name("forms.py")).read_text(encoding="utf-8"))
    .replace(
        "from cwmb_eval.planning.algorithms import cross_entropy, tree_search\n", (_HERE / "algorithms.py").read_text(encoding="utf-8")
    )
)
"""The driver: it knows a program and an observation, and nothing of the true environment."""
PATIENCE: Final = 3
"""Plans ended by a limit or a crash after which a program is asked no more in an episode."""
PATIENT: Final = 10
"""Times the processor time that the clock on the wall may run, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Played:
    """An episode of a planner with a program."""

    total: float
    """The return."""
    plans: int
    failed: int
    """Plans that the program did not live to see; a random action was taken instead."""
    fault: Fault | None = None
    """The first of these."""


@dataclass(slots=True)
class _Episode:
    """An episode while it runs."""

    task: Task
    number: int
    world: World
    observation: Array
    left: int
    rng: np.random.Generator
    total: float = 0.0
    plans: int = 0
    failed: int = 0
    killed: int = 0
    fault: Fault | None = None
    ended: bool = False

    def inputs(self) -> Iterator[bytes]:
        """Observations, each drawn only after the plan from the one before was acted out."""
        while not self.ended and self.killed < PATIENCE:
            yield order(self.world.spec, self.task, self.observation, self.number, self.left)

    def act(self, actions: list[Action]) -> None:
        """Take actions in the true environment."""
        for action in actions[: self.left]:
            answer = self.world.step(action)
            self.total, self.left, self.observation = self.total + answer.reward, self.left - 1, answer.observation
            if answer.terminated or not self.left:
                self.ended = True
                return

    def take(self, outcome: Outcome, limits: Limits, source: str) -> None:
        """Act out a plan, or one random action where there is none."""
        self.plans += 1
        actions = read(outcome, self.world.spec, self.left)
        if actions is None:
            self.failed += 1
            self.killed += outcome.status not in (Status.OK, Status.ERROR)
            wrong = Fault("exit", "the program wrote over its own plan, or ended itself")
            self.fault = self.fault or (wrong if outcome.status is Status.OK else fault_of(outcome, limits, source))
            actions = [draw(self.world, self.rng)]
        self.act(actions)


def order(spec: EnvironmentSpec, task: Task, observation: Array, episode: int, left: int) -> bytes:
    """An input of the driver: the observation and how to plan, nothing of how the episode began."""
    extra = {
        "settings": within(spec, task.budget, left),
        "seed": task.derived(spec.name, episode, "plan", left),
        "stochastic": spec.stochastic,
        "count": spec.actions.count,
        "low": spec.actions.low,
        "high": spec.actions.high,
    }
    nothing = np.zeros((1, spec.actions.width), dtype=spec.actions.dtype)
    return Order("plan", observation[None], nothing, extra=extra).write(spec)


def read(outcome: Outcome, spec: EnvironmentSpec, left: int) -> list[Action] | None:
    """The planned actions; ``None`` where there is no legal plan."""
    width = spec.actions.width
    if outcome.status is not Status.OK or not outcome.result or len(outcome.result) % (8 * width):
        return None
    rows = np.frombuffer(outcome.result, dtype="<f8").reshape(-1, width)[:left]
    if not np.isfinite(rows).all():
        return None
    if not spec.actions.discrete:
        return list(np.clip(rows, spec.actions.low, spec.actions.high).astype(spec.actions.dtype))
    chosen = rows[:, 0].tolist()
    return [int(action) for action in chosen] if all(action in range(spec.actions.count) for action in chosen) else None


async def play(sandbox: Sandbox, task: Task, source: str, episode: int, limits: Limits | None = None) -> Played:
    """One episode; a program that fails acts at random and is counted, it does not end the episode.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    world = catalog.open_world(task.entry)
    observation = task.start(world, episode)
    rng = np.random.default_rng(task.derived(world.spec.name, episode, "random"))
    running = _Episode(task, episode, world, observation, task.limit(world.spec), rng)
    allowed = seconds(world.spec, task.budget)
    known = limits or Limits(cpu_seconds=allowed, wall_seconds=PATIENT * allowed + 30)
    job = Job(source + WANTS_NUMPY, PLANNER, running.inputs(), known, Sharing.SESSION)
    compiles = True
    async with aclosing(sandbox.run(job)) as outcomes:
        async for outcome in outcomes:
            running.take(outcome, known, source)
            compiles = outcome.status is not Status.COMPILE
            if not compiles:
                break
    if not running.ended and compiles and running.killed < PATIENCE:
        raise SandboxError(f"the sandbox ended an episode of {world.spec.name} early")
    while not running.ended:
        running.plans, running.failed = running.plans + 1, running.failed + 1
        running.act([draw(world, rng)])
    return Played(running.total, running.plans, running.failed, running.fault)
