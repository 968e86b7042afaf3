"""The table of an ablation: every arm against the baseline, over the problems that all arms have judged with every seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from gifmcts.manifest import differences
from gifmcts.metrics import wilson
from gifmcts.paired import Paired, holm, paired
from gifmcts.records import Summary
from gifmcts.report import Scored
from gifmcts.store import RunFolder
from gifmcts.types import Label


@dataclass(frozen=True, slots=True)
class ArmRuns:
    """An arm and its runs, one a seed."""

    name: str
    question: str
    runs: Sequence[RunFolder]


@dataclass(frozen=True, slots=True)
class ArmRow:
    """An arm's results over the problems of one label."""

    name: str
    question: str
    changed: Mapping[str, tuple[object, object]]
    """The keys of the configuration, but for the seed, in which its runs differ from the baseline's, with both values."""
    accuracy: float
    """The mean over problems of the share of seeds whose chosen program passes every test."""
    interval: tuple[float, float]
    """The Wilson interval of the accuracy at the 95 % level, problems being the trials."""
    against: Paired | None
    """The arm against the baseline; ``None`` of the baseline itself."""
    holm: float | None
    """The p of McNemar's test, adjusted over all arms of the table."""
    calls: float
    """The mean over problems and seeds."""
    tokens: float
    """Prompt and completion tokens: the mean over problems and seeds."""


@dataclass(frozen=True, slots=True)
class AblationTable:
    """All arms over the problems of one label, the baseline first."""

    label: Label
    problems: int
    seeds: int
    rows: Sequence[ArmRow]


@dataclass(frozen=True, slots=True)
class Ablation:
    """What an ablation came to, by label, and which problems are in no table."""

    tables: Sequence[AblationTable]
    left_out: Mapping[str, str]
    """Problems that some run has not judged, with the reason."""
    runs: Mapping[str, Sequence[str]]
    """The names of each arm's runs, one a seed."""
    simulated: bool


def tabulate(arms: Sequence[ArmRuns], seed: int = 0) -> Ablation:
    """The tables of finished runs, the first arm being the baseline; ``seed`` is the bootstrap's.

    Raises:
        StoreError: a folder is damaged.
    """
    found = [[_scored(run) for run in arm.runs] for arm in arms]
    left_out: dict[str, str] = {}
    labels: dict[Label, list[str]] = {}
    for task in sorted({task for runs in found for problems in runs for task in problems}):
        missing = [
            run.name for arm, runs in zip(arms, found, strict=True) for run, known in zip(arm.runs, runs, strict=True) if task not in known
        ]
        if missing:
            left_out[task] = f"not judged in {', '.join(missing[:3])}" + (f" and {len(missing) - 3} more runs" if len(missing) > 3 else "")
        else:
            labels.setdefault(found[0][0][task].summary.label, []).append(task)
    changed = [_changed(arms[0].runs[0], arm.runs[0]) for arm in arms]
    tables = [_table(label, labels[label], arms, found, changed, seed) for label in Label if label in labels]
    names = {arm.name: [run.name for run in arm.runs] for arm in arms}
    return Ablation(tables, left_out, names, any(run.manifest().simulated for arm in arms for run in arm.runs))


def _changed(baseline: RunFolder, run: RunFolder) -> dict[str, tuple[object, object]]:
    """What the configurations of two runs of one seed differ in."""
    found = differences(baseline.manifest().config, run.manifest().config)
    return {key: values for key, values in found.items() if key != "seed"}


def _scored(run: RunFolder) -> dict[str, Scored]:
    """The judged problems of a run."""
    grades = run.grades()
    scored = {task: Scored(row, grades.get(task, [])) for task, row in run.summaries().items()}
    return {task: problem for task, problem in scored.items() if not problem.unjudged}


def _table(
    label: Label,
    tasks: Sequence[str],
    arms: Sequence[ArmRuns],
    found: Sequence[Sequence[Mapping[str, Scored]]],
    changed: Sequence[Mapping[str, tuple[object, object]]],
    seed: int,
) -> AblationTable:
    seeds = len(found[0])
    scores = [[fmean(float(known[task].solved) for known in runs) for task in tasks] for runs in found]
    against = [paired(scores[0], some, seed, seeds) for some in scores[1:]]
    adjusted = holm([result.p for result in against])
    rows = []
    for place, (arm, runs) in enumerate(zip(arms, found, strict=True)):
        costs = [known[task].summary for known in runs for task in tasks]
        rows.append(
            ArmRow(
                arm.name,
                arm.question,
                changed[place],
                fmean(scores[place]),
                wilson(min(sum(scores[place]), len(tasks)), len(tasks)),
                against[place - 1] if place else None,
                adjusted[place - 1] if place else None,
                fmean(row.attempts for row in costs),
                fmean(map(_tokens, costs)),
            )
        )
    return AblationTable(label, len(tasks), seeds, rows)


def _tokens(row: Summary) -> int:
    return row.prompt_tokens + row.completion_tokens
