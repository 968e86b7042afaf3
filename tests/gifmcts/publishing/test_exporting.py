"""Every attempt is a row, in every form the same one."""

import csv
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import gifmcts
from datasets import load_dataset
from finished_runs import finished
from pyarrow import parquet

from gifmcts.errors import StoreError, UsageError
from gifmcts.publishing.exporting import Form, export
from gifmcts.publishing.rows import COLUMNS, Row, rows
from gifmcts.replaying import replayed
from gifmcts.settings import Grading
from gifmcts.store import RunFolder
from gifmcts.types import Label


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run with every program graded."""
    return finished(tmp_path_factory.mktemp("export") / "runs" / "one", mistakes=0.2, budget=8, grade=Grading.ALL)


def test_rows_say_what_the_tree_says(folder: RunFolder) -> None:
    """Where an attempt stands, what it was asked, and what its program is worth; each problem has one chosen row."""
    made = list(rows(folder))
    assert len(made) == sum(len(folder.tree(task)[1]) for task in folder.tasks())
    assert all(tuple(row) == tuple(COLUMNS) for row in made)
    for task in folder.tasks():
        _, attempts = folder.tree(task)
        tree = replayed(folder.manifest().config, attempts, task)
        mine = [row for row in made if row["task"] == task]
        for row, attempt in zip(mine, attempts, strict=True):
            node = next(node for node in tree.nodes if attempt.index in node.attempts)
            assert (row["node"], row["parent"], row["depth"]) == (node.id, node.parent, node.depth)
            assert json.loads(str(row["prompt"])) == [{"role": one.role, "content": one.content} for one in attempt.chat]
            assert row["program"] == (attempt.program.source if attempt.program else None)
            assert json.loads(str(row["verdicts"])) == {check.name: check.verdict for check in attempt.evaluation.checks}
            grade = next(grade for grade in folder.grades()[task] if grade.attempt == attempt.index)
            assert row["solved"] is grade.solved
        assert [row["attempt"] for row in mine if row["chosen"]] == [folder.summaries()[task].best]
    assert {row["label"] for row in made} == {Label.HELD_OUT}


def test_what_is_no_file_is_written_to_and_stays_what_it_is(folder: RunFolder, tmp_path: Path) -> None:
    """A pipe and a link, as a device would be."""
    place, pipe, link = folder.path.parent.parent, tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "target.jsonl")
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert gifmcts(place, "export", "one", "-o", str(pipe)).returncode == 0
        assert reader.stdout is not None
        assert len(reader.stdout.read().splitlines()) == len(list(rows(folder)))
    assert pipe.is_fifo()
    assert gifmcts(place, "export", "one", "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert (tmp_path / "target.jsonl").is_file()


def test_a_tree_that_was_cut_short_is_not_exported_in_silence(tmp_path: Path) -> None:
    """The problem is named, and no file is left."""
    run = finished(tmp_path / "runs" / "cut", budget=4)
    task = run.tasks()[0]
    os.truncate(run.path / "trees" / f"{task}.jsonl", 600)
    done = gifmcts(tmp_path, "export", "cut", "-o", "rows.jsonl")
    assert done.returncode == 1
    assert f"the tree of problem {task} in cut has changed since it was finished" in done.stderr
    assert not (tmp_path / "rows.jsonl").exists()


def test_every_form_has_the_same_rows(folder: RunFolder, tmp_path: Path) -> None:
    """Read back by the libraries that their readers would use."""
    made = [dict(row) for row in rows(folder)]
    place = folder.path.parent.parent
    for form in Form:
        done = gifmcts(place, "export", "one", "--to", form, "-o", str(tmp_path / form))
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{len(made)} attempts in {tmp_path / form}\n"
    assert [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()] == made
    with (tmp_path / "csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [{key: "" if value is None else str(value) for key, value in row.items()} for row in made]
    assert parquet.read_table(tmp_path / "parquet").to_pylist() == made
    loaded = load_dataset(str(tmp_path / "hf"), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.to_list() == made
    assert "SIMULATED" in (tmp_path / "hf" / "README.md").read_text()


def test_a_folder_that_was_there_adds_no_rows(folder: RunFolder, tmp_path: Path) -> None:
    """What else stands in it is left alone, and is not loaded."""
    made = list(rows(folder))
    other = tmp_path / "hf" / "data" / "other.parquet"
    for form, output in (("hf", tmp_path / "hf"), ("parquet", other), ("hf", tmp_path / "hf")):
        assert gifmcts(folder.path.parent.parent, "export", "one", "--to", form, "-o", str(output)).returncode == 0
    assert other.exists()
    assert len(load_dataset(str(tmp_path / "hf"), split="train", cache_dir=str(tmp_path / "cache"))) == len(made)


def test_every_column_is_described() -> None:
    """By the page on exports, in the order of the columns."""
    page = (Path(__file__).parents[3] / "docs" / "export.md").read_text().partition("## Experiment trackers")[0]
    described = [name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert described == list(COLUMNS)


def test_texts_go_to_standard_output(folder: RunFolder) -> None:
    """And a closed pipe is no error; other forms need a place."""
    place = folder.path.parent.parent
    done = gifmcts(place, "export", "one")
    assert len(done.stdout.splitlines()) == len(list(rows(folder)))
    for form in ("parquet", "hf"):
        refused = gifmcts(place, "export", "one", "--to", form)
        assert refused.returncode == 2
        assert "add -o" in refused.stderr


def test_one_tree_is_read_at_a_time(tmp_path: Path) -> None:
    """Rows come before a later tree is opened, whose damage is then named."""
    made = finished(tmp_path / "run", budget=3)
    (made.path / "trees" / "tiny-4.jsonl").write_text("{nonsense}\n")
    stream = rows(made)
    assert next(stream)["task"] == "tiny-0"
    with pytest.raises(StoreError, match=r"tiny-4\.jsonl"):
        list(stream)


@pytest.mark.parametrize("form", Form)
def test_an_export_that_fails_leaves_nothing(folder: RunFolder, tmp_path: Path, form: Form) -> None:
    """No half of a file, under no name, and no folder that was not there; what was there stays."""

    def broken() -> Iterator[Row]:
        yield next(rows(folder))
        raise StoreError("gone")

    with pytest.raises(StoreError):
        export(broken(), form, tmp_path / "new" / "out", "")
    assert not list(tmp_path.iterdir())
    export(rows(folder), form, tmp_path / "out", "whole")
    before = {file: file.is_file() and file.read_bytes() for file in tmp_path.rglob("*")}
    with pytest.raises(StoreError):
        export(broken(), form, tmp_path / "out", "half")
    assert {file: file.is_file() and file.read_bytes() for file in tmp_path.rglob("*")} == before


def test_a_folder_that_cannot_be_written_is_not_begun(folder: RunFolder, tmp_path: Path) -> None:
    """A card that cannot take its place leaves no data either; the folder that was there stays."""
    (tmp_path / "out" / "README.md").mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be written"):
        export(rows(folder), Form.HF, tmp_path / "out", "card")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "out", tmp_path / "out" / "README.md"]
