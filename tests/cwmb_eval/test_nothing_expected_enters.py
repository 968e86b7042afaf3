"""What the jail receives never depends on what is expected, and holds no answer before it was given."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

import numpy as np
from worlds import COUNTER, COUNTS, counted, shipped

from cwmb_eval.judging import ordering
from cwmb_eval.judging.judge import Judge
from cwmb_eval.transitions import Split, Transitions
from sandbox import Job, Level, Limits, Outcome, Sandbox, Status


@dataclass
class Recording:
    """A sandbox that keeps what it is given and answers nothing."""

    level: Level = Level.NONE
    received: list[bytes] = field(default_factory=list)

    async def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Take every input."""
        self.received += [job.source.encode(), job.driver.encode()]
        for data in job.inputs:
            self.received.append(data)
            yield Outcome(Status.OK)


def received(some: Transitions) -> list[bytes]:
    """All bytes of a judging."""
    sandbox = Recording()
    checked: Sandbox = sandbox
    asyncio.run(Judge(checked, Limits()).judge(COUNTER, COUNTS, some))
    return sandbox.received


def test_other_expectations_are_not_seen() -> None:
    """Next states, rewards, ends and all that is known besides may change without a byte of difference."""
    some = counted([1, 2, 0, 1, 2])
    other = replace(
        some, next_observation=some.next_observation + 1, reward=some.reward * 2, terminated=~some.terminated, exact=~some.exact
    )
    assert len(received(some)) > 2
    assert received(some) == received(other)


def test_no_answer_stands_among_the_inputs_before_it_is_given() -> None:
    """In the first pass the state after a transition is shown only later than the transition; and most are asked."""
    for name in ("CartPole", "Pendulum", "Taxi"):
        some = shipped(name).splits[Split.SEARCH]
        portions = ordering.portions(some)
        when = {int(row): number for number, rows in enumerate(portions) for row in rows}
        for row, number in when.items():
            follows = row + 1 < len(some) and some.trajectory[row + 1] == some.trajectory[row]
            assert not follows or when.get(row + 1, len(portions)) > number
        assert len(when) >= 0.9 * len(some)


def test_every_transition_is_asked_once_in_each_pass() -> None:
    """The second pass has the same rows in another order."""
    some = shipped("MountainCar").splits[Split.SEARCH]
    rows = np.concatenate(ordering.portions(some))
    again = np.concatenate(ordering.shuffled(rows, "MountainCar-v0"))
    assert len(set(rows.tolist())) == len(rows)
    assert sorted(rows.tolist()) == sorted(again.tolist())
    assert rows.tolist() != again.tolist()
    assert len(np.concatenate(ordering.portions(some, every=True))) == len(some)


def test_an_open_loop_stretch_shows_its_first_state_alone() -> None:
    """Starts of one order lie before those of the next."""
    some = shipped("Pendulum").splits[Split.SEARCH]
    groups = ordering.stretches(some, 100, (0, 33, 66))
    assert [{some.step[first] for first, _ in group} for group in groups] == [{0}, {33}, {66}]
    assert all(some.trajectory[first] == some.trajectory[last - 1] for group in groups for first, last in group)
