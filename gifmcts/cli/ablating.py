"""``gifmcts ablate``: several ways of searching side by side, and the table that compares them."""

import asyncio
import contextlib
import json as jsonlib
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import FunctionType
from typing import Any, cast

import msgspec

from gifmcts.ablation import Arm, Usual, arms, blaming
from gifmcts.assembly import Plan, benchmark_class, plan
from gifmcts.cli.app import FINISHED, UNJUDGED
from gifmcts.cli.contrasting import print_ablation
from gifmcts.cli.previewing import finished, print_arms
from gifmcts.cli.progress import SIMULATED, Counts
from gifmcts.cli.rendering import most_calls
from gifmcts.cli.run import Display, Request, interruptible, say, say_how_to_continue, with_options
from gifmcts.errors import ModelError, UsageError
from gifmcts.models.catalog import ModelSettings
from gifmcts.models.pooling import Pooled
from gifmcts.records import GradeRow, Summary
from gifmcts.run import Limits, Meter, Run, first_failure
from gifmcts.seams import Benchmark, Task
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.tabulating import Ablation, ArmRuns, tabulate
from gifmcts.types import Attempt, Refusal

_INTERVAL = 30.0
"""Seconds between two lines of progress."""


def command(name: str) -> Callable[..., int]:
    """The command for a benchmark, with all options of its ``run``."""
    kind = benchmark_class(name)

    def ablate(
        *configs: Path,
        seeds: int = 5,
        options: Any,
        settings: RunSettings,
        models: ModelSettings,
        sampling: SamplingSettings,
        display: Display,
    ) -> int:
        """Compare ways of searching that differ in a few settings, and best-of-n, with the settings as they are.

        The same command continues what was left, and prints the table of what is finished. --benchmark NAME chooses another than apps.

        Parameters
        ----------
        configs
            TOML files; each changes a few settings and begins with a comment that says what it asks.
        seeds
            How many seeds, from --seed on; with the same seed all arms share the answers to equal questions.
        """
        request = Request(kind(options), options, settings, sampling, models, display)  # type: ignore[call-arg]
        if seeds < 1:
            raise UsageError(f"--seeds {seeds}: give a number of at least 1")
        chosen = arms(configs, Usual(settings, sampling, options, kind.judging))
        return asyncio.run(interruptible(lambda: _ablate(request, chosen, range(settings.seed, settings.seed + seeds))))

    return with_options(cast("FunctionType", ablate), kind.options, "seeds", "configs")


@dataclass(slots=True)
class _Shared:
    """What all runs of an ablation have in common."""

    request: Request
    meter: Meter
    hits: int = 0
    misses: int = 0


async def _ablate(request: Request, chosen: Sequence[Arm], seeds: range) -> int:
    limits = Limits(request.settings.max_tokens_total, request.settings.max_hours)
    shared = _Shared(request, Meter(limits))
    done: list[Mapping[str, RunFolder]] = []
    stopped: str | None = None
    async with contextlib.AsyncExitStack() as held:
        benchmarks = await _opened(held, request, chosen)
        for seed in seeds:
            plans = {arm.name: _planned(request, benchmarks[arm.name], arm, seed) for arm in chosen}
            folders = {name: RunFolder(request.settings.runs / prepared.name) for name, prepared in plans.items()}
            if not request.display.dry_run:
                stopped = await _round(shared, plans, folders, f"seed {seed} ({len(done) + 1} of {len(seeds)})")
            if stopped is not None:
                break
            done.append(folders)
    if request.display.dry_run:
        print_arms(chosen, done, most_calls(request.benchmark.total(), request.settings.budget), request.display.json)
        return FINISHED
    say(f"{shared.misses} answers were asked for, {shared.hits} were shared among runs of one seed")
    found = tabulate([ArmRuns(arm.name, arm.question, [folders[arm.name] for folders in done]) for arm in chosen]) if done else None
    if found is not None:
        _print_table(found, shared)
    if stopped is not None:
        say_how_to_continue(f"stopped by {stopped}, {len(done)} of {len(seeds)} seeds are finished. To go on:", limits.tokens)
    return UNJUDGED if found is not None and found.left_out else FINISHED


async def _opened(held: contextlib.AsyncExitStack, request: Request, chosen: Sequence[Arm]) -> dict[str, Benchmark]:
    """Each arm's benchmark: one for all arms that have the same options of it."""
    made: list[tuple[object, Benchmark]] = []
    found: dict[str, Benchmark] = {}
    for arm in chosen:
        known = next((benchmark for options, benchmark in made if options == arm.options), None)
        if known is None:
            with blaming(arm):
                known = type(request.benchmark)(arm.options) if made else request.benchmark  # type: ignore[call-arg]
            await held.enter_async_context(known.open())
            made.append((arm.options, known))
        found[arm.name] = known
    return found


