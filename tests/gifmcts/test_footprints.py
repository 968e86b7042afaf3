"""What tests took is recorded, reported, and no part of what a run is."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from scripted import Scripted

from gifmcts.assembly import plan
from gifmcts.cli.listing import show
from gifmcts.cli.rendering import print_report
from gifmcts.models.catalog import ModelSettings
from gifmcts.report import Report, as_json, report
from gifmcts.run import Run
from gifmcts.seams import Task
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions, TinyTask
from gifmcts.types import Attempt, Check, Evaluation, Footprint, Program, Refusal, Verdict

NEAR = Footprint(0.9, 5 << 20, 7, 1)


class Quiet:
    """An observer that does not look."""

    def found(self, task: Task, done: bool) -> None: ...
    def committed(self, task: Task, attempt: Attempt, again: bool) -> None: ...
    def finished(self, summary: object, grades: Sequence[object]) -> None: ...
    def refused(self, refusal: Refusal) -> None: ...


@dataclass(frozen=True)
class Measured(TinyTask):
    """A tiny task whose first line is near the time limit and whose other lines write to the error stream; times differ at will."""

    seconds: float = 0.0

    async def evaluate(self, program: Program) -> Evaluation:
        return self._measured(await TinyTask.evaluate(self, program))

    async def grade(self, program: Program) -> Evaluation:
        return self._measured(await TinyTask.grade(self, program))

    def _measured(self, result: Evaluation) -> Evaluation:
        others = Footprint(self.seconds, 1 << 20, 3, 0, "Traceback:\n  \x1b[31mline 1")
        return replace(result, footprints=(NEAR, *[others] * (len(result.checks) - 1)))


class Measuring(Tiny):
    """The tiny benchmark with such tasks."""

    def __init__(self, seconds: float) -> None:
        super().__init__(TinyOptions(problems=3))
        self._seconds = seconds

    def task(self, index: int) -> Measured:
        plain = super().task(index)
        return Measured(plain.id, plain.target, seconds=self._seconds)


def go(path: Path, tiny: Tiny) -> tuple[RunFolder, Report]:
    """A small run in a folder."""
    prepared = plan(tiny, TinyOptions(problems=3), RunSettings(budget=5), SamplingSettings(), ModelSettings())
    setting = replace(prepared.setting, model=Scripted(tiny, 0.3))
    with RunFolder(path).claim(prepared.manifest) as folder:
        asyncio.run(Run(tiny, prepared.strategy, setting, folder, Quiet(), prepared.grading).go(1))
    return RunFolder(path), report(RunFolder(path))


def test_several_tests_together() -> None:
    """Sums, the highest peak, and the first error stream that says something."""
    parts = (Footprint(1.0, 5, 7, 1), Footprint(0.5, 9, 1, 0, "first"), Footprint(0.25, 2, 0, 1, "second"))
    checks = tuple(Check(name, Verdict.WRONG) for name in "abc")
    assert Evaluation(0.0, None, checks, parts).footprint == Footprint(1.75, 9, 8, 2, "first")
    assert Evaluation(0.0, None, checks).footprint is None


def test_costs_are_recorded_and_outside_of_the_digest(tmp_path: Path) -> None:
    """Runs that took other times have one digest, the digest of a run that measured nothing."""
    runs = [go(tmp_path / str(number), tiny) for number, tiny in enumerate((Measuring(0.1), Measuring(0.2), Tiny(TinyOptions(problems=3))))]
    assert len({found.digest for _, found in runs}) == 1
    first, second, bare = (folder.tree("tiny-0")[1][0] for folder, _ in runs)
    assert first.footprint is not None
    assert second.footprint is not None
    lines = len(first.evaluation.checks)
    assert first.footprint.cpu_seconds == pytest.approx(0.9 + 0.1 * (lines - 1))
    assert second.footprint.cpu_seconds == pytest.approx(0.9 + 0.2 * (lines - 1))
    assert (first.footprint.near_limit, first.footprint.memory_bytes) == (1, 5 << 20)
    assert replace(first, footprint=None, seconds=0.0) == replace(bare, seconds=0.0)
    checks = runs[0][0].grades()["tiny-0"][-1].checks
    assert checks[0].footprint == NEAR
    assert [check.name for check in checks] == [f"line-{number}" for number in range(8)]
    assert all(check.footprint is None for check in runs[2][0].grades()["tiny-0"][-1].checks)


def test_a_report_says_how_many_tests_were_near_the_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One test of each of three chosen programs; nothing is said where there is none."""
    folder, found = go(tmp_path / "run", Measuring(0.1))
    assert found.near_limit == (3, 3)
    assert as_json(found, "run")["near_limit"] == {"tests": 3, "programs": 3}
    print_report(found, folder.path, False)
    assert "near the time limit: 3 tests of 3 programs (verdicts may differ on another machine)" in capsys.readouterr().out
    folder, found = go(tmp_path / "bare", Tiny(TinyOptions(problems=3)))
    print_report(found, folder.path, False)
    assert "near the time limit" not in capsys.readouterr().out


def test_an_attempt_is_shown_with_what_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All visible tests together, each test of the grade, and the end of the error stream with its control characters shown."""
    folder, _ = go(tmp_path / "run", Measuring(0.1))
    best = folder.summaries()["tiny-0"].best
    assert show(str(folder.path), "tiny-0", attempt=best) == 0
    shown = capsys.readouterr().out
    assert "  0.900 s of processor time, peak 5 MiB, near the time limit" in shown
    assert "  0.100 s of processor time, peak 1 MiB\n" in shown
    assert "all visible tests: 1.400 s of processor time, peak 5 MiB, near the time limit in 1 of them" in shown
    assert "    Traceback:\n      \\x1b[31mline 1\n" in shown
    assert "\x1b[31m" not in shown


def test_a_folder_of_before_is_read(tmp_path: Path) -> None:
    """Without costs in its lines it gives the same trees, grades and digests."""
    folder, found = go(tmp_path / "run", Tiny(TinyOptions(problems=3)))
    before = folder.tree("tiny-0")[1], folder.grades()
    for file in (*(folder.path / "trees").iterdir(), folder.path / "grades.jsonl"):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        old = [{key: value for key, value in row.items() if key != "footprint"} for row in rows]
        file.write_text("".join(json.dumps(row) + "\n" for row in old))
    assert (folder.tree("tiny-0")[1], folder.grades()) == before
    assert report(folder).digest == found.digest
    rows = [json.loads(line) for line in (folder.path / "grades.jsonl").read_text().splitlines()]
    bare = [{key: value for key, value in row.items() if key != "checks"} for row in rows]
    (folder.path / "grades.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bare))
    assert [row.checks for row in folder.grades()["tiny-0"]] == [()] * len(before[1]["tiny-0"])
    assert report(folder).near_limit == (0, 0)
