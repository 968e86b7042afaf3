"""A run's problems are read once, then as they come, and say what its report says."""

from pathlib import Path

import pytest
from finished_runs import finished

from gifmcts.errors import StoreError
from gifmcts.index import Outcome, RunIndex
from gifmcts.report import report
from gifmcts.settings import Grading
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions


def index(path: Path) -> RunIndex:
    made = RunIndex(RunFolder(path))
    made.refresh()
    return made


def test_the_numbers_are_those_of_the_report(tmp_path: Path) -> None:
    """Shares, digest and whether the run is complete, though no test of a grade was read."""
    folder = finished(tmp_path / "run", mistakes=0.05, options=TinyOptions(problems=12, lines=5), budget=6)
    made, told = index(folder.path), report(folder)
    assert made.shares() == told.shares
    assert 0 < sum(share.hits for share in told.shares.values()) < told.problems
    assert made.digest == told.digest
    assert made.complete == told.complete
    assert [entry.task for entry in made.entries()] == [f"tiny-{number}" for number in range(12)]


def test_a_grade_is_read_from_its_place(tmp_path: Path) -> None:
    """Each with all its tests, as the whole file gives it."""
    folder = finished(tmp_path / "run", budget=6, grade=Grading.ALL)
    made = index(folder.path)
    for task, rows in folder.grades().items():
        assert [made.grade(task, row.attempt) for row in rows] == rows
    assert made.grade("tiny-0", 99) is None


def test_what_is_added_is_seen_and_nothing_else_is_read_again(tmp_path: Path) -> None:
    """An index that followed a run knows what one knows that began at its end; a torn line is waited for."""
    whole = finished(tmp_path / "whole", budget=4).path
    path = tmp_path / "grown"
    (path / "trees").mkdir(parents=True)
    (path / "config.json").write_bytes((whole / "config.json").read_bytes())
    following = index(path)
    assert following.entries() == []
    for name in ("grades.jsonl", "summary.jsonl"):
        data = (whole / name).read_bytes()
        for cut in (len(data) // 3, 2 * len(data) // 3, len(data)):
            (path / name).write_bytes(data[:cut])
            following.refresh()
    assert following.entries() == index(whole).entries()
    assert following.digest == index(whole).digest


def test_a_run_that_is_begun_afresh_is_read_afresh(tmp_path: Path) -> None:
    """Nothing of the old run is left."""
    path = finished(tmp_path / "run", budget=4).path
    made = index(path)
    for name in ("summary.jsonl", "grades.jsonl"):
        (path / name).write_bytes(b"")
    for file in (path / "trees").iterdir():
        file.unlink()
    made.refresh()
    assert made.entries() == []


def test_a_begun_problem_is_listed_with_its_calls(tmp_path: Path) -> None:
    """From the head of its tree; a tree without a head is no problem yet."""
    folder = finished(tmp_path / "run", budget=4)
    header, attempts = folder.tree("tiny-3")
    with folder.claim(folder.manifest()):
        file = folder.open_tree(Tiny(TinyOptions(lines=10)).task(7), header.config)
        file.append(attempts[0])
        file.close()
    (folder.path / "trees" / "tiny-8.jsonl").write_bytes(b'{"task":')
    found = index(folder.path).entry("tiny-7")
    assert found is not None
    assert (found.outcome, found.calls, found.group) == (Outcome.SEARCHING, 1, "tiny")
    assert index(folder.path).entry("tiny-8") is None
    assert not index(folder.path).complete


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """By its file and place."""
    path = finished(tmp_path / "run", budget=2).path
    with (path / "grades.jsonl").open("ab") as file:
        file.write(b"{nonsense\n")
    with pytest.raises(StoreError, match=r"grades\.jsonl, byte \d+"):
        index(path)
