"""What experiment trackers are told of a run is what its report says, and they are told it only when asked."""

import json
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from command import environment, gifmcts
from finished_runs import finished

from gifmcts.publishing.tracking import Tracker, tracked
from gifmcts.report import report
from gifmcts.settings import Grading
from gifmcts.store import RunFolder
from gifmcts.types import Label


def needs(tracker: Tracker) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not find_spec(tracker), reason=f"needs {tracker}: `tox -e trackers` installs it")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run in which some problems are solved."""
    return finished(tmp_path_factory.mktemp("tracking") / "runs" / "one", mistakes=0.2, budget=8)


def read(place: Path, program: str, **extra: str) -> dict[str, dict[str, object]]:
    """What a program in a process of its own prints as JSON: a tracker's library reads what was written."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=place, env=environment(**extra), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_a_tracker_is_told_what_the_report_says(folder: RunFolder) -> None:
    """Shares by label, a curve that ends at the run's number, the configuration, and a title that is stamped."""
    told = report(folder)
    sent, share = tracked(told), told.shares[Label.HELD_OUT]
    assert sent.numbers["held-out/solved"] == share.hits > 0
    assert sent.numbers["held-out/strict_accuracy"] == share.value == sent.curve[-1]["held-out/solved_within"]
    assert [round(row["held-out/solved_within"] * share.n) for row in sent.curve] == told.within[Label.HELD_OUT]
    assert (sent.numbers["held-out/strict_accuracy_low"], sent.numbers["held-out/strict_accuracy_high"]) == share.interval
    assert (sent.title, sent.tags["digest"], sent.tags["simulated"]) == ("one SIMULATED", told.digest, "true")
    assert (sent.config["budget"], sent.config["strategy"]) == ("8", "gif-mcts")
    assert "constants.fixes" in sent.config


def test_a_run_without_a_curve_has_none(tmp_path: Path) -> None:
    """Where only the last program was graded, its number is sent alone."""
    sent = tracked(report(finished(tmp_path / "last", mistakes=0.2, budget=4, grade=Grading.BEST)))
    assert sent.curve == []
    assert sent.numbers["held-out/problems"] == 5


def test_no_text_of_a_model_is_told(folder: RunFolder) -> None:
    """Nothing in it stands in a program, and no problem is named."""
    words = str(tracked(report(folder)))
    for task in folder.tasks():
        assert task not in words
        for attempt in folder.tree(task)[1]:
            assert attempt.program is None or attempt.program.source not in words


