"""A tiny, honest benchmark that runs nothing: programs are texts whose lines are compared with the lines of a known one.

It stands in for a real benchmark where the engine alone is exercised: in tests, in benchmarks, and while a strategy is written.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from gifmcts.seams import Task
from gifmcts.seeds import derive
from gifmcts.types import Broken, Check, Evaluation, Label, Program, Refusal, Scoring, Stage, Verdict


@dataclass(frozen=True, slots=True)
class TinyOptions:
    """How many problems there are, and how long their programs."""

    problems: int = 4
    lines: int = 8


@dataclass(frozen=True, slots=True)
class TinyTask:
    """Find the lines of a program; each line is a test, and the last ones are held out from the search."""

    id: str
    target: tuple[str, ...]
    group: str = "tiny"
    label: Label = Label.HELD_OUT
    fields: Mapping[str, str] = field(
        default_factory=lambda: {"question": "Write the known program.", "starter_code": "", "interface": "Its lines are compared."}
    )

    @property
    def visible(self) -> int:
        """How many lines the search may see."""
        return max(1, len(self.target) - 2)

    @property
    def cases(self) -> Mapping[str, Mapping[str, str]]:
        """The visible lines."""
        return {f"line-{index}": {"expected": line} for index, line in enumerate(self.target[: self.visible])}

    async def evaluate(self, program: Program) -> Evaluation:
        """The share of visible lines that are right; an odd number of parentheses is broken."""
        return self._judge(program, self.visible, 0)

    async def grade(self, program: Program) -> Evaluation:
        """All lines are checked; the reward is the share of the held-out ones."""
        return self._judge(program, len(self.target), self.visible)

    def _judge(self, program: Program, until: int, scored: int) -> Evaluation:
        lines = program.lines
        for number, line in enumerate(lines, 1):
            if line.count("(") != line.count(")"):
                broken = Broken(Stage.COMPILE, "SyntaxError", "a parenthesis is missing", number, line)
                return Evaluation(0.0, broken, tuple(Check(f"line-{index}", Verdict.COMPILE) for index in range(until)))
        checks = []
        for index, expected in enumerate(self.target[:until]):
            got = lines[index] if index < len(lines) else ""
            right = got == expected
            checks.append(Check(f"line-{index}", Verdict.PASS if right else Verdict.WRONG, {} if right else {"got": got}))
        score = checks[scored:]
        return Evaluation(sum(check.verdict is Verdict.PASS for check in score) / len(score), None, tuple(checks))


class Tiny:
    """The benchmark of made-up programs."""

    name: ClassVar[str] = "tiny"
    prompts: ClassVar[str] = "apps"
    options: ClassVar[type] = TinyOptions
    local: ClassVar[frozenset[str]] = frozenset()
    judging: ClassVar[frozenset[str]] = frozenset()
    commands: ClassVar[Mapping[str, str]] = {}

    def __init__(self, options: TinyOptions = TinyOptions()) -> None:
        self._options = options

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """There is nothing to hold."""
        yield

    async def tasks(self) -> AsyncIterator[Task | Refusal]:
        """The tasks, made from their numbers."""
        for index in range(self._options.problems):
            yield self.task(index)

    def total(self) -> int:
        """All of them."""
        return self._options.problems

    def task(self, index: int) -> TinyTask:
        """One task; its program adds up numbers derived from its index."""
        lines = tuple(f"value_{row} = {derive('tiny', index, row) % 100} + ({row} * 3)" for row in range(self._options.lines))
        return TinyTask(f"tiny-{index}", lines)

    def references(self, task: Task) -> Sequence[str]:
        """The known program."""
        return ["\n".join(line) + "\n" for line in [self.task(int(task.id.removeprefix("tiny-"))).target]]

    async def check(self) -> Mapping[str, str]:
        """It always works."""
        return {"problems": str(self._options.problems)}

    def scoring(self) -> Scoring:
        """Tests passed."""
        return Scoring()

    def facts(self) -> Mapping[str, str]:
        """What its reports say."""
        return {"data": "tiny", "protocol": "held-out"}
