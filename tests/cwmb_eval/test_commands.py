"""The commands of world models as real processes."""

import json
from pathlib import Path

import pytest
from command import gifmcts, result


def lines(text: str) -> list[dict[str, object]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_search_runs_offline_and_the_same_again(tmp_path: Path) -> None:
    """Two runs of one seed have one digest; the chosen programs can be scored on every split."""
    words = ("run", "cwmb", "--envs", "CartPole-v1,Taxi,RTFM", "--model", "simulated", "--budget", "5")
    first = result(tmp_path, *words, "--name", "one", "--workers", "1")
    second = result(tmp_path, *words, "--name", "two", "--window", "1")
    assert first["digest"] == second["digest"]
    assert (first["problems"], first["simulated"], first["complete"]) == (3, True, True)
    scored = gifmcts(tmp_path, "cwmb", "score", "one", "--envs", "Taxi", "--json")
    assert scored.returncode == 0, scored.stderr
    assert {line["split"] for line in lines(scored.stdout)} == {"search", "held-out", "visited", "box"}
    assert "SIMULATED" in scored.stderr


def test_collected_sets_are_run(tmp_path: Path) -> None:
    """Nothing but the package is needed for RTFM; a run on the folder names it."""
    made = gifmcts(tmp_path, "cwmb", "collect", "--envs", "RTFM", "--out", "data", "--ladder", "1,2", "--strongest", "2", "--steps", "10")
    assert made.returncode == 0, made.stderr
    assert "ceilings: search 1.000" in made.stdout
    found = result(tmp_path, "run", "cwmb", "--data", "data", "--budget", "2")
    assert found["problems"] == 1
    assert found["facts"]["data"] == "data"  # type: ignore[index]


def test_folders_that_cannot_be_written_end_in_a_line(tmp_path: Path) -> None:
    """What is collected and what is kept of returns; the line names the option."""
    (tmp_path / "taken").write_text("a file")
    made = gifmcts(tmp_path, "cwmb", "collect", "--envs", "RTFM", "--out", "taken/x", "--ladder", "1", "--strongest", "1", "--steps", "3")
    played = gifmcts(tmp_path, "cwmb", "plan", "reference", "--envs", "RTFM", "--episodes", "2", "--steps", "2", "--cache", "taken/x")
    for done, option in ((made, "--out taken/x"), (played, "--cache")):
        assert done.returncode == 1
        assert option in done.stderr
        assert "Traceback" not in done.stderr


def test_mutants_are_listed(tmp_path: Path) -> None:
    """The reference is found by no split, every mutant by one at least."""
    done = gifmcts(tmp_path, "cwmb", "mutants", "--envs", "CliffWalking", "--json")
    assert done.returncode == 0, done.stderr
    rows = lines(done.stdout)
    assert [bool(row["found_by"]) for row in rows] == [False, *[True] * (len(rows) - 1)]
    assert len(rows) == 5


def test_a_file_is_scored(tmp_path: Path) -> None:
    """On every split, with its fault where it has one."""
    (tmp_path / "model.py").write_text("import gymnasium\n")
    done = gifmcts(tmp_path, "cwmb", "score", "model.py", "--envs", "Pendulum")
    assert done.returncode == 0, done.stderr
    assert "ModuleNotFoundError" in done.stdout
    known = gifmcts(tmp_path, "cwmb", "score", "reference", "--envs", "Pendulum", "--json")
    rows = lines(known.stdout)
    assert [row["accuracy"] for row in rows] == [1.0] * 4
    assert all(row["ceiling"] == 1.0 for row in rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("cwmb", "score", "nothing", "--envs", "Taxi"), "there is no run"),
        (("cwmb", "score", "reference", "--envs", "Hopper"), "gifmcts cwmb collect --envs Hopper"),
        (("cwmb", "collect", "--envs", "Nothing"), "there is no environment"),
        (("cwmb", "collect", "--ladder", "0"), "at least 1"),
        (("apps",), "no commands of its own"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """Status 2 and one sentence, no traceback."""
    done = gifmcts(tmp_path, *words)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