@pytest.mark.parametrize("tracker", Tracker)
def test_what_is_missing_is_named(folder: RunFolder, tmp_path: Path, tracker: Tracker) -> None:
    """The extra where a tracker is not installed; a file cannot be had of it."""
    (tmp_path / f"{tracker}.py").write_text("raise ImportError('not here')")
    place = folder.path.parent.parent
    done = gifmcts(place, "export", "one", "--to", tracker, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install 'gifmcts[{tracker}]'" in done.stderr
    done = gifmcts(place, "export", "one", "--to", tracker, "-o", "file")
    assert (done.returncode, "leave out -o" in done.stderr) == (2, True)


def test_an_unknown_place_is_refused(folder: RunFolder) -> None:
    """With the names of all that there are."""
    done = gifmcts(folder.path.parent.parent, "export", "one", "--to", "mlfow")
    assert done.returncode == 2
    assert all(tracker in done.stderr for tracker in Tracker)


@pytest.mark.parametrize("tracker", Tracker)
def test_a_variable_that_is_set_to_nothing_counts_as_absent(folder: RunFolder, tmp_path: Path, tracker: Tracker) -> None:
    """To the tracker's library too, which reads the environment by itself and may not see it so."""
    names = ("MLFLOW_EXPERIMENT_NAME", "TRACKIO_SPACE_ID", "WANDB_PROJECT", "HF_TOKEN")
    words = f"import os\nraise ImportError('found', [name for name in {names!r} if name in os.environ])"
    (tmp_path / f"{tracker}.py").write_text(words)
    values = {"MLFLOW_EXPERIMENT_NAME": "", "TRACKIO_SPACE_ID": " ", "WANDB_PROJECT": "", "HF_TOKEN": "kept"}
    done = gifmcts(folder.path.parent.parent, "export", "one", "--to", tracker, PYTHONPATH=str(tmp_path), **values)
    assert (done.returncode, "('found', ['HF_TOKEN'])" in done.stderr) == (2, True), done.stderr


@needs(Tracker.MLFLOW)
def test_mlflow_keeps_a_run(folder: RunFolder, tmp_path: Path) -> None:
    """In a store of this machine, as its own client reads it; a server that is not there is an error without a traceback."""
    place, sent = folder.path.parent.parent, tracked(report(folder))
    where = {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db", "MLFLOW_EXPERIMENT_NAME": "tried"}
    done = gifmcts(place, "export", "one", "--to", "mlflow", **where)
    assert done.returncode == 0, done.stderr
    done = gifmcts(place, "export", "one", "--to", "mlflow", **where | {"MLFLOW_EXPERIMENT_NAME": ""})
    assert done.stdout.endswith(" of experiment gifmcts\n"), done.stderr
    done = gifmcts(place, "export", "one", "--to", "mlflow", MLFLOW_ENABLE_ASYNC_LOGGING="x", **where)
    assert (done.returncode, "MLFLOW_ENABLE_ASYNC_LOGGING" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    program = """
import json
from mlflow.tracking import MlflowClient
client = MlflowClient()
run, = client.search_runs([client.get_experiment_by_name("tried").experiment_id])
curve = [[one.step, one.value] for one in client.get_metric_history(run.info.run_id, "held-out/solved_within")]
told = {"metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags, "run": {"status": run.info.status, "curve": curve}}
print(json.dumps(told))
"""
    kept = read(tmp_path, program, **where)
    assert {key: kept["metrics"][key] for key in sent.numbers} == pytest.approx(dict(sent.numbers))
    assert kept["params"] == sent.config
    assert kept["tags"]["gifmcts.digest"] == sent.tags["digest"]
    assert "mlflow.user" not in kept["tags"]
    assert kept["run"]["status"] == "FINISHED"
    assert kept["run"]["curve"] == [[calls, row["held-out/solved_within"]] for calls, row in enumerate(sent.curve, 1)]
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    done = gifmcts(place, "export", "one", "--to", "mlflow", MLFLOW_TRACKING_URI=address, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    assert done.returncode == 1
    assert "did not take the run" in done.stderr
    assert "Traceback" not in done.stderr


@needs(Tracker.TRACKIO)
def test_trackio_keeps_a_run(folder: RunFolder, tmp_path: Path) -> None:
    """In a folder of this machine; a Space needs a token of the environment."""
    place, sent = folder.path.parent.parent, tracked(report(folder))
    empty = {"TRACKIO_SPACE_ID": "", "TRACKIO_SERVER_URL": "", "TRACKIO_PROJECT": ""}
    done = gifmcts(place, "export", "one", "--to", "trackio", TRACKIO_DIR=str(tmp_path), **empty)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "one sent to trackio: run one SIMULATED of project gifmcts\n"
    program = """
import json, trackio
from trackio.sqlite_storage import SQLiteStorage
run, = trackio.Api().runs("gifmcts")
print(json.dumps({"history": SQLiteStorage.get_logs(run.project, run.name, run_id=run.id), "config": run.config}))
"""
    kept = read(tmp_path, program, TRACKIO_DIR=str(tmp_path))
    rows = kept["history"]
    assert isinstance(rows, list)
    assert [row["held-out/solved_within"] for row in rows] == [row["held-out/solved_within"] for row in sent.curve]
    assert {key: rows[-1][key] for key in sent.numbers} == pytest.approx(dict(sent.numbers))
    assert kept["config"]["strategy"] == "gif-mcts"
    done = gifmcts(place, "export", "one", "--to", "trackio", TRACKIO_SPACE_ID="me/mine", HF_TOKEN="")
    assert (done.returncode, "HF_TOKEN" in done.stderr) == (2, True)


@needs(Tracker.WANDB)
def test_wandb_keeps_a_run(folder: RunFolder, tmp_path: Path) -> None:
    """In a folder to be sent later; online it needs a key of the environment."""
    place, sent = folder.path.parent.parent, tracked(report(folder))
    done = gifmcts(place, "export", "one", "--to", "wandb", WANDB_MODE="offline", WANDB_DIR=str(tmp_path), WANDB_BASE_URL="")
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.rglob("*.wandb")
    kept = file.read_bytes()
    assert all(key.encode() in kept for key in (*sent.numbers, *sent.curve[0], sent.tags["digest"]))
    assert socket.gethostname().encode() not in kept
    done = gifmcts(place, "export", "one", "--to", "wandb", WANDB_MODE="offline", WANDB_DIR=str(tmp_path), WANDB_BASE_URL="nowhere")
    assert (done.returncode, "did not take the run" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    done = gifmcts(place, "export", "one", "--to", "wandb", WANDB_MODE="", WANDB_API_KEY="")
    assert (done.returncode, "WANDB_API_KEY is not set" in done.stderr) == (2, True)
