"""A search tree on a terminal."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from command import gifmcts
from finished_runs import finished

from gifmcts.cli.rendering import print_tree
from gifmcts.tiny import TinyOptions
from gifmcts.tree import Tree
from gifmcts.types import Action, Attempt, Completion, Evaluation, Finish, Move, Reading

EMPTY = Attempt(0, Move(0, Action.IMPROVE), 0, (), Completion("", 0, 0, Finish.STOP), Reading.UNREADABLE, None, Evaluation(0.0))


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_deep_tree_is_drawn_with_room_for_its_words(tmp_path: Path, columns: str) -> None:
    """A chain of refinements as long as the budget: each call stands in a line with its visits, however narrow the terminal."""
    finished(tmp_path / "runs" / "deep", mistakes=1.0, options=TinyOptions(problems=1, lines=4), budget=60, strategy="sequential")
    done = gifmcts(tmp_path, "show", "deep", "tiny-0", COLUMNS=columns)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "#" in line and "visits" in line]
    assert len(lines) == 60
    assert all(f"#{index} " in line for index, line in enumerate(lines))


def test_a_tree_deeper_than_the_stack_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """Its last node too."""
    tree = Tree()
    for index in range(1200):
        tree.add(replace(EMPTY, index=index, move=Move(index, Action.IMPROVE)))
    print_tree(tree, {})
    assert "#1199 improve" in capsys.readouterr().out


def test_a_run_without_a_finished_problem_says_so(tmp_path: Path) -> None:
    """It is not the protocol that is to blame."""
    folder = finished(tmp_path / "runs" / "begun", options=TinyOptions(problems=2, lines=4), budget=1)
    for name in ("summary.jsonl", "grades.jsonl"):
        (folder.path / name).write_text("")
    done = gifmcts(tmp_path, "show", "begun")
    assert done.returncode == 0, done.stderr
    assert "no finished problem: there is no strict accuracy to report\n" in done.stdout
    assert "--protocol" not in done.stdout


def test_scores_are_called_what_the_benchmark_calls_them(tmp_path: Path) -> None:
    """In the table, in the object, and in the page of a report; runs from before have the usual words."""
    folder = finished(tmp_path / "runs" / "named", options=TinyOptions(problems=2, lines=4), budget=2)
    config = json.loads((folder.path / "config.json").read_text())
    assert config.pop("scoring") == {"reward": "tests passed", "solved": "every test passed"}
    for scoring in ({}, {"scoring": {"reward": "likeness", "solved": "all alike"}}):
        (folder.path / "config.json").write_text(json.dumps({**config, **scoring}))
        reward, solved = scoring.get("scoring", {"reward": "tests passed", "solved": "every test passed"}).values()
        shown = gifmcts(tmp_path, "show", "named").stdout
        assert f"solved is {solved} (SIMULATED)" in shown
        assert reward in shown
        assert json.loads(gifmcts(tmp_path, "show", "named", "--json").stdout)["scoring"] == {"reward": reward, "solved": solved}
        made = gifmcts(tmp_path, "report", "named", "-o", f"{solved[:3]}.html")
        assert made.returncode == 0, made.stderr
        assert f"<th>{reward}</th>" in (tmp_path / f"{solved[:3]}.html").read_text()
