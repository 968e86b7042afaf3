"""An ablation is a file; the arms share problems, seeds and answers; the table is what the runs say."""

import json
from pathlib import Path
from typing import cast

import pytest
from command import gifmcts, started, wait_for_attempts
from finished_runs import finished
from scripted import Scripted
from searching import TINY, search

from gifmcts.ablation import arms, read_arm
from gifmcts.duplicates import Duplicates
from gifmcts.errors import ConfigError, UsageError
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.strategies.catalog import open_strategy
from gifmcts.tabulating import ArmRuns, tabulate
from gifmcts.tiny import TinyOptions
from gifmcts.types import Action, Label

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs" / "ablations").rglob("*.toml"))


def written(place: Path, text: str, name: str = "arm.toml") -> Path:
    (place / name).write_text(text)
    return place / name


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_shipped_ablation_asks_a_question_and_searches(file: Path) -> None:
    """Its keys exist, its comment asks something, its templates are there, and its strategy spends its budget."""
    arm = read_arm(file, RunSettings(), SamplingSettings())
    assert "?" in arm.question
    chosen = arm.settings
    strategy = open_strategy(chosen.strategy, chosen.preset, chosen.actions, chosen.set, templates=chosen.templates)
    ended = search(Scripted(TINY, 0.8), strategy, window=chosen.window, duplicates=chosen.duplicates)
    assert len(ended.tree.attempts) == 20
    for template in chosen.templates.values():
        assert (ROOT / "prompts" / "apps" / f"{template}.jinja").is_file()


def test_shipped_ablations_have_names_of_their_own() -> None:
    """All of them can stand in one table."""
    names = [arm.name for arm in arms(CONFIGS, RunSettings(), SamplingSettings())]
    assert len(names) == len(set(names)) == len(CONFIGS) + 2
    assert names[:2] == ["baseline", "best-of-n"]


