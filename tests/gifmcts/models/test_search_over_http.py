"""A whole search over real HTTP, with a server that fails now and then, gives the tree of a server that never fails."""

import asyncio
from collections.abc import Iterator
from itertools import cycle, islice

import pytest
from asking import model_at
from copying_task import RIGHT, TASKS, searched
from openai_server import Ability, OpenAIServer
from server_faults import BROKEN, BUSY, DROP, MALFORMED, Fault

from gifmcts.models.simulated import Simulated
from gifmcts.types import Action, Attempt, Message, Reading


def task_of(messages: tuple[Message, ...]) -> str:
    """The task that the statement names."""
    text = " ".join(message.content for message in messages)
    return next(task for task in TASKS if f"[{task}]" in text)


def run(ability: Ability, faults: Iterator[Fault | None], window: int = 1) -> list[list[Attempt]]:
    """The search's trees over one server that answers by the simulated model."""
    brain = Simulated(lambda task: (RIGHT,), 0)
    with OpenAIServer(brain.complete, ability, task_of=task_of) as server:
        server.fail_as(faults)
        return asyncio.run(searched(model_at(server), window))


@pytest.mark.parametrize("ability", Ability)
def test_a_search_solves_problems_over_http(ability: Ability) -> None:
    """In each way of continuing, generate, improve and fix are read back as programs, and some problems are solved."""
    trees = run(ability, iter(()))
    attempts = [attempt for tree in trees for attempt in tree]
    assert {attempt.move.action for attempt in attempts} == set(Action)
    assert sum(attempt.program is not None for attempt in attempts) > 0.8 * len(attempts)
    assert any(attempt.reading is Reading.PROGRAM and attempt.program.kept for attempt in attempts if attempt.program)
    assert 1 <= sum(tree[-1].evaluation.solved for tree in trees) <= len(TASKS)
    for attempt in attempts:
        if attempt.program is not None and attempt.program.kept:
            assert attempt.chat[-1].content == "```python\n" + "".join(
                f"{line}\n" for line in attempt.program.lines[: attempt.program.kept]
            )


@pytest.mark.parametrize("window", [1, 4])
def test_failures_of_the_server_leave_no_trace(window: int) -> None:
    """429, 500, dropped connections and cut replies at every second call change nothing of any tree."""
    faults = (fault for pair in zip(cycle([BUSY, BROKEN, DROP, MALFORMED]), cycle([None]), strict=False) for fault in pair)
    healthy = run(Ability.FULL, iter(()), window)
    assert run(Ability.FULL, islice(faults, 60), window) == healthy
