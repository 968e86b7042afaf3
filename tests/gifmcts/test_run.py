"""Runs over many tasks: graded, resumable, limited, and honest about what could not be judged."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
from scripted import Scripted, scrambled

from gifmcts.assembly import plan
from gifmcts.errors import JudgingFailed, ModelUnavailable
from gifmcts.models.catalog import ModelSettings
from gifmcts.records import GradeRow, Summary
from gifmcts.report import Report, as_json, report
from gifmcts.run import Limits, Run, grade_recorded
from gifmcts.seams import LanguageModel, Task
from gifmcts.settings import Grading, RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions, TinyTask
from gifmcts.types import Attempt, Chat, Completion, Evaluation, Label, Program, Refusal, Sampling


@dataclass
class Notes:
    """An observer that remembers."""

    committed_new: int = 0
    finished_tasks: list[str] = field(default_factory=list)
    refused_tasks: list[str] = field(default_factory=list)

    def found(self, task: Task, done: bool) -> None: ...
    def committed(self, task: Task, attempt: Attempt, again: bool) -> None:
        self.committed_new += not again

    def finished(self, summary: Summary, grades: list[GradeRow]) -> None:
        self.finished_tasks.append(summary.task)

    def refused(self, refusal: Refusal) -> None:
        self.refused_tasks.append(refusal.id)


def go(
    path: Path,
    tiny: Tiny | None = None,
    model: LanguageModel | None = None,
    limits: Limits = Limits(),
    notes: Notes | None = None,
    **settings: object,
) -> tuple[Report, str | None]:
    tiny = tiny or Tiny(TinyOptions(problems=5, lines=10))
    chosen = RunSettings(concurrency=3, budget=12, **settings)  # type: ignore[arg-type]
    prepared = plan(tiny, TinyOptions(), chosen, SamplingSettings(), ModelSettings())
    setting = replace(prepared.setting, model=model or Scripted(tiny, 0.6))
    with RunFolder(path).claim(prepared.manifest) as folder:
        run = Run(tiny, prepared.strategy, setting, folder, notes or Notes(), prepared.grading, limits)
        stopped = asyncio.run(run.go(chosen.concurrency))
    return report(RunFolder(path)), stopped


def test_a_run_is_the_same_whatever_the_timing(tmp_path: Path) -> None:
    """Two runs with answers in another order have the same digest and the same numbers."""
    tiny = Tiny(TinyOptions(problems=5, lines=10))
    results = [go(tmp_path / str(seed), tiny, Scripted(tiny, 0.6, scrambled(Random(seed))), window=4)[0] for seed in range(2)]
    assert results[0].digest == results[1].digest
    assert results[0].shares == results[1].shares


def test_a_run_that_lost_its_server_goes_on(tmp_path: Path) -> None:
    """The second start asks only for what is missing and ends with the digest of a run never cut."""
    whole, _ = go(tmp_path / "whole")
    tiny = Tiny(TinyOptions(problems=5, lines=10))

    class Dying(Scripted):
        async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
            if self.calls == 17:
                raise ModelUnavailable("the server is gone")
            return await super().complete(chat, sampling, seed)

    with pytest.raises(ModelUnavailable, match="the server is gone"):
        go(tmp_path / "cut", tiny, Dying(tiny, 0.6))
    notes = Notes()
    again, _ = go(tmp_path / "cut", notes=notes)
    assert again.digest == whole.digest
    assert whole.calls - 17 <= notes.committed_new < whole.calls


def test_a_finished_run_is_not_repeated(tmp_path: Path) -> None:
    """No call is made the second time."""
    first, _ = go(tmp_path / "run")
    notes = Notes()
    second, _ = go(tmp_path / "run", notes=notes)
    assert notes == Notes()
    assert second == first


def test_a_token_limit_stops_and_continues(tmp_path: Path) -> None:
    """A run stopped by its limit says which, and ends as if never stopped."""
    whole, _ = go(tmp_path / "whole")
    part, stopped = go(tmp_path / "run", limits=Limits(tokens=1500))
    assert stopped == "--max-tokens-total 1500"
    assert part.calls < whole.calls
    rest, stopped = go(tmp_path / "run")
    assert stopped is None
    assert rest.digest == whole.digest


class Unlucky(Tiny):
    """A benchmark with a task that cannot be posed and one that cannot be judged."""

    async def tasks(self) -> AsyncIterator[Task | Refusal]:
        yield Refusal("broken", "it has no tests")
        async for task in super().tasks():
            yield Unjudgeable(task.id, task.target) if task.id == "tiny-2" and isinstance(task, TinyTask) else task


class Unjudgeable(TinyTask):
    """A task whose judge is out of order."""

    async def evaluate(self, program: Program) -> Evaluation:
        raise JudgingFailed("the sandbox is gone")


def test_what_cannot_be_judged_is_reported_and_stops_nothing(tmp_path: Path) -> None:
    """The other tasks are finished, the numbers leave it out, and the next start tries it again."""
    result, _ = go(tmp_path / "run", Unlucky(TinyOptions(problems=5, lines=10)))
    assert result.unjudged == {"tiny-2": "the sandbox is gone"}
    assert result.refused == {"broken": "it has no tests"}
    assert result.shares[Label.HELD_OUT].n == 4
    assert as_json(result, "run")["unjudged"] == 1
    again, _ = go(tmp_path / "run")
    assert (again.unjudged, again.shares[Label.HELD_OUT].n) == ({}, 5)


def test_pass_at_k_grades_every_sample(tmp_path: Path) -> None:
    """Best-of-n with pass@k never stops early and prints the unbiased estimate."""
    tiny = Tiny(TinyOptions(problems=5, lines=3))
    result, _ = go(tmp_path / "run", tiny, Scripted(tiny, 0.3), strategy="best-of-n", pass_at=(1, 5))
    assert result.calls == 60
    rows = RunFolder(tmp_path / "run").grades()
    assert {len(some) for some in rows.values()} == {12}
    passing = sum(row.solved for some in rows.values() for row in some)
    assert 0 < passing < 60
    values = result.pass_at[Label.HELD_OUT]
    assert values[1] == pytest.approx(passing / 60)
    assert values[5] > values[1]


@pytest.mark.parametrize("grading", list(Grading))
def test_grading_chooses_what_is_graded(tmp_path: Path, grading: Grading) -> None:
    """The chosen program's number does not depend on it."""
    whole, _ = go(tmp_path / "whole", grade=Grading.ALL)
    some, _ = go(tmp_path / "some", grade=grading)
    assert some.shares == whole.shares
    rows = RunFolder(tmp_path / "some").grades()
    assert bool(some.within) == (grading is not Grading.BEST)
    if some.within:
        assert some.within == whole.within
        assert some.within[Label.HELD_OUT][-1] == some.shares[Label.HELD_OUT].hits
    assert sum(map(len, rows.values())) <= whole.calls


