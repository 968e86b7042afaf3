"""A tree's file is believed in one place, which whoever reads it goes through."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import gifmcts
from finished_runs import finished
from viewing import ask, viewed

from gifmcts.errors import StoreError
from gifmcts.growing import GrowingTree
from gifmcts.index import Outcome, RunIndex
from gifmcts.publishing.measures import published
from gifmcts.publishing.rows import rows
from gifmcts.records import encode
from gifmcts.report import report
from gifmcts.store import RunFolder
from gifmcts.tiny import TinyOptions
from gifmcts.tree import Shape
from gifmcts.types import Action, Move

Edit = Callable[[list[dict[str, object]]], None]


def setting(line: int, *path: str | int, value: object) -> Edit:
    """Write something else at a place of a line."""

    def edit(lines: list[dict[str, object]]) -> None:
        place: object = lines[line]
        for key in path[:-1]:
            place = place[key]  # type: ignore[index]
        place[path[-1]] = value  # type: ignore[index]

    return edit


EDITS: dict[str, tuple[Edit, str]] = {
    "another version": (setting(0, "format", value=9), "has format 9, this version reads 1"),
    "a version that is none": (setting(0, "format", value="x"), "not a line of a run folder"),
    "another problem": (setting(0, "task", value="tiny-7"), "the tree of problem 'tiny-7'"),
    "a node before the root": (setting(2, "move", "node", value=-1), "a node that is not there"),
    "a node to come": (setting(2, "move", "node", value=2), "a node that is not there"),
    "the root sampled again": (setting(2, "move", "target", value=0), "no child of its parent"),
    "a child to come": (setting(2, "move", "target", value=9), "no child of its parent"),
    "a child before the root": (setting(2, "move", "target", value=-1), "no child of its parent"),
    "a gap": (setting(2, "index", value=5), "attempts are missing"),
    "an index before the first": (setting(1, "index", value=-1), "attempts are missing"),
    "the same as itself": (setting(2, "duplicate_of", value=1), "not before it"),
    "the same as one before the first": (setting(2, "duplicate_of", value=-1), "not before it"),
    "a chat from nowhere": (setting(2, "chat", 0, "of", value=7), "a message that is not there"),
    "a chat from before": (setting(2, "chat", 0, "of", value=-1), "Expected `int` >= 0"),
    "a chat beyond its first": (setting(2, "chat", 0, "chars", value=10**6), "a message that is not there"),
    "a chat that counts back": (setting(2, "chat", 0, "chars", value=-1), "Expected `int` >= 0"),
    "a reward beyond 1": (setting(1, "evaluation", "reward", value=7), "Expected `float` <= 1"),
    "a reward below 0": (setting(1, "evaluation", "reward", value=-1), "Expected `float` >= 0"),
    "a program that is a number": (setting(1, "program", value=3), "not a line of a run folder"),
}
LIGHT = {"another version", "another problem", "a node before the root", "a node to come", "the root sampled again", "a gap"}
"""What is refused where only places and costs are read, too."""


def edited(place: Path, edit: Edit) -> RunFolder:
    """A finished run with one tree edited, whose row says the length that its file now has."""
    folder = finished(place, mistakes=0.9, options=TinyOptions(problems=2, lines=4), budget=4)
    file = folder.path / "trees" / "tiny-0.jsonl"
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    edit(lines)
    data = b"".join(encode(line) + b"\n" for line in lines)
    file.write_bytes(data)
    summary = folder.path / "summary.jsonl"
    changed = [
        {**row, "bytes": len(data)} if row["task"] == "tiny-0" else row for row in map(json.loads, summary.read_bytes().splitlines())
    ]
    summary.write_bytes(b"".join(encode(row) + b"\n" for row in changed))
    return folder


@pytest.mark.parametrize(("edit", "words"), EDITS.values(), ids=EDITS)
def test_an_edited_tree_is_refused_by_name(tmp_path: Path, edit: Edit, words: str) -> None:
    """By whatever reads it; the run's other problems are as they were."""
    folder = edited(tmp_path / "run", edit)
    readers: list[Callable[[], object]] = [lambda: folder.tree("tiny-0"), lambda: list(rows(folder))]
    if any(edit is EDITS[name][0] for name in LIGHT):
        readers.append(lambda: published(folder))
    for read in readers:
        with pytest.raises(StoreError, match=r"tiny-0\.jsonl") as refused:
            read()
        assert words in str(refused.value)
    assert folder.tree("tiny-1")


def test_the_commands_and_the_view_say_so(tmp_path: Path) -> None:
    """What the reader says, without a traceback, and with the status of damage."""
    edited(tmp_path / "runs" / "run", EDITS["a node before the root"][0])
    for words in (("show", "run", "tiny-0"), ("export", "run"), ("report", "run")):
        done = gifmcts(tmp_path, *words)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "a node that is not there (-1)" in " ".join(done.stderr.split())
    with viewed(tmp_path / "runs") as address:
        status, _, text = ask(address, "/run/run/tiny-0")
        assert (status, "a node that is not there (-1)" in text) == (500, True)
        assert ask(address, "/run/run/tiny-1")[0] == 200


