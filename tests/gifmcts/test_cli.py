"""The command as its users meet it: real processes, real signals, real folders."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command import GIFMCTS, attempts, environment, gifmcts, result, started, wait_for_attempts
from finished_runs import finished

from gifmcts.tiny import TinyOptions

SMALL = ("run", "apps", "--limit", "4", "--budget", "6")


def test_nothing_heavy_is_imported_for_help() -> None:
    """Help, version and `import gifmcts` load no adapter, no HTTP client and no data library."""
    program = (
        "import sys; from gifmcts.cli import main\n"
        "for words in (['--help'], ['--version'], ['run', '--help']): main(words)\n"
        "heavy = {'datasets', 'numpy', 'scipy', 'aiohttp', 'jinja2', 'apps_eval', 'sandbox', 'vllm', 'transformers', 'ray', 'torch'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert "gifmcts 0." in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "apps", "--budgt", "3"), "Did you mean --budget?"),
        (("run", "aps"), 'Did you mean "apps"?'),
        (("rn",), 'Did you mean "run"?'),
        (("run", "apps", "--budget", "x"), 'unable to convert "x" into int'),
        (("run", "apps", "--protocol", "orcle"), 'Did you mean "oracle"?'),
        (("run", "apps", "--budget", "0"), "--budget 0: give a number of at least 1"),
        (("run", "apps", "--strategy", "gifmcts"), "did you mean 'gif-mcts'"),
        (("run", "apps", "--set.explore", "1"), "has no constant 'explore'"),
        (("run", "apps", "--model", "server/x"), "base-url"),
        (("run", "apps", "--data", "missing.jsonl"), "missing.jsonl"),
        (("run", "apps", "--config", "missing.toml"), "missing.toml"),
        (("run", "apps", "--prompts", "nowhere"), "there is no such directory"),
        (("run", "apps", "--name", "../elsewhere"), "--name '../elsewhere': use letters"),
        (("run", "apps", "--name", ""), "--name '': use letters"),
        (("run", "apps", "--ids", "3-"), "--ids 3- is no range"),
        (("run", "apps", "--ids", ",,"), "',,' lists nothing"),
        (("run", "apps", "--ids", "400"), "there is no problem to run: 1 were left out"),
        (("show", "nothing"), "there is no run 'nothing'"),
        (("grade", "nothing"), "there is no run 'nothing'"),
    ],
)
def test_a_wrong_command_says_what_to_do(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """No traceback, nothing on standard output, nothing written, and the status of a usage error."""
    done = gifmcts(tmp_path, *words)
    text = " ".join(done.stderr.replace("│", " ").split())
    assert message in text
    assert "Traceback" not in done.stderr
    assert (done.stdout, [path for path in tmp_path.rglob("*") if path.name != "runs"]) == ("", [])
    assert done.returncode == 2


@pytest.mark.parametrize(("text", "message"), [("budgt = 3", "budgt"), ("budget = [", "config"), ('budget = "x"', "budget")])
def test_a_wrong_configuration_file_says_so(tmp_path: Path, text: str, message: str) -> None:
    """Unknown keys, bad TOML and bad values are usage errors."""
    (tmp_path / "run.toml").write_text(text)
    done = gifmcts(tmp_path, "run", "apps", "--config", "run.toml")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert message in done.stderr


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    """In this order, and a table of the file sets constants."""
    (tmp_path / "run.toml").write_text('budget = 3\nwindow = 2\nlimit = 1\nseed = 5\npass_at = []\n[set]\nexploration = "0.3"\n')
    done = gifmcts(tmp_path, "run", "apps", "--dry-run", "--config", "run.toml", "--seed", "9", GIFMCTS_SEED="8", GIFMCTS_WINDOW="4")
    assert done.returncode == 0, done.stderr
    for line in ("budget: 3", "window: 4", "seed: 9", "'exploration': 0.3"):
        assert line in done.stdout
    assert not (tmp_path / "runs").exists()


def test_a_run_prints_its_labels_and_is_listed(tmp_path: Path) -> None:
    """Protocol, isolation, SIMULATED, tokens and digest are printed; `runs` and `show` tell the same."""
    done = gifmcts(tmp_path, *SMALL, "--name", "one")
    assert done.returncode == 0, done.stderr
    for words in ("SIMULATED", "held-out", "isolation", "95 % interval", "solved within b calls", "completion", "digest"):
        assert words in done.stdout
    found = result(tmp_path, "show", "one")
    assert str(found["digest"]) in done.stdout
    assert found["simulated"] is True
    for name in (
        "config.json",
        "summary.jsonl",
        "grades.jsonl",
        *(f"trees/{file.name}" for file in (tmp_path / "runs/one/trees").iterdir()),
    ):
        assert '"simulated":true' in (tmp_path / "runs/one" / name).read_text().splitlines()[0], name
    listed = json.loads(gifmcts(tmp_path, "runs", "--json").stdout)
    shared = (
        "run",
        "digest",
        "problems",
        "strict_accuracy",
        "interval",
        "held_out",
        "oracle",
        "oracle_only",
        "model",
        "simulated",
        "complete",
    )
    assert {key: listed[key] for key in shared} == {key: found[key] for key in shared}
    assert (listed["run"], listed["problems"]) == ("one", 4)
    task = sorted(file.stem for file in (tmp_path / "runs/one/trees").iterdir())[0]
    tree = gifmcts(tmp_path, "show", "one", task).stdout
    assert "root" in tree
    assert "◀ chosen" in tree
    assert "assistant" in gifmcts(tmp_path, "show", "one", task, "--attempt", "0").stdout
    assert gifmcts(tmp_path, "show", "one", task, "--attempt", "99").returncode == 2


def test_the_same_command_reports_a_finished_run(tmp_path: Path) -> None:
    """It says so, makes no call, and refuses the name for another configuration."""
    first = result(tmp_path, *SMALL, "--name", "one")
    again = gifmcts(tmp_path, *SMALL, "--name", "one", "--json")
    assert json.loads(again.stdout) == first
    assert "was finished already" in again.stderr
    other = gifmcts(tmp_path, *SMALL, "--name", "one", "--seed", "1")
    assert other.returncode == 2
    assert [line.strip() for line in other.stderr.splitlines() if " there, " in line] == ["seed: 0 there, 1 now"]
    fresh = result(tmp_path, *SMALL, "--name", "one", "--seed", "1", "--fresh")
    assert fresh["digest"] != first["digest"]


LONG = (
    "run",
    "apps",
    "--limit",
    "8",
    "--budget",
    "8",
    "--window",
    "2",
    "--simulated-latency",
    "0.05",
    "--concurrency",
    "3",
    "--name",
    "long",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> object:
    """The digest of the long run, never cut."""
    return result(tmp_path_factory.mktemp("whole"), *LONG)["digest"]


@pytest.mark.parametrize("cut", [3, 14])
def test_kill_nine_loses_only_what_is_in_flight(tmp_path: Path, whole: object, cut: int) -> None:
    """The same command continues, keeps what was written, and ends with the digest of a run never killed."""
    process = started(tmp_path, *LONG)
    wait_for_attempts(tmp_path, "long", cut, process)
    process.kill()
    process.communicate()
    kept = attempts(tmp_path, "long")
    assert kept >= cut
    assert result(tmp_path, *LONG)["digest"] == whole
    assert attempts(tmp_path, "long") >= kept


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_cleanly_and_says_how_to_continue(tmp_path: Path, whole: object, number: signal.Signals) -> None:
    """Status 130, no traceback, and the last line continues the run."""
    process = started(tmp_path, *LONG)
    wait_for_attempts(tmp_path, "long", 5, process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.strip().splitlines()[-1] == "gifmcts " + " ".join(LONG)
    assert result(tmp_path, *LONG)["digest"] == whole


def test_a_run_that_is_to_outlive_its_terminal_does(tmp_path: Path, whole: object) -> None:
    """Where ``nohup`` set SIGHUP aside, it stays so."""
    words = ["nohup", GIFMCTS, *LONG]
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for_attempts(tmp_path, "long", 3, process)
        process.send_signal(signal.SIGHUP)
        shown, errors = process.communicate(timeout=120)
    assert (process.returncode, str(whole) in shown) == (0, True), errors


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    """As a misspelt key of a file is; the environment never silently changes nothing."""
    done = gifmcts(tmp_path, "run", "apps", GIFMCTS_BUDGT="3")
    assert done.returncode == 2
    assert "did you mean GIFMCTS_BUDGET" in done.stderr
    done = gifmcts(tmp_path, "run", "apps", GIFMCTS_CHAT="{}")
    assert (done.returncode, "GIFMCTS_CHAT means nothing here" in done.stderr) == (2, True)


def test_what_was_changed_stands_in_the_report(tmp_path: Path) -> None:
    """Two ablations can be told apart by what they print, and problems by what is listed of them."""
    words = ("run", "apps", "--limit", "2", "--budget", "2", "--actions", "generate,fix", "--set.exploration", "0.3", "--name", "one")
    done = gifmcts(tmp_path, *words)
    assert "constants: actions ['generate', 'fix'], exploration 0.3" in done.stdout
    assert "limit 2" in done.stdout
    listed = gifmcts(tmp_path, "show", "one", "--problems").stdout.splitlines()
    assert listed[0].split() == ["PROBLEM", "GROUP", "LABEL", "END", "CALLS", "VISIBLE", "GRADE"]
    assert len(listed) == 3
    assert gifmcts(tmp_path, "show", "one", "--attempt", "0").returncode == 2
    assert gifmcts(tmp_path, "show", "one", "99").returncode == 2


def test_a_token_limit_stops_cleanly(tmp_path: Path) -> None:
    """The run says which limit it reached and how to continue."""
    done = gifmcts(tmp_path, *SMALL, "--name", "one", "--max-tokens-total", "4000")
    assert done.returncode == 0
    assert "stopped by --max-tokens-total 4000" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("--max-tokens-total 8000")
    assert "UNFINISHED" in done.stdout
    assert result(tmp_path, *SMALL, "--name", "one")["digest"] == result(tmp_path, *SMALL, "--name", "two")["digest"]


def test_check_says_what_works(tmp_path: Path) -> None:
    """Isolation, reference solutions and the model, as text and as an object."""
    done = gifmcts(tmp_path, "check")
    assert done.returncode == 0, done.stdout
    assert "isolation" in done.stdout
    assert "everything works" in done.stdout
    assert result(tmp_path, "check")["ok"] is True
    failed = gifmcts(tmp_path, "check", "--model", "server/x", "--base-url", "http://127.0.0.1:9")
    assert failed.returncode in (1, 3)
    assert "FAILED model server/x" in failed.stdout


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`gifmcts ... | head` ends quietly."""
    done = subprocess.run(
        f"{GIFMCTS} --help | head -1", shell=True, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize("words", [("runs",), ("runs", "--json"), ("export", "full"), ("show", "full")])
def test_results_that_find_no_room_are_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Standard output on a full disk: a message, no traceback, and status 1."""
    finished(tmp_path / "runs" / "full", budget=1, options=TinyOptions(problems=1, lines=4))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [GIFMCTS, *words], cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: the results could not be written: No space left on device")
    assert "Traceback" not in done.stderr