def test_what_was_not_graded_can_be_graded_later(tmp_path: Path) -> None:
    """Grading a recorded run asks no model and ends with the rows of a run that graded all."""
    go(tmp_path / "whole", grade=Grading.ALL)
    go(tmp_path / "some", grade=Grading.BEST)
    folder = RunFolder(tmp_path / "some")
    before = sum(map(len, folder.grades().values()))
    added = asyncio.run(grade_recorded(Tiny(TinyOptions(problems=5, lines=10)), folder, Grading.ALL))
    assert folder.grades() == RunFolder(tmp_path / "whole").grades()
    assert added == sum(map(len, folder.grades().values())) - before > 0


@pytest.mark.parametrize("damage", ["truncated", "removed", "longer"])
def test_a_damaged_tree_is_noticed_and_mended(tmp_path: Path, damage: str) -> None:
    """A digest never certifies a file that has changed; the same run searches again what is missing."""
    whole, _ = go(tmp_path / "run")
    file = tmp_path / "run" / "trees" / "tiny-1.jsonl"
    data = file.read_bytes()
    if damage == "removed":
        file.unlink()
    else:
        file.write_bytes(data[: len(data) // 2] if damage == "truncated" else data + b"x")
    assert report(RunFolder(tmp_path / "run")).damaged == ("tiny-1",)
    again, _ = go(tmp_path / "run")
    assert (again.damaged, again.digest) == ((), whole.digest)
    assert file.read_bytes().count(b"\n") == data.count(b"\n")


def test_lost_grades_are_made_again(tmp_path: Path) -> None:
    """A tree without the grade of its chosen program is not finished."""
    whole, _ = go(tmp_path / "run")
    (tmp_path / "run" / "grades.jsonl").write_text("")
    notes = Notes()
    again, _ = go(tmp_path / "run", notes=notes)
    assert (again.shares, again.digest, notes.committed_new) == (whole.shares, whole.digest, 0)
