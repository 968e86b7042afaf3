"""Everything that is measured of a program on one split."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cwmb_eval.dataset import DataSet
from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.judging.judge import Judge, Judged
from cwmb_eval.metrics.laws import ceiling
from cwmb_eval.metrics.openloop import STEPS, OpenLoop, open_loop
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.transitions import Split


@dataclass(frozen=True, slots=True)
class Measures:
    """One split's numbers; what cannot be measured is ``None``."""

    split: Split
    transitions: int
    """How many were judged."""
    accuracy: float
    ceiling: float | None
    """What the true environment would score that sees no more than the program."""
    balanced: float
    """The mean over classes of the reward."""
    components: Mapping[str, float | None]
    reward_error: float | None
    """Mean absolute error."""
    reward_sign: float | None
    """Share of rewards whose sign is right."""
    done_precision: float | None
    done_recall: float | None
    run: OpenLoop | None
    fault: str = ""

    def as_json(self) -> dict[str, object]:
        """All of it with plain names."""
        found: dict[str, object] = {
            "split": self.split.value,
            "transitions": self.transitions,
            "accuracy": self.accuracy,
            "ceiling": self.ceiling,
            "class_balanced": self.balanced,
            "components": dict(self.components),
            "reward_mae": self.reward_error,
            "reward_sign": self.reward_sign,
            "done_precision": self.done_precision,
            "done_recall": self.done_recall,
            "k_step_error": {str(k): error for k, error in self.run.errors.items()} if self.run else None,
            "horizon": self.run.horizon if self.run else None,
        }
        return found | ({"fault": self.fault} if self.fault else {})

    def cells(self) -> dict[str, str]:
        """All of it in words, for a table."""
        told = {
            "transitions judged": str(self.transitions),
            "accuracy": _told(self.accuracy),
            "ceiling": _told(self.ceiling),
            "accuracy, class-balanced": _told(self.balanced),
            **{name: _told(value) for name, value in self.components.items()},
            "reward, mean absolute error": _told(self.reward_error),
            "reward, sign": _told(self.reward_sign),
            "done, precision": _told(self.done_precision),
            "done, recall": _told(self.done_recall),
        }
        errors = {f"error after {k} steps": _told(self.run.errors.get(k) if self.run else None) for k in STEPS}
        return told | errors | {"steps to the first difference": _told(self.run.horizon if self.run else None)}


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


async def measure(judge: Judge, data: DataSet, split: Split, source: str) -> Measures:
    """Judge a program on a split, and let it run on by itself.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    some, spec = data.splits[split], data.spec
    judged = await judge.confirm(spec, source, some)
    run = await open_loop(judge.sandbox, judge.limits, spec, source, some) if judged.runs else None
    known = data.ceilings.get(split.value) if judge.metric is Metric.ACCURACY else None
    top = ceiling(some, judged.found.rows, spec) if spec.stochastic else known
    components = {component.value: judged.scores.component(component) for component in judged.scores.right}
    share = judged.reward if judged.runs else 0.0
    balanced = judged.scores.balanced if judged.runs else 0.0
    rewards, done = _rewards(judged, spec), _done(judged, spec)
    fault = "" if judged.runs else str(judged.found.fault)
    return Measures(split, len(judged.found.rows), share, top, balanced, components, *rewards, *done, run, fault)


def _rewards(judged: Judged, spec: EnvironmentSpec) -> tuple[float | None, float | None]:
    """Mean absolute error and share of right signs, over the rewards that were answered."""
    if spec.stochastic or not judged.runs:
        return None, None
    expected, got = judged.some.reward[judged.found.rows], judged.found.table[:, spec.observations.width]
    known = np.isfinite(got)
    if not known.any():
        return None, None
    with np.errstate(over="ignore"):
        return float(np.abs(expected - got)[known].mean()), float((np.sign(expected) == np.sign(got))[known].mean())


def _done(judged: Judged, spec: EnvironmentSpec) -> tuple[float | None, float | None]:
    """Precision and recall of predicted ends; ``None`` where nothing was predicted or nothing ended."""
    if spec.stochastic or not judged.runs:
        return None, None
    expected = judged.some.terminated[judged.found.rows]
    got = judged.found.table[:, spec.observations.width + 1] == 1.0
    right = float((expected & got).sum())
    return right / got.sum() if got.any() else None, right / expected.sum() if expected.any() else None
