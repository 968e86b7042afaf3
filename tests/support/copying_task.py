"""Tasks that are solved by copying one known solution, and a search over them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gifmcts.models.catalog import OpenedModel
from gifmcts.models.faults import canonical, parsed
from gifmcts.prompting import Prompts
from gifmcts.search import Search, Setting
from gifmcts.store import RunFolder
from gifmcts.strategies.gif_mcts import GifMcts
from gifmcts.types import Attempt, Broken, Check, Evaluation, Label, Program, Sampling, Stage, Verdict

RIGHT = "def f(a, b):\n    total = 0\n    for x in range(a):\n        if x < b:\n            total += x\n    return total\nprint(f(5, 3))\n"
TASKS = [f"task{number}" for number in range(6)]


@dataclass(frozen=True)
class Copying:
    """A task that is solved by writing the known solution, line for line; each line is a test."""

    id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    cases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    group: str = ""
    label: Label = Label.HELD_OUT

    async def evaluate(self, program: Program) -> Evaluation:
        """The share of the solution's lines that stand in their place."""
        if parsed(program.source) is None:
            return Evaluation(0.0, Broken(Stage.COMPILE, "SyntaxError", "invalid syntax"))
        lines, wanted = program.lines, (canonical(RIGHT) or "").splitlines()
        verdicts = [Verdict.PASS if line in lines else Verdict.WRONG for line in wanted]
        if len(lines) != len(wanted):
            verdicts.append(Verdict.WRONG)
        checks = tuple(Check(str(number), verdict) for number, verdict in enumerate(verdicts))
        return Evaluation(verdicts.count(Verdict.PASS) / len(verdicts), None, checks)

    async def grade(self, program: Program) -> Evaluation:
        """The same."""
        return await self.evaluate(program)


def timeless(attempts: list[Attempt]) -> list[Attempt]:
    """The attempts without what depends on time and cache."""
    return [replace(one, completion=replace(one.completion, seconds=0.0, cached_tokens=0), seconds=0.0) for one in attempts]


async def searched(model: OpenedModel, window: int = 1, folder: RunFolder | None = None) -> list[list[Attempt]]:
    """The attempts of every task's tree, all searched at once with run seed 3, recorded into a run folder if one is given."""
    setting = Setting(model, Prompts("apps"), Sampling(), seed=3, budget=12, window=window)

    async def one(name: str) -> list[Attempt]:
        task = Copying(name, {"question": f"Copy it. [{name}]", "starter_code": "", "interface": "Run it."})
        file = folder.open_tree(task, "") if folder else None
        ended = await Search(task, GifMcts(), setting, file.append if file else lambda attempt: None).run()
        if file:
            file.close()
        return timeless(ended.tree.attempts)

    try:
        return await asyncio.gather(*map(one, TASKS))
    finally:
        await model.close()
