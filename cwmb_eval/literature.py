"""The numbers of arXiv 2405.15383, and runs of ours beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from cwmb_eval.catalog import Family, entries
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.planning.keeping import kept
from cwmb_eval.planning.table import Row as Returns
from cwmb_eval.sources import find_source
from cwmb_eval.transitions import Split
from gifmcts.errors import UsageError
from gifmcts.manifest import essentials
from gifmcts.records import GradeRow, Summary
from gifmcts.report import Scored
from gifmcts.seams import Literature
from gifmcts.store import RunFolder
from gifmcts.types import Label

HEADER: Final = ("setting", "method", "whose", "model", "calls", "metric", "environments", "accuracy", "ceiling", "R")


@dataclass(frozen=True, slots=True)
class Number:
    """A row of the paper's tables: accuracy by its released metric, and normalised return."""

    setting: str
    method: str
    model: str
    calls: int
    environments: int
    accuracy: float
    normalised: float


_LLAMA, _GPT = "Llama 3 70B", "GPT-4 Turbo"
NUMBERS: Final = (
    Number("discrete", "gif-mcts", _LLAMA, 50, 6, 0.84, 0.76),
    Number("discrete", "gif-mcts", _GPT, 10, 6, 0.91, 0.81),
    Number("discrete", "worldcoder", _LLAMA, 50, 6, 0.79, 0.60),
    Number("discrete", "worldcoder", _GPT, 10, 6, 0.87, 0.79),
    Number("continuous", "gif-mcts", _LLAMA, 50, 12, 0.35, 0.22),
    Number("continuous", "gif-mcts", _GPT, 10, 12, 0.40, 0.26),
    Number("continuous", "worldcoder", _LLAMA, 50, 12, 0.32, 0.19),
    Number("continuous", "worldcoder", _GPT, 10, 12, 0.24, 0.20),
    Number("RTFM", "gif-mcts", _GPT, 50, 1, 1.00, 1.00),
    Number("RTFM", "worldcoder", _GPT, 50, 1, 0.64, -0.06),
)
CEILINGS: Final = {
    "CartPole": 1.0,
    "CliffWalking": 1.0,
    "MountainCar": 0.999,
    "Taxi": 0.999,
    "Acrobot": 1.0,
    "Pendulum": 0.667,
    "Reacher": 0.647,
    "Pusher": 0.647,
    "InvertedPendulum": 0.991,
    "InvertedDoublePendulum": 0.647,
    "HalfCheetah": 0.663,
    "Hopper": 0.662,
    "Swimmer": 0.663,
    "Walker2d": 0.522,
    "Ant": 0.633,
}
"""What the true simulators score by the released metric on the published transitions (gymnasium 0.29.1, mujoco 2.3.7)."""
NOTES: Final = (
    "accuracy is the mean over environments of the score of the chosen programs. The paper's is by its released metric (cwm2024), on the "
    "transitions that the search saw; ours is by the metric that the row names, held-out where the transitions are split. Numbers of "
    "different metrics cannot be compared; --published DIR --metric cwm2024 asks as the paper did.",
    "The ceiling is what the true simulators score by the same metric on the same transitions. By cwm2024 it is far below 1 for continuous "
    "environments, since rewards that were stored as 32-bit floats are compared exactly: the published 0.24 to 0.40 are to be read "
    "against it. It is unknown where a number stands for fewer environments.",
    "R is the normalised return of planning with the chosen programs: 0 is chance, 1 the planner with the true environment. Ours are "
    "there once `gifmcts cwmb plan RUN` has played.",
)


def literature(runs: Sequence[RunFolder]) -> Literature:
    """Method by setting: the paper's rows, and below them those of runs.

    Raises:
        StoreError: a folder cannot be read.
    """
    settings = list(dict.fromkeys(number.setting for number in NUMBERS))
    rows = [(number.setting, number.method, 0, _published(number)) for number in NUMBERS]
    for run in runs:
        for setting, cells in _ours(run).items():
            settings += [] if setting in settings else [setting]
            rows.append((setting, cells[1], 1, cells))
    rows.sort(key=lambda row: (settings.index(row[0]), row[1], row[2]))
    return Literature("Beside the numbers of arXiv 2405.15383", HEADER, [cells for *_, cells in rows], NOTES)


