"""``gifmcts cwmb plan`` as a real process."""

import json
from pathlib import Path

import pytest
from command import gifmcts, result

from cwmb_eval import catalog
from gifmcts.errors import PreflightError


def test_references_are_planned_with(tmp_path: Path) -> None:
    """A row for each environment, without an interval of R of six episodes; a second time the references come from the folder."""
    words = ("cwmb", "plan", "reference", "--envs", "RTFM", "--episodes", "6", "--workers", "1", "--json")
    first = gifmcts(tmp_path, *words)
    assert first.returncode == 0, first.stderr
    kept = {path.name: path.read_bytes() for path in (tmp_path / "cwmb-returns").iterdir()}
    assert gifmcts(tmp_path, *words).stdout == first.stdout
    assert {path.name: path.read_bytes() for path in (tmp_path / "cwmb-returns").iterdir()} == kept
    row = json.loads(first.stdout)
    assert (row["environment"], row["planner"], row["budget"], row["episodes"], row["failed"]) == ("RTFM", "MCTS", "one", 6, 0)
    assert row["oracle"]["mean"] > row["random"]["mean"]
    assert row["normalised"]["value"] == 1.0
    assert (row["normalised"]["low"], row["normalised"]["high"]) == (None, None)
    assert "6 episodes are too few" in row["normalised"]["unbounded"]
    told = gifmcts(tmp_path, *words[:-1]).stdout
    assert "1.00 (–)" in told
    assert "RTFM: R has no interval: 6 episodes are too few for one, 10 are needed (--episodes)" in told


def test_a_run_is_planned_with(tmp_path: Path) -> None:
    """Its chosen programs are; what is undefined says why."""
    result(tmp_path, "run", "cwmb", "--envs", "RTFM", "--budget", "2", "--name", "one")
    done = gifmcts(tmp_path, "cwmb", "plan", "one", "--episodes", "2", "--steps", "1")
    assert done.returncode == 0, done.stderr
    assert "RTFM: R is undefined: the oracle is not better than chance beyond doubt" in done.stdout
    assert "mean R, discrete: undefined (0 of 1 environments)" in done.stdout


def test_the_full_budget_is_one_flag(tmp_path: Path) -> None:
    """Twenty times as many sequences find better ones, and the row says which budget it was."""
    try:
        catalog.open_world(catalog.entries(["Pendulum"])[0])
    except PreflightError as error:
        pytest.skip(f"{error}")
    words = ("cwmb", "plan", "reference", "--envs", "Pendulum", "--episodes", "2", "--steps", "3", "--budget")
    rows = [result(tmp_path, *words, budget) for budget in ("lite", "full")]
    assert [(row["planner"], row["budget"], row["failed"]) for row in rows] == [("CEM", "lite", 0), ("CEM", "full", 0)]
    assert rows[0]["random"] == rows[1]["random"]
    small, large = (float(row["model"]["mean"]) for row in rows)  # type: ignore[index]
    assert large > small
    assert len(list((tmp_path / "cwmb-returns").glob("Pendulum-v1.oracle.*.json"))) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing",), "there is no run"),
        (("reference", "--envs", "Hopper"), "there is no reference"),
        (("reference", "--episodes", "1"), "--episodes needs at least 2"),
        (("model.py",), "add --envs NAME"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """Status 2 and one sentence, no traceback."""
    (tmp_path / "model.py").write_text("")
    done = gifmcts(tmp_path, "cwmb", "plan", *words)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
