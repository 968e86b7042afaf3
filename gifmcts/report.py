"""What a run's folder says, computed from summaries and grades alone: every number with its label."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gifmcts.errors import StoreError
from gifmcts.manifest import Manifest, essentials
from gifmcts.metrics import Share, pass_at_k, solved_within
from gifmcts.records import GradeRow, Summary, run_digest
from gifmcts.starts import Start, noted, together
from gifmcts.store import RunFolder
from gifmcts.types import Attempt, Completion, Label
from gifmcts.waits import Place

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Scored:
    """One judged problem: its row, the grades of its programs, and whether the chosen program passes every test."""

    summary: Summary
    grades: list[GradeRow]

    @property
    def chosen(self) -> GradeRow | None:
        """The grade of the chosen program."""
        return next((row for row in self.grades if row.attempt == self.summary.best), None)

    @property
    def solved(self) -> bool:
        """Whether the chosen program passes every test, those that the search did not see included."""
        return self.chosen is not None and self.chosen.solved

    @property
    def unjudged(self) -> bool:
        """Whether the chosen program, through no fault of its own, has no grade."""
        return self.summary.end == "unjudged" or self.chosen is None or self.chosen.unjudged


@dataclass(frozen=True, slots=True)
class Report:
    """A run's numbers; shares are over judged problems of one label, which is never mixed with another."""

    name: str
    manifest: Manifest
    problems: int
    """Finished trees."""
    shares: Mapping[Label, Share]
    by_group: Mapping[str, Mapping[Label, Share]]
    within: Mapping[Label, list[int]]
    """How many problems are solved by the program chosen after b = 1 … budget calls; empty where only the last was graded."""
    pass_at: Mapping[Label, Mapping[int, float]]
    test_share: Mapping[Label, float]
    """The mean reward of the chosen programs, such as the share of scoring tests that they pass."""
    test_share_by_group: Mapping[str, Mapping[Label, float]]
    gap: tuple[int, int]
    """Of the held-out problems: how many pass every visible test, and how many of those pass all."""
    unjudged: Mapping[str, str]
    refused: Mapping[str, str]
    exhausted: int
    """How many searches ended because the strategy had nothing left to offer."""
    tokens: tuple[int, int, int]
    """Prompt, completion and cached tokens."""
    seconds: tuple[float, float]
    """Summed over calls: model and evaluation."""
    calls: int
    verdicts: Mapping[str, int]
    """Over the tests of the chosen programs."""
    digest: str
    took: Start = field(default_factory=Start)
    """All starts together: what the searches waited for, and what servers told of their work."""
    duplicates: int = 0
    """How many calls wrote a program that their tree had already, and were not evaluated again."""
    near_limit: tuple[int, int] = (0, 0)
    """How many tests of how many chosen programs ended by themselves, near the time limit: another machine may decide otherwise."""
    budget: int = 0
    unfinished: int = 0
    """Trees that are begun and not finished."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Trees that are not finished and cannot be read, with their reasons: their searches cannot go on."""
    damaged: tuple[str, ...] = ()
    """Finished trees whose files are no longer what they were: their digests certify nothing."""
    complete: bool = True
    """Whether every problem of the data was reached."""

    @property
    def headline(self) -> Label:
        """Whose share is the run's number."""
        return headline(self.shares)


def headline(labels: Container[Label]) -> Label:
    """Whose share is a run's number: held-out where the protocol holds tests out, otherwise oracle."""
    return Label.ORACLE if Label.ORACLE in labels else Label.HELD_OUT


def report(folder: RunFolder) -> Report:
    """Compute a run's report from its rows; only trees that are begun and unfinished are read, for what they cost.

    Raises:
        StoreError: the folder cannot be read.
    """
    manifest, summaries, grades = folder.manifest(), folder.summaries(), folder.grades()
    asked = essentials(manifest, folder.name)
    begun, unreadable = _begun(folder, summaries)
    spent = [attempt.completion for attempts in begun.values() for attempt in attempts]
    problems = [Scored(row, grades.get(task, [])) for task, row in sorted(summaries.items())]
    judged = [problem for problem in problems if not problem.unjudged]
    held_out = [problem for problem in judged if problem.summary.label is Label.HELD_OUT]
    visible = [problem for problem in held_out if problem.summary.solved_at is not None]
    groups = {group: [one for one in judged if one.summary.group == group] for group in sorted({one.summary.group for one in judged})}
    verdicts: Counter[str] = Counter()
    for problem in judged:
        if problem.chosen:
            verdicts.update(problem.chosen.verdicts)
    near = [problem.chosen.near_limit for problem in judged if problem.chosen and problem.chosen.near_limit]
    return Report(
        name=folder.name,
        manifest=manifest,
        problems=len(problems),
        shares=_by_label(judged, _share),
        by_group={group: _by_label(some, _share) for group, some in groups.items()},
        within={} if manifest.config.get("grade") == "best" else _by_label(judged, lambda some: _within(some, asked.budget)),
        pass_at=_by_label(judged, lambda some: _pass_at(some, asked.pass_at)),
        test_share=_by_label(judged, _reward),
        test_share_by_group={group: _by_label(some, _reward) for group, some in groups.items()},
        gap=(len(visible), sum(problem.solved for problem in visible)),
        unjudged={problem.summary.task: problem.summary.why or "no verdict" for problem in problems if problem.unjudged},
        refused=folder.refusals(),
        exhausted=sum(problem.summary.end == "exhausted" for problem in problems),
        tokens=_tokens([*summaries.values(), *spent]),
        seconds=(sum(row.model_seconds for row in summaries.values()), sum(row.evaluate_seconds for row in summaries.values())),
        calls=sum(row.attempts for row in summaries.values()) + len(spent),
        verdicts=dict(verdicts.most_common()),
        digest=run_digest({task: row.digest for task, row in summaries.items()}),
        took=together(noted(folder.path)),
        duplicates=sum(row.duplicates for row in summaries.values()),
        near_limit=(sum(near), len(near)),
        budget=asked.budget,
        unfinished=len(begun),
        damaged=tuple(sorted(task for task, row in summaries.items() if folder.damaged(row))),
        unreadable=unreadable,
        complete=folder.complete and not begun and not unreadable,
    )