JUNK = {
    "bytes": bytes(range(256)) + b"\n",
    "cut short": b'{"task":"tiny-2","fields":\n',
    "wrong types": b'{"task":"tiny-2","fields":3,"cases":{},"group":"tiny","label":"held-out","config":""}\n',
    "no object": b"[]\n",
    "an empty line": b"\n",
    "too deep": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("head", [False, True], ids=["first line", "second line"])
def test_a_begun_tree_that_cannot_be_read_hides_nothing(tmp_path: Path, junk: bytes, head: bool) -> None:
    """It is listed with its reason, the numbers are of the others, and every other page is there."""
    folder = finished(tmp_path / "runs" / "run", mistakes=0.5, options=TinyOptions(problems=2, lines=4), budget=3)
    before = report(folder)
    first = (folder.path / "trees" / "tiny-0.jsonl").read_bytes().splitlines(keepends=True)[0].replace(b"tiny-0", b"tiny-2")
    (folder.path / "trees" / "tiny-2.jsonl").write_bytes(first + junk if head else junk)
    index = RunIndex(folder)
    index.refresh()
    entry = index.entry("tiny-2")
    assert entry is not None
    assert (entry.outcome, "tiny-2.jsonl" in entry.why, entry.label is None) == (Outcome.UNREADABLE, True, not head)
    told = report(folder)
    assert (list(told.unreadable), told.complete, told.shares, told.digest) == (["tiny-2"], False, before.shares, before.digest)
    with viewed(tmp_path / "runs") as address:
        for path in ("/", "/run/run", "/run/run/tiny-0", "/side?a=run&b=run", "/side/tiny-1?a=run&b=run"):
            assert ask(address, path)[0] == 200, path
        assert "cannot be read" in ask(address, "/run/run")[2]
        assert "3 of 3 problems" in ask(address, "/run/run")[2]
        assert "1 of 3 problems" in ask(address, "/run/run?outcome=unreadable")[2]
        status, _, text = ask(address, "/run/run/tiny-2")
        assert (status, "tiny-2.jsonl" in text) == (500, True)


def test_a_begun_tree_that_cannot_be_read_is_said_by_the_commands(tmp_path: Path) -> None:
    """By the report, the list of problems and the list of runs, which all go on."""
    folder = finished(tmp_path / "runs" / "run", options=TinyOptions(problems=2, lines=4), budget=2)
    (folder.path / "trees" / "tiny-2.jsonl").write_bytes(JUNK["bytes"])
    (folder.path / "trees" / "tiny-3.jsonl").mkdir()
    shown, problems, listed = gifmcts(tmp_path, "show", "run"), gifmcts(tmp_path, "show", "run", "--problems"), gifmcts(tmp_path, "runs")
    assert [done.returncode for done in (shown, problems, listed)] == [0, 0, 0]
    assert "UNREADABLE tree of problem tiny-2" in shown.stdout
    assert "unreadable" in problems.stdout
    assert "tiny-3.jsonl is no file" in problems.stderr
    assert "unfinished" in listed.stdout


def test_a_file_that_no_problem_is_called_like_is_told(tmp_path: Path) -> None:
    """Its name need not even be text; the page says it, and nothing else changes."""
    folder = finished(tmp_path / "run", options=TinyOptions(problems=1, lines=4), budget=2)
    for name in (b"\xff\xfe", b"a b", b"\x1b[31m", b".."):
        Path(folder.path / "trees" / (name.decode("utf-8", "surrogateescape") + ".jsonl")).write_bytes(b"{}\n")
    assert folder.tasks() == ["tiny-0"]
    assert report(folder).unfinished == 0
    with viewed(tmp_path) as address:
        status, _, text = ask(address, "/run/run")
        assert (status, "1 of 1 problems" in text) == (200, True)
        assert "the file \\udcff\\udcfe.jsonl among the trees" in text
        assert ask(address, "/run/run/%ff%fe")[0] == 404


def test_a_tree_that_is_mended_is_read_again(tmp_path: Path) -> None:
    """An index that has followed it sees what one sees that begins anew."""
    folder = finished(tmp_path / "run", options=TinyOptions(problems=1, lines=4), budget=3)
    data = (folder.path / "trees" / "tiny-0.jsonl").read_bytes()
    file = tmp_path / "tiny-0.jsonl"
    tree = GrowingTree(file)
    tree.refresh()
    assert (tree.header, tree.why) == (None, "")
    for content, calls, wrong in ((data[:10], 0, False), (b"{}\n", 0, True), (data[:-5], 2, False), (data, 3, False), (b"{}\n", 0, True)):
        file.write_bytes(content)
        tree.refresh()
        assert (tree.calls, tree.why != "") == (calls, wrong)


def test_nodes_stand_where_moves_put_them() -> None:
    """A child below its parent; one that is sampled again stays where it is."""
    shape = Shape()
    moves = [Move(0, Action.GENERATE), Move(1, Action.IMPROVE), Move(0, Action.GENERATE), Move(1, Action.FIX, 2)]
    assert [shape.place(move) for move in moves] == [1, 2, 3, 2]
    assert (shape.parents, shape.depths) == ([0, 0, 1, 0], [0, 1, 2, 1])
    with pytest.raises(LookupError):
        shape.place(Move(0, Action.FIX, 2))
