"""What a published report says beside a run's own: curves against calls and tokens, areas below them, actions by depth."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gifmcts.index import RunIndex
from gifmcts.metrics import Share
from gifmcts.publishing.steps import Placed, placed
from gifmcts.report import Report, report
from gifmcts.store import RunFolder
from gifmcts.types import Action, Label
from gifmcts.wording import harmless


@dataclass(frozen=True, slots=True)
class Curve:
    """How many of ``n`` problems are solved by the program that would be chosen at some cost.

    ``solved[i]`` holds from ``at[i]`` up to the next. A curve begins at cost 0 with no problem solved. It may fall, since the program that
    is best on visible tests is not always right.
    """

    at: Sequence[int]
    solved: Sequence[int]
    n: int

    def area(self, until: int) -> float:
        """The mean share of solved problems over all costs from 0 to ``until`` > 0, in [0, 1]."""
        ends = [*self.at[1:], max(until, self.at[-1])]
        total = sum(
            solved * (min(end, until) - start) for start, end, solved in zip(self.at, ends, self.solved, strict=True) if start < until
        )
        return total / (until * self.n) if self.n else 0.0


@dataclass(slots=True)
class Layer:
    """The calls that made nodes of one depth."""

    depth: int
    actions: Counter[Action] = field(default_factory=Counter)
    better: int = 0
    """How many of them were better on visible tests than all before them in their tree: the yield."""
    reward: float = 0.0
    """The sum of their rewards."""

    @property
    def calls(self) -> int:
        """How many calls there are."""
        return sum(self.actions.values())


@dataclass(frozen=True, slots=True)
class Published:
    """A run as a published report shows it."""

    report: Report
    by_calls: Mapping[Label, Curve]
    by_tokens: Mapping[Label, Curve]
    layers: Sequence[Layer]
    yields: Mapping[Action, Share]
    """Of each action's calls: how many were better on visible tests than all before them."""
    tasks: frozenset[str]

    @property
    def name(self) -> str:
        """The run's name and how it searched."""
        return harmless(f"{self.report.name} ({self.report.manifest.config['strategy']})")

    def area_by_calls(self, label: Label) -> float:
        """The mean over b = 1 … budget of the share of problems solved within b calls, in [0, 1]."""
        curve = self.by_calls[label]
        calls = len(curve.solved) - 1
        return sum(curve.solved) / (calls * curve.n) if calls and curve.n else 0.0


def published(folder: RunFolder) -> Published:
    """Compute everything; trees are read one after the other, without their texts.

    Raises:
        StoreError: the folder cannot be read.
    """
    index = RunIndex(folder)
    index.refresh()
    told = report(folder)
    layers: dict[int, Layer] = {}
    yields: dict[Action, list[bool]] = {}
    changes: dict[Label, list[tuple[int, int]]] = {}
    whole = told.manifest.config.get("grade") != "best"
    for task, row in sorted(index.summaries.items()):
        steps = list(placed(folder, task))
        _count(steps, layers, yields)
        if whole and task not in told.unjudged:
            changes.setdefault(row.label, []).extend(_changes(steps, index, task))
    return Published(
        report=told,
        by_calls={label: Curve(range(len(curve) + 1), [0, *curve], told.shares[label].n) for label, curve in told.within.items()},
        by_tokens={label: _curve(changes[label], told.shares[label].n) for label in told.within},
        layers=[layers[depth] for depth in sorted(layers)],
        yields={action: Share(sum(yields[action]), len(yields[action])) for action in Action if action in yields},
        tasks=frozenset(index.summaries),
    )


def _count(steps: Iterable[Placed], layers: dict[int, Layer], yields: dict[Action, list[bool]]) -> None:
    for step in steps:
        layer = layers.setdefault(step.depth, Layer(step.depth))
        layer.actions[step.action] += 1
        layer.better += step.better
        layer.reward += step.reward
        yields.setdefault(step.action, []).append(step.better)


def _changes(steps: Sequence[Placed], index: RunIndex, task: str) -> Iterator[tuple[int, int]]:
    """At which cost a problem becomes solved (1) or unsolved again (−1), and where its search ended (0)."""
    marks, solved = index.marks.get(task, {}), False
    for step in steps:
        mark = marks.get(step.index)
        if mark is not None and mark.frontier and mark.solved is not solved:
            solved = mark.solved
            yield step.spent, 1 if solved else -1
    yield from [(step.spent, 0) for step in steps[-1:]]


def _curve(changes: Iterable[tuple[int, int]], n: int) -> Curve:
    at, solved = [0], [0]
    for cost, change in sorted(changes):
        if cost == at[-1]:
            solved[-1] += change
        else:
            at.append(cost)
            solved.append(solved[-1] + change)
    return Curve(at, solved, n)


def horizon(curves: Iterable[Curve]) -> int:
    """Up to which cost curves are compared: where the first of them ends; at least 1."""
    return max(1, min((curve.at[-1] for curve in curves), default=1))
