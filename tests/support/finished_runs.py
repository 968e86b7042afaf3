"""Finished runs over tiny tasks, as tests need them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from scripted import Scripted

from gifmcts.assembly import plan
from gifmcts.models.catalog import ModelSettings
from gifmcts.records import GradeRow, Summary
from gifmcts.run import Run
from gifmcts.seams import Task
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Attempt, Refusal


class Quiet:
    """An observer that does not look."""

    def found(self, task: Task, done: bool) -> None: ...
    def committed(self, task: Task, attempt: Attempt, again: bool) -> None: ...
    def finished(self, summary: Summary, grades: list[GradeRow]) -> None: ...
    def refused(self, refusal: Refusal) -> None: ...


def finished(
    path: Path,
    model: Callable[[Tiny, float], Scripted] = Scripted,
    mistakes: float = 0.6,
    options: TinyOptions = TinyOptions(problems=5, lines=10),
    **settings: object,
) -> RunFolder:
    """A run of a scripted model over a few tiny tasks, all searched and graded."""
    tiny = Tiny(options)
    prepared = plan(tiny, options, RunSettings(**settings), SamplingSettings(), ModelSettings())  # type: ignore[arg-type]
    setting = replace(prepared.setting, model=model(tiny, mistakes))
    with RunFolder(path).claim(prepared.manifest) as folder:
        asyncio.run(Run(tiny, prepared.strategy, setting, folder, Quiet(), prepared.grading).go(3))
    return RunFolder(path)