def _planned(request: Request, benchmark: Benchmark, arm: Arm, seed: int) -> Plan:
    settings = replace(arm.settings, seed=seed)
    with blaming(arm):
        return plan(benchmark, arm.options, settings, arm.sampling, request.models, ["gifmcts", *sys.argv[1:]])


def _print_table(found: Ablation, shared: _Shared) -> None:
    if not shared.request.display.json:
        print_ablation(found, shared.request.settings)
        return
    pool = {"asked": shared.misses, "shared": shared.hits}
    sys.stdout.write(jsonlib.dumps({**cast("dict[str, object]", msgspec.to_builtins(found)), "pool": pool}) + "\n")


async def _round(shared: _Shared, plans: Mapping[str, Plan], folders: Mapping[str, RunFolder], title: str) -> str | None:
    """All arms with one seed, at the same time and from one pool of answers; which limit stopped them, if one did."""
    request, settings = shared.request, shared.request.settings
    runs = {folder.path: (plans[name], folder) for name, folder in folders.items()}
    first, in_work = next(iter(plans.values())), _InWork()
    first.references.tasks = in_work
    model = Pooled(first.model, [folder for _, folder in runs.values()])
    watching = _Watching(title, len(runs) * (request.benchmark.total() or 0))
    say(f"{title}: {len(runs)} runs")
    if model.simulated:
        say(SIMULATED, "bold magenta")
    with contextlib.ExitStack() as held:
        try:
            for prepared, folder in runs.values():
                held.enter_context(folder.claim(prepared.manifest, settings.fresh))
                held.callback(folder.forget_if_empty)
            if not all(finished(folder) for _, folder in runs.values()):
                await model.preflight()
            made = [_run(shared, prepared, folder, model, in_work, watching) for prepared, folder in runs.values()]
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(run.go(max(1, settings.concurrency // len(made)))) for run in made]
        except ExceptionGroup as errors:
            raise first_failure(errors) from errors
        finally:
            shared.hits, shared.misses = shared.hits + model.hits, shared.misses + model.misses
            with contextlib.suppress(ModelError):
                await model.close()
    say(watching.line())
    if not watching.counts.found:
        raise UsageError(f"there is no problem to run: {watching.counts.refused} were left out; see --data and its filters")
    return next((task.result() for task in tasks if task.result() is not None), None)


def _run(shared: _Shared, prepared: Plan, folder: RunFolder, model: Pooled, in_work: dict[str, Task], watching: "_Watching") -> Run:
    setting = replace(prepared.setting, model=model)
    run = Run(prepared.benchmark, prepared.strategy, setting, folder, watching, prepared.grading, active=in_work)
    run.meter = shared.meter
    return run


class _InWork(dict[str, Task]):
    """The tasks in work, each as long as any run works on it."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: Counter[str] = Counter()

    def __setitem__(self, name: str, task: Task) -> None:
        self._runs[name] += 1
        super().__setitem__(name, task)

    def __delitem__(self, name: str) -> None:
        self._runs[name] -= 1
        if not self._runs[name]:
            super().__delitem__(name)


class _Watching:
    """An observer of all arms of a seed."""

    def __init__(self, title: str, total: int) -> None:
        self.counts, self._title, self._total, self._said = Counts(), title, total, monotonic()

    def found(self, task: Task, done: bool) -> None:
        """Count the task."""
        self.counts.found_one(done)

    def committed(self, task: Task, attempt: Attempt, again: bool) -> None:
        """Count the attempt, and say now and then how far all are."""
        self.counts.add(attempt, again)
        if monotonic() - self._said >= _INTERVAL:
            self._said = monotonic()
            say(self.line())

    def finished(self, summary: Summary, grades: list[GradeRow]) -> None:
        """Count the tree."""
        self.counts.trees += 1
        self.counts.solved += summary.solved_at is not None

    def refused(self, refusal: Refusal) -> None:
        """Count what cannot be posed; the runs' refusals.jsonl list it."""
        self.counts.refused += 1

    def line(self) -> str:
        """How far all arms are."""
        if self.counts.found and self.counts.earlier == self.counts.found:
            return f"{self._title}: finished already, nothing was run"
        return f"{self._title}: {self.counts.line(self._total or None)}"