def test_an_arm_overrides_settings_key_by_key(tmp_path: Path) -> None:
    """Tables are merged, what the file does not name stays, and its first comment is the question."""
    text = '# Why?\n# Because.\nactions = ["generate"]\nduplicates = "every"\ntemperature = 0.5\n[set]\nlines = 3\nlearn_blend = true\n'
    base = RunSettings(budget=7, set={"exploration": "0.2", "lines": "1"})
    arm = read_arm(written(tmp_path, text), base, SamplingSettings())
    assert (arm.name, arm.question) == ("arm", "Why? Because.")
    assert arm.settings.actions == (Action.GENERATE,)
    assert arm.settings.set == {"exploration": "0.2", "lines": "3", "learn_blend": "true"}
    assert (arm.settings.duplicates, arm.settings.budget, arm.sampling.temperature) == (Duplicates.EVERY, 7, 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budget = 3", "cannot change 'budget'"),
        ("action = ['fix']", "did you mean 'actions'"),
        ("actions = ['fix', 'gen']", "arm.toml: actions = .*: there is no 'gen'; choose among generate, improve, fix$"),
        ("duplicates = 'twice'", "there is no 'twice'; choose among once, every$"),
        ("actions = 'fix'", "actions = 'fix': Expected `array"),
        ("window = 'x'", "window = 'x'"),
        ("# nothing", "changes nothing"),
        ("window = [", "is not TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    """With a suggestion where something is close."""
    with pytest.raises(ConfigError, match=message):
        read_arm(written(tmp_path, text), RunSettings(), SamplingSettings())


def test_what_leaves_no_room_for_an_ablation_is_refused(tmp_path: Path) -> None:
    """No file, the same name twice, a name for all runs, pass@k."""
    file = written(tmp_path, "window = 2")
    with pytest.raises(UsageError, match="at least one file"):
        arms([], RunSettings(), SamplingSettings())
    with pytest.raises(UsageError, match="an arm named 'arm' already"):
        arms([file, file], RunSettings(), SamplingSettings())
    with pytest.raises(UsageError, match="--pass-at"):
        arms([file], RunSettings(pass_at=(1,)), SamplingSettings())
    with pytest.raises(ConfigError, match="give a TOML file"):
        arms([tmp_path / "missing.toml"], RunSettings(), SamplingSettings())


def test_best_of_n_is_always_among_the_arms(tmp_path: Path) -> None:
    """At the same budget and without what it has not; once, if it is the baseline."""
    file = written(tmp_path, "window = 2")
    _, samples, _ = arms([file], RunSettings(budget=9, set={"lines": "3"}, actions=(Action.FIX,)), SamplingSettings())
    assert (samples.settings.strategy, samples.settings.budget, samples.settings.set, samples.settings.actions) == (
        "best-of-n",
        9,
        {},
        None,
    )
    assert len(arms([file], RunSettings(strategy="best-of-n"), SamplingSettings())) == 2


def test_the_table_is_the_mean_over_seeds_and_problems(tmp_path: Path) -> None:
    """Accuracy, flips and costs by hand; problems that a run has not judged are left out and named."""
    options = TinyOptions(problems=8, lines=3)
    runs = {
        name: [finished(tmp_path / f"{name}{seed}", mistakes=mistakes, options=options, budget=4, seed=seed) for seed in range(2)]
        for name, mistakes in (("one", 0.5), ("two", 0.1))
    }
    found = tabulate([ArmRuns(name, f"{name}?", folders) for name, folders in runs.items()])
    (table,) = found.tables
    assert (table.label, table.problems, table.seeds, found.simulated, found.left_out) == (Label.HELD_OUT, 8, 2, True, {})
    for row in table.rows:
        grades = [(folder.grades(), folder.summaries()) for folder in runs[row.name]]
        solved = [any(one.attempt == rows[task].best and one.solved for one in known[task]) for known, rows in grades for task in rows]
        assert row.accuracy == pytest.approx(sum(solved) / 16)
        assert row.calls == pytest.approx(sum(one.attempts for _, rows in grades for one in rows.values()) / 16)
        assert row.interval[0] <= row.accuracy <= row.interval[1]
    one, two = table.rows
    assert (one.against, one.holm) == (None, None)
    assert two.against is not None
    assert two.against.difference == pytest.approx(two.accuracy - one.accuracy)
    assert two.holm == two.against.p
    fewer = finished(tmp_path / "fewer", options=TinyOptions(problems=5, lines=3), budget=4)
    short = tabulate([ArmRuns("one", "", runs["one"][:1]), ArmRuns("fewer", "", [fewer])])
    assert (short.tables[0].problems, sorted(short.left_out)) == (5, ["tiny-5", "tiny-6", "tiny-7"])
    assert short.left_out["tiny-5"] == "not judged in fewer"


ARMS = ("no-fix.toml", "lines-4.toml", "same.toml")
SMALL = ("ablate", *ARMS, "--limit", "4", "--budget", "5", "--seeds", "2", "--time-limit", "1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three ablations and their finished runs."""
    place = tmp_path_factory.mktemp("ablation")
    written(place, '# Is fix needed?\nactions = ["generate", "improve"]\n', "no-fix.toml")
    written(place, "[set]\nlines = 4\n", "lines-4.toml")
    written(place, "window = 1\n", "same.toml")
    done = gifmcts(place, *SMALL)
    assert done.returncode == 0, done.stderr
    (place / "shown.txt").write_text(done.stdout)
    (place / "said.txt").write_text(done.stderr)
    return place


def test_an_ablation_ends_in_a_table(place: Path) -> None:
    """Stamped, with every arm, its question and what the columns mean; shared answers are counted."""
    shown, said = (place / "shown.txt").read_text(), (place / "said.txt").read_text()
    for words in ("SIMULATED", "baseline", "best-of-n", "no-fix: Is fix needed?", "lines-4", "HOLM P", "DETECTABLE", "McNemar, exact"):
        assert words in shown
    asked, shared = (int(word) for word in said.splitlines()[-1].split() if word.isdigit())
    runs = [RunFolder(path.parent) for path in (place / "runs").glob("*/config.json")]
    assert len(runs) == 8  # an arm that changes nothing is the baseline's run
    attempts = [(task, one.seed, one.chat) for run in runs for task in run.tasks() for one in run.tree(task)[1]]
    assert (asked, shared) == (len(set(attempts)), len(attempts) - len(set(attempts)))
    assert shared > 0


def test_the_same_command_prints_the_same_table_and_asks_nothing(place: Path) -> None:
    """A finished ablation is a table of its runs."""
    again = gifmcts(place, *SMALL)
    assert again.stdout == (place / "shown.txt").read_text()
    assert "0 answers were asked for, 0 were shared" in again.stderr


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
    written(tmp_path, "window = 2\n", "window-2.toml")
    done = gifmcts(tmp_path, "ablate", "window-2.toml", "--limit", "1", "--dry-run", "--seeds", "1")
    assert "changes window 2" in done.stdout
    assert not (tmp_path / "runs").exists()


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
