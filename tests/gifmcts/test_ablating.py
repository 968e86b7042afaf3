"""The command: arms share problems, seeds and answers, it goes on after any end, and says what it does."""

import fcntl
import json
import signal
from pathlib import Path
from typing import cast

import pytest
from command import gifmcts, started, wait_for_attempts
from family import all_end, descendants

from gifmcts.store import RunFolder


def written(place: Path, text: str, name: str) -> None:
    (place / name).write_text(text)


ARMS = ("no-fix.toml", "lines-4.toml", "same.toml", "confirmed.toml")
SMALL = ("ablate", *ARMS, "--limit", "4", "--budget", "5", "--seeds", "2", "--time-limit", "1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four ablations and their finished runs."""
    place = tmp_path_factory.mktemp("ablation")
    written(place, '# Is fix needed?\nactions = ["generate", "improve"]\n', "no-fix.toml")
    written(place, "[set]\nlines = 4\n", "lines-4.toml")
    written(place, "window = 1\n", "same.toml")
    written(place, '[benchmark]\nsearch_tier = "confirm"\n', "confirmed.toml")
    done = gifmcts(place, *SMALL)
    assert done.returncode == 0, done.stderr
    (place / "shown.txt").write_text(done.stdout)
    (place / "said.txt").write_text(done.stderr)
    return place


def test_an_ablation_ends_in_a_table(place: Path) -> None:
    """Stamped, with every arm, what it asks and changes, and what the columns mean; shared answers are counted."""
    shown, said = (place / "shown.txt").read_text(), (place / "said.txt").read_text()
    for words in (
        "SIMULATED",
        "every arm over the same 4 problems with 2 seeds, 0 to 1",
        "no-fix: Is fix needed? (constants.actions ['generate', 'improve', 'fix'] → ['generate', 'improve'])",
        "best-of-n: What does the search add to independent samples? (strategy gif-mcts → best-of-n)",
        "lines-4: constants.lines 2 → 4",
        "same: nothing changed, the runs of the baseline",
        "judged otherwise than the baseline: confirmed;",
        "HOLM P",
        "DETECTABLE",
        "McNemar, exact",
    ):
        assert words in shown
    asked, shared = (int(word) for word in said.splitlines()[-1].split() if word.isdigit())
    runs = [RunFolder(path.parent) for path in (place / "runs").glob("*/config.json")]
    assert {run.name for run in runs} == set(shown[shown.index("runs of each arm") :].split()) & {run.name for run in runs}
    assert len(runs) == 10  # an arm that changes nothing is the baseline's run
    attempts = [(task, one.seed, one.chat) for run in runs for task in run.tasks() for one in run.tree(task)[1]]
    assert (asked, shared) == (len(set(attempts)), len(attempts) - len(set(attempts)))
    assert shared > 0


def test_the_same_command_prints_the_same_table_and_asks_nothing(place: Path) -> None:
    """A finished ablation is a table of its runs."""
    again = gifmcts(place, *SMALL)
    assert again.stdout == (place / "shown.txt").read_text()
    assert "seed 1 (2 of 2): finished already, nothing was run\n0 answers were asked for, 0 were shared" in again.stderr


def test_a_pool_changes_no_run(place: Path, tmp_path: Path) -> None:
    """Each arm's run is, digest for digest, the run that `gifmcts run` makes with those settings."""
    digests = {line.split()[-1] for line in gifmcts(place, "runs").stdout.splitlines()[1:]}
    words = ("run", "apps", "--limit", "4", "--budget", "5", "--time-limit", "1", "--seed", "1", "--actions", "generate,improve", "--json")
    assert json.loads(gifmcts(tmp_path, *words).stdout)["digest"] in digests


def test_a_killed_ablation_goes_on(place: Path, tmp_path: Path) -> None:
    """The same command ends in the table of an ablation never killed."""
    for name in ARMS:
        (tmp_path / name).write_text((place / name).read_text())
    process = started(tmp_path, *SMALL, "--simulated-latency", "0.02")
    first = min(path.parent.name for path in (place / "runs").glob("*-s0-*/config.json"))
    wait_for_attempts(tmp_path, first, 2, process)
    process.kill()
    process.communicate()
    again = gifmcts(tmp_path, *SMALL)
    assert again.returncode == 0, again.stderr
    assert again.stdout == (place / "shown.txt").read_text()


def test_an_object_and_a_dry_run(place: Path, tmp_path: Path) -> None:
    """`--json` prints the table for machines, `--dry-run` the arms and nothing else."""
    found = cast("dict[str, object]", json.loads(gifmcts(place, *SMALL, "--json").stdout))
    assert found["simulated"] is True
    assert [row["name"] for row in cast("list[dict[str, list[dict[str, str]]]]", found["tables"])[0]["rows"]][:3] == [
        "baseline",
        "best-of-n",
        "no-fix",
    ]
    assert found["tables"][0]["rows"][5]["changed"]["options.search_tier"] == ["screen", "confirm"]  # type: ignore[index]
    (tmp_path / "runs").symlink_to(place / "runs")
    for name in ARMS:
        (tmp_path / name).write_text((place / name).read_text())
    written(tmp_path, "window = 2\n", "window-2.toml")
    before = sorted((place / "runs").iterdir())
    words = (*SMALL, "window-2.toml", "--dry-run")
    shown = gifmcts(tmp_path, *words).stdout
    assert shown.startswith("7 arms × 2 seeds: 12 runs, 10 of them finished already, each up to 4 problems, 20 calls\n")
    assert 'no-fix: Is fix needed?\n  changes actions = ["generate", "improve"]\n  is finished: runs/apps-gif-mcts' in shown
    assert ", the run of baseline\n" in shown
    assert "window-2: asks nothing, as its file begins with no comment\n  changes window = 2\n  would run into runs/apps-gif-mcts" in shown
    told = json.loads(gifmcts(tmp_path, *words, "--json").stdout)["arms"]
    assert (told[6]["name"], told[6]["changes"], len(told[6]["runs"])) == ("window-2", {"window": 2}, 2)
    assert sorted((place / "runs").iterdir()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_an_ablation_cleanly(place: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Status 130, nothing left running, and the last line ends in the table of an ablation never stopped."""
    for name in ARMS:
        (tmp_path / name).write_text((place / name).read_text())
    process = started(tmp_path, *SMALL, "--simulated-latency", "0.02")
    first = min(path.parent.name for path in (place / "runs").glob("*-s0-*/config.json"))
    wait_for_attempts(tmp_path, first, 2, process)
    family = descendants(process.pid)
    process.send_signal(number)
    shown, errors = process.communicate(timeout=60)
    assert (process.returncode, shown, "Traceback" in errors) == (130, "", False)
    assert all_end(family)
    last = errors.splitlines()[-1].split()
    assert last == ["gifmcts", *SMALL, "--simulated-latency", "0.02"]
    assert gifmcts(tmp_path, *last[1:]).stdout == (place / "shown.txt").read_text()


def test_what_is_advised_is_an_option_of_this_command(tmp_path: Path) -> None:
    """A run that is being written or holds another configuration is left by --runs: the runs of an ablation name themselves."""
    written(tmp_path, "window = 2\n", "arm.toml")
    words = ("ablate", "arm.toml", "--limit", "1", "--budget", "1", "--seeds", "1")
    assert gifmcts(tmp_path, *words).returncode == 0
    run = next((tmp_path / "runs").glob("*best-of-n*"))
    with (run / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = gifmcts(tmp_path, *words)
    assert (done.returncode, f"another process is writing to the run {run.name}; wait for it, or choose another --runs" in done.stderr) == (
        1,
        True,
    )
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "digest": "0", "config": {**config["config"], "budget": 7}}))
    done = gifmcts(tmp_path, *words)
    assert (done.returncode, "budget: 7 there, 1 now\nchoose another --runs, or --fresh" in done.stderr) == (2, True)
    assert gifmcts(tmp_path, *words, "--runs", "others").returncode == 0
    assert gifmcts(tmp_path, *words, "--fresh").returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strategy = 'gif-mtcs'", "there is no strategy 'gif-mtcs' (did you mean 'gif-mcts'?)"),
        ("[set]\nexploraton = 0.5", "gif-mcts has no constant 'exploraton' (did you mean 'exploration'?)"),
        ("[set]\nexploration = 'x'", "Expected `float`, got `str` - at `$.exploration`"),
        ("[templates]\nimprove = 'improv'", "there is no template 'improv'"),
        ("window = 0", "--window 0"),
        ("[benchmark]\nrules = 'official'\nsearch_tier = 'confirm'", "--search-tier confirm goes with --rules strict only"),
        ("[benchmark]\nlimit = 2", "cannot change 'benchmark.limit', which is the same for all arms"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    """With what is wrong in it, before anything is asked or written."""
    written(tmp_path, text, "wrong.toml")
    done = gifmcts(tmp_path, "ablate", "wrong.toml", "--limit", "1", "--seeds", "1")
    assert (done.returncode, done.stdout, (tmp_path / "runs").exists()) == (2, "", False)
    assert done.stderr.startswith("error: wrong.toml: ")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ablate",), "at least one file"),
        (("ablate", "missing.toml"), "missing.toml"),
        (("ablate", "no-fix.toml", "--seeds", "0"), "--seeds 0"),
        (("ablate", "no-fix.toml", "--name", "x"), "--name goes with"),
        (("ablate", "no-fix.toml", "--budgt", "3"), "--budget"),
        (("ablate", "no-fix.toml", "--benchmark", "nothing"), "no benchmark 'nothing'"),
        (("compare", "nothing", "else"), "there is no run 'nothing'"),
    ],
)
def test_a_wrong_command_says_what_to_do(place: Path, words: tuple[str, ...], message: str) -> None:
    """No traceback, and the status of a usage error."""
    done = gifmcts(place, *words)
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
