"""Engine overhead: attempts committed per second with a model that answers at once and an evaluator that runs nothing.

Prints seconds for 10,000 attempts over 500 trees, and the cost of an attempt in the first and in the last fifth of the trees.
Usage: python benchmarks/engine.py [--strategy gif-mcts] [--trees 500] [--budget 20]
"""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from gifmcts.assembly import plan
from gifmcts.models.catalog import ModelSettings
from gifmcts.records import GradeRow, Summary
from gifmcts.run import Run
from gifmcts.seams import LanguageModel, Task
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Attempt, Chat, Completion, Finish, Refusal, Sampling


class Instant:
    """A model that answers at once with a program that differs by seed and never solves anything."""

    name, simulated = "instant", True

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """A few lines, fenced as the chat asks for."""
        code = "".join(f"value_{row} = {seed >> row & 7}\n" for row in range(12))
        text = code + "```" if chat.prefill.startswith("```") else f"It is wrong.\n```python\n{code}```"
        return Completion(text, 500, 100, Finish.STOP)

    async def close(self) -> None:
        """Nothing to give back."""


class Clock:
    """Notes when each tree was finished."""

    def __init__(self) -> None:
        self.finish: list[float] = []

    def found(self, task: Task, done: bool) -> None: ...
    def committed(self, task: Task, attempt: Attempt, again: bool) -> None: ...
    def refused(self, refusal: Refusal) -> None: ...
    def finished(self, summary: Summary, grades: list[GradeRow]) -> None:
        self.finish.append(perf_counter())


async def measure(strategy: str, trees: int, budget: int) -> None:
    """Run once and print."""
    benchmark = Tiny(TinyOptions(problems=trees, lines=14))
    settings = RunSettings(strategy=strategy, budget=budget, concurrency=8)
    prepared = plan(benchmark, TinyOptions(), settings, SamplingSettings(), ModelSettings())
    model: LanguageModel = Instant()
    with tempfile.TemporaryDirectory() as place:
        from dataclasses import replace

        clock = Clock()
        with RunFolder(Path(place) / "run").claim(prepared.manifest) as folder:
            run = Run(benchmark, prepared.strategy, replace(prepared.setting, model=model), folder, clock, prepared.grading)
            began, cpu = perf_counter(), process_time()
            await run.go(settings.concurrency)
            wall, used = perf_counter() - began, process_time() - cpu
            attempts = sum(row.attempts for row in folder.summaries().values())
    fifth = len(clock.finish) // 5
    first, last = clock.finish[fifth] - clock.finish[0], clock.finish[-1] - clock.finish[-1 - fifth]
    print(f"{strategy}: {attempts} attempts over {trees} trees in {wall:.2f} s wall, {used:.2f} s CPU (bound: 3 s for 10,000 over 500)")
    print(f"cost of an attempt: {wall / attempts * 1e6:.0f} µs; last fifth of the trees over the first fifth: {last / first:.2f}")


def main() -> None:
    """Pin to one core and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategy", default="gif-mcts")
    parser.add_argument("--trees", type=int, default=500)
    parser.add_argument("--budget", type=int, default=20)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    asyncio.run(measure(arguments.strategy, arguments.trees, arguments.budget))


if __name__ == "__main__":
    main()