def _published(number: Number) -> tuple[str, ...]:
    members = [name for name in CEILINGS if _family_setting(name) == number.setting]
    about = (number.setting, number.method, "paper", number.model, str(number.calls), f"{Metric.CWM2024.value}, oracle")
    return (
        *about,
        str(number.environments),
        f"{number.accuracy:.2f}",
        _mean(CEILINGS, members, number.environments),
        f"{number.normalised:.2f}",
    )


def _ours(run: RunFolder) -> dict[str, tuple[str, ...]]:
    """A row for each setting that the run has judged environments of."""
    manifest = run.manifest()
    asked = essentials(manifest, run.name)
    metric = Metric(str(asked.options.get("metric", Metric.ACCURACY.value)))
    summaries, grades = run.summaries(), run.grades()
    judged = {name: grade for name, row in sorted(summaries.items()) if (grade := _chosen(row, grades.get(name, []))) is not None}
    tops = _ceilings(asked.options, metric, {name: summaries[name].label for name in judged})
    returns = kept(run, judged)
    found: dict[str, tuple[str, ...]] = {}
    for setting in dict.fromkeys(_setting(summaries[name]) for name in judged):
        names = [name for name in judged if _setting(summaries[name]) == setting]
        labels = ", ".join(sorted({summaries[name].label.value for name in names}))
        whose = f"{run.name}{' (SIMULATED)' if manifest.simulated else ''}"
        about = (setting, asked.strategy, whose, asked.model, str(asked.budget), f"{metric.value}, {labels}", str(len(names)))
        accuracy = fmean(judged[name].reward for name in names)
        found[setting] = (
            *about,
            f"{accuracy:.3f}",
            _mean(tops, names, len(names)),
            _normalised([returns[name] for name in names if name in returns]),
        )
    return found


def _chosen(summary: Summary, grades: list[GradeRow]) -> GradeRow | None:
    """The grade of the chosen program of a judged environment."""
    scored = Scored(summary, grades)
    return None if scored.unjudged else scored.chosen


def _setting(summary: Summary) -> str:
    return summary.task if summary.task.startswith("RTFM") else summary.group


def _family_setting(name: str) -> str:
    (entry,) = entries([name])
    return "continuous" if entry.family is Family.MUJOCO or name == "Pendulum" else "discrete"


def _ceilings(options: Mapping[str, object], metric: Metric, labels: Mapping[str, Label]) -> dict[str, float]:
    """By environment, of the split that scores; without those of which it is unknown."""
    if metric is Metric.CWM2024:
        return {name: CEILINGS[plain] for name in labels if (plain := name.partition("-v")[0]) in CEILINGS and options.get("published")}
    data = options.get("data")
    try:
        source = find_source(None if data is None else Path(str(data)), None)
        known = source.select(None)
        sets = {name: source.load(name).ceilings for name in labels if known.get(name)}
    except UsageError:
        return {}
    split = {Label.HELD_OUT: Split.HELD_OUT.value}
    return {name: tops[part] for name, tops in sets.items() if (part := split.get(labels[name], Split.SEARCH.value)) in tops}


def _mean(tops: Mapping[str, float], names: Iterable[str], count: int) -> str:
    """The mean ceiling; of how many it is known, where not of all."""
    known = [tops[name] for name in names if name in tops]
    if not known:
        return "–"
    return f"{fmean(known):.3f}" + (f" ({len(known)} of {count})" if len(known) < count else "")


def _normalised(returns: Sequence[Returns]) -> str:
    known = [row.normalised.value for row in returns if row.normalised.value is not None]
    if not known:
        return "undefined" if returns else "–"
    return f"{fmean(known):.2f} ({len(known)} of {len(returns)}, {', '.join(sorted({row.budget for row in returns}))})"
