"""Two runs are compared over the problems of both, settings first."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from finished_runs import finished
from scripted import Scripted

from gifmcts.cli.comparing import compare as command
from gifmcts.cli.contrasting import print_part
from gifmcts.comparison import compare
from gifmcts.errors import UsageError
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Chat, Completion, Label, Sampling

MANY = TinyOptions(problems=12, lines=4)


class Lucky(Scripted):
    """A model that makes no mistake in problems of even number."""

    def __init__(self, benchmark: Tiny, mistakes: float) -> None:
        super().__init__(benchmark, mistakes)
        self._right = Scripted(benchmark, 0.0)

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        even = int(chat.task.removeprefix("tiny-")) % 2 == 0
        return await (self._right.complete(chat, sampling, seed) if even else super().complete(chat, sampling, seed))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, RunFolder]:
    """A run that solves nothing, and one that solves every second problem."""
    place = tmp_path_factory.mktemp("runs")
    return finished(place / "weak", Scripted, 1.0, MANY, budget=8), finished(place / "lucky", Lucky, 1.0, MANY, budget=12, window=2)


def test_flips_differences_and_tests_are_those_of_the_problems(runs: tuple[RunFolder, RunFolder]) -> None:
    """Six of twelve are gained and none is lost: p is 1/32, and a difference of a half is seen."""
    found = compare(*runs)
    part = found.parts[Label.HELD_OUT]
    even = tuple(sorted(f"tiny-{number}" for number in range(0, 12, 2)))
    assert (part.gained, part.lost) == (even, ())
    assert (part.overall.n, part.overall.first, part.overall.second, part.overall.difference) == (12, 0.0, 0.5, 0.5)
    assert part.overall.p == part.holm == pytest.approx(1 / 32)
    assert 0 < part.overall.interval[0] < 0.5 < part.overall.interval[1]
    assert found.settings == {"budget": (8, 12), "window": (1, 2)}
    assert (found.simulated, found.left_out) == (True, {})


def test_budgets_are_compared_call_by_call_token_by_token(runs: tuple[RunFolder, RunFolder]) -> None:
    """The last line of every table is the whole, what is solved never falls here, and each table is a family of its own."""
    part = compare(*runs).parts[Label.HELD_OUT]
    assert [row.limit for row in part.within["calls"]] == [1, 2, 5, 10, 12]
    for what in ("calls", "tokens", "seconds"):
        rows = part.within[what]
        assert (rows[-1].paired.first, rows[-1].paired.second) == (part.overall.first, part.overall.second)
        assert [row.paired.second for row in rows] == sorted(row.paired.second for row in rows)
        assert all(row.paired.p <= row.holm <= min(1.0, len(rows) * row.paired.p) for row in rows)
    assert part.within["tokens"][0].paired.n == 12


def test_a_run_against_itself_is_no_different(runs: tuple[RunFolder, RunFolder], capsys: pytest.CaptureFixture[str]) -> None:
    """No flips, no difference, no settings, and no interval that would look like certainty."""
    found = compare(runs[1], runs[1])
    part = found.parts[Label.HELD_OUT]
    assert (found.settings, part.gained, part.lost, part.overall.difference, part.overall.p) == ({}, (), (), 0.0, 1.0)
    print_part(part)
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("solved"))
    assert row.split()[1:7] == ["12", "50.0%", "50.0%", "+0.0", "–", "0"]


def test_only_problems_of_both_are_compared(tmp_path: Path, runs: tuple[RunFolder, RunFolder]) -> None:
    """What one run lacks, or has in another form, is left out with the reason; nothing in common is an error."""
    some = finished(tmp_path / "some", Scripted, 1.0, replace(MANY, problems=3), budget=2)
    found = compare(runs[0], some)
    assert found.parts[Label.HELD_OUT].overall.n == 3
    assert found.left_out == {task: "not among the problems of some" for task in runs[0].summaries() if task not in some.summaries()}
    other = finished(tmp_path / "other", Scripted, 1.0, TinyOptions(problems=3, lines=7), budget=2)
    with pytest.raises(UsageError, match="no judged problem in common .*tiny-0: another problem, or other visible tests"):
        compare(some, other)


def test_an_unfinished_run_is_named(tmp_path: Path, runs: tuple[RunFolder, RunFolder], capsys: pytest.CaptureFixture[str]) -> None:
    """Its problems were not drawn by chance: those that end early are the quicker ones."""
    place = tmp_path / "begun"
    shutil.copytree(runs[1].path, place)
    (place / "refusals.jsonl").unlink()
    (place / "summary.jsonl").write_text("".join((place / "summary.jsonl").read_text().splitlines(keepends=True)[:7]))
    assert command(str(runs[0].path), str(place)) == 0
    shown = capsys.readouterr().out
    assert "UNFINISHED: begun: what is compared" in shown
    assert shown.count("not finished in begun") == 5


def test_runs_of_two_benchmarks_are_not_compared(tmp_path: Path, runs: tuple[RunFolder, RunFolder]) -> None:
    """The message names both benchmarks, and no problem."""
    place = tmp_path / "elsewhere"
    shutil.copytree(runs[0].path, place)
    config = (place / "config.json").read_text()
    (place / "config.json").write_text(config.replace('"benchmark":"tiny"', '"benchmark":"huge"'))
    with pytest.raises(UsageError, match="weak is a run of tiny and elsewhere one of huge"):
        compare(runs[0], RunFolder(place))


def test_settings_are_printed_first(runs: tuple[RunFolder, RunFolder], capsys: pytest.CaptureFixture[str]) -> None:
    """Before any number; then the flips, the tables and what the columns mean; or one object."""
    assert command(str(runs[0].path), str(runs[1].path)) == 0
    shown = capsys.readouterr().out
    assert ["budget", "8", "12"] in [line.split() for line in shown.splitlines()]
    assert shown.index("SETTING") < shown.index("PROBLEMS") < shown.index("only the second solves") < shown.index("within calls")
    assert "only the second solves: tiny-0, tiny-10, tiny-2" in shown
    assert "McNemar, exact" in shown
    assert command(str(runs[0].path), str(runs[1].path), json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parts"]["held-out"]["overall"]["difference"] == 0.5
    assert found["settings"]["budget"] == [8, 12]


def test_what_an_edited_run_says_reaches_no_terminal(
    tmp_path: Path, runs: tuple[RunFolder, RunFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters of its configuration and of its name are spelt out, and a line stays a line."""
    edited = Path(shutil.copytree(runs[0].path, tmp_path / "odd\x1b[2J\nname"))
    manifest = json.loads((edited / "config.json").read_text())
    manifest["config"] |= {"model": "evil\x1b[31m\nsettings: the same\u202e", "key\x07": "\t"}
    (edited / "config.json").write_text(json.dumps(manifest))
    assert command(str(runs[0].path), str(edited)) == 0
    shown = capsys.readouterr().out
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert "evil\\x1b[31m\\nsettings: the same\\u202e" in shown
    assert "second  odd\\x1b[2J\\nname\n" in shown


def test_a_tree_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    """With the run that it is damaged in."""
    one, two = (finished(tmp_path / name, Scripted, 0.5, MANY, budget=4) for name in ("one", "two"))
    task = two.tasks()[0]
    os.truncate(two.path / "trees" / f"{task}.jsonl", 600)
    assert compare(one, two).left_out == {task: "its tree has changed since it was finished in two"}
