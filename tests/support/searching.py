"""A search over one tiny task, as tests run it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from gifmcts.prompting import Prompts
from gifmcts.seams import LanguageModel, Strategy, Task
from gifmcts.search import Ended, Search, Setting
from gifmcts.strategies.catalog import open_strategy
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Attempt, Sampling

TINY = Tiny(TinyOptions(lines=10))


def bare(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts without timings."""
    return [replace(attempt, seconds=0.0, completion=replace(attempt.completion, seconds=0.0)) for attempt in attempts]


def search(
    model: LanguageModel,
    strategy: str | Strategy[object] = "gif-mcts",
    preset: str = "honest",
    window: int = 1,
    budget: int = 20,
    recorded: Sequence[Attempt] = (),
    record: Callable[[Attempt], None] = lambda attempt: None,
    stopped: Callable[[], bool] = lambda: False,
    task: Task = TINY.task(0),
    **changes: object,
) -> Ended:
    """Search with seed 7; ``changes`` are further fields of the setting."""
    setting = replace(Setting(model, Prompts("apps"), Sampling(), 7, budget, window, stopped), **changes)  # type: ignore[arg-type]
    chosen = open_strategy(strategy, preset) if isinstance(strategy, str) else strategy
    return asyncio.run(Search(task, chosen, setting, record, recorded).run())