def _begun(folder: RunFolder, finished: Container[str]) -> tuple[dict[str, list[Attempt]], dict[str, str]]:
    """The attempts of trees that are begun and not finished, and why others cannot be read."""
    begun: dict[str, list[Attempt]] = {}
    unreadable: dict[str, str] = {}
    for task in folder.tasks():
        if task not in finished:
            try:
                begun[task] = folder.tree(task)[1]
            except StoreError as error:
                unreadable[task] = str(error)
    return begun, unreadable


def _tokens(costs: Sequence[Summary | Completion]) -> tuple[int, int, int]:
    return sum(row.prompt_tokens for row in costs), sum(row.completion_tokens for row in costs), sum(row.cached_tokens for row in costs)


def _by_label(problems: Iterable[Scored], measure: Callable[[list[Scored]], Value]) -> dict[Label, Value]:
    """A measure for every label that occurs."""
    found: dict[Label, list[Scored]] = {}
    for problem in problems:
        found.setdefault(problem.summary.label, []).append(problem)
    return {label: measure(found[label]) for label in Label if label in found}


def _share(problems: list[Scored]) -> Share:
    return Share(sum(problem.solved for problem in problems), len(problems))


def _reward(problems: list[Scored]) -> float:
    return sum(problem.chosen.reward for problem in problems if problem.chosen) / len(problems)


def _within(problems: list[Scored], budget: int) -> list[int]:
    curves = [solved_within([(row.attempt, row.solved) for row in problem.grades if row.frontier], budget) for problem in problems]
    return [sum(curve[index] for curve in curves) for index in range(budget)]


def _pass_at(problems: list[Scored], wanted: Sequence[int]) -> dict[int, float]:
    values: dict[int, float] = {}
    for k in wanted:
        graded = [rows for problem in problems if (rows := problem.grades)]
        if short := [rows[0].task for rows in graded if len(rows) < k]:
            raise StoreError(f"pass@{k} needs {k} graded programs of problem {short[0]}: give `gifmcts grade RUN --grade all`")
        scores = [pass_at_k(len(rows), sum(row.solved for row in rows), k) for rows in graded]
        values[k] = sum(scores) / len(scores) if scores else 0.0
    return values


def as_json(report: Report, run: str) -> dict[str, object]:
    """The one object that ``--json`` prints."""
    empty = Share(0, 0)
    main = report.shares.get(report.headline, empty)
    facts = report.manifest.config.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    load = report.took.server
    return {
        "run": run,
        "problems": report.problems,
        "strict_accuracy": main.value,
        "interval": main.interval,
        "held_out": _counts(report.shares.get(Label.HELD_OUT, empty)),
        "oracle_only": _counts(report.shares.get(Label.ORACLE_ONLY, empty)),
        "oracle": _counts(report.shares.get(Label.ORACLE, empty)),
        "by_difficulty": {
            group: {label.value: _counts(share) for label, share in shares.items()} for group, shares in report.by_group.items()
        },
        "solved_within": {label.value: curve for label, curve in report.within.items()},
        "pass_at_k": {label.value: values for label, values in report.pass_at.items() if values},
        "scoring": {"reward": report.manifest.scoring.reward, "solved": report.manifest.scoring.solved},
        "test_case_average": {label.value: value for label, value in report.test_share.items()},
        "protocol": facts.get("protocol"),
        "facts": facts,
        "preset": report.manifest.config.get("preset"),
        "model": report.manifest.config.get("model"),
        "simulated": report.manifest.simulated,
        "unjudged": len(report.unjudged),
        "refused": report.refused,
        "unfinished": report.unfinished,
        "unreadable": report.unreadable,
        "complete": report.complete,
        "damaged": list(report.damaged),
        "exhausted": report.exhausted,
        "calls": report.calls,
        "tokens": dict(zip(("prompt", "completion", "cached"), report.tokens, strict=True)),
        "seconds": dict(zip(("model", "evaluate"), report.seconds, strict=True)),
        "waited": {place.value: getattr(report.took, place.value) for place in Place},
        "server": {"prefix_cache_hit_share": load.hit_share, "mean_running_batch": load.mean_running} if load else None,
        "verdicts": report.verdicts,
        "duplicates": report.duplicates,
        "near_limit": dict(zip(("tests", "programs"), report.near_limit, strict=True)),
        "digest": report.digest,
    }


def _counts(share: Share) -> dict[str, int]:
    return {"n": share.n, "solved": share.hits}
