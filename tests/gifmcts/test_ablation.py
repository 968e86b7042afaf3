"""An ablation is a file that changes a few settings; the table is what the runs of its arms say."""

from pathlib import Path

import pytest
from finished_runs import finished
from scripted import Scripted
from searching import TINY, search

from apps_eval.benchmark import Apps
from apps_eval.options import AppsOptions, Rules
from gifmcts.ablation import Usual, arms, blaming, read_arm
from gifmcts.duplicates import Duplicates
from gifmcts.errors import ConfigError, UsageError
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.strategies.catalog import open_strategy
from gifmcts.tabulating import ArmRuns, tabulate
from gifmcts.tiny import TinyOptions
from gifmcts.types import Action, Label

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs" / "ablations").rglob("*.toml"))


USUAL = Usual(RunSettings(), SamplingSettings())
APPS = Usual(RunSettings(), SamplingSettings(), AppsOptions(limit=3), Apps.judging)


def written(place: Path, text: str, name: str = "arm.toml") -> Path:
    (place / name).write_text(text)
    return place / name


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_shipped_ablation_asks_a_question_and_searches(file: Path) -> None:
    """Its keys exist, its comment asks something, its templates are there, and its strategy spends its budget."""
    arm = read_arm(file, APPS)
    assert "?" in arm.question
    chosen = arm.settings
    strategy = open_strategy(chosen.strategy, chosen.preset, chosen.actions, chosen.set, templates=chosen.templates)
    ended = search(Scripted(TINY, 0.8), strategy, window=chosen.window, duplicates=chosen.duplicates)
    assert len(ended.tree.attempts) == 20
    for template in chosen.templates.values():
        assert (ROOT / "prompts" / "apps" / f"{template}.jinja").is_file()


def test_shipped_ablations_have_names_of_their_own() -> None:
    """All of them can stand in one table."""
    names = [arm.name for arm in arms(CONFIGS, APPS)]
    assert len(names) == len(set(names)) == len(CONFIGS) + 2
    assert names[:2] == ["baseline", "best-of-n"]


def test_an_arm_overrides_settings_key_by_key(tmp_path: Path) -> None:
    """Tables are merged, what the file does not name stays, and its first comment is the question."""
    text = '# Why?\n# Because.\nactions = ["generate"]\nduplicates = "every"\ntemperature = 0.5\n[set]\nlines = 3\nlearn_blend = true\n'
    base = RunSettings(budget=7, set={"exploration": "0.2", "lines": "1"})
    arm = read_arm(written(tmp_path, text), Usual(base, SamplingSettings()))
    assert (arm.name, arm.question) == ("arm", "Why? Because.")
    assert arm.settings.actions == (Action.GENERATE,)
    assert arm.settings.set == {"exploration": "0.2", "lines": "3", "learn_blend": "true"}
    assert (arm.settings.duplicates, arm.settings.budget, arm.sampling.temperature) == (Duplicates.EVERY, 7, 0.5)


def test_an_arm_may_judge_otherwise_and_poses_the_same_problems(tmp_path: Path) -> None:
    """Options of the benchmark stand in a table; those that the file does not name stay, and a benchmark may offer none."""
    arm = read_arm(written(tmp_path, "[benchmark]\nrules = 'official'\ntime_limit = 2\n"), APPS)
    assert arm.options == AppsOptions(limit=3, rules=Rules.OFFICIAL, time_limit=2.0)
    assert read_arm(written(tmp_path, "window = 2"), APPS).options is APPS.options
    with pytest.raises(ConfigError, match="no option in which the arms"):
        read_arm(written(tmp_path, "[benchmark]\nproblems = 2"), Usual(RunSettings(), SamplingSettings(), TinyOptions()))


def test_another_strategy_starts_from_its_own_constants(tmp_path: Path) -> None:
    """What was said of the baseline's strategy does not hold for it; what the file says does."""
    base = RunSettings(set={"exploration": "0.2"}, actions=(Action.FIX,), templates={"fix": "fix"}, window=2)
    settings = read_arm(written(tmp_path, "strategy = 'rex'\n[set]\nweight = 3.0\n"), Usual(base, SamplingSettings())).settings
    assert (settings.strategy, settings.set, settings.actions, settings.templates, settings.window) == (
        "rex",
        {"weight": "3.0"},
        None,
        {},
        2,
    )


def test_what_is_refused_of_an_arm_names_its_file(tmp_path: Path) -> None:
    """And what is refused of the settings as they are names none."""
    baseline, _, arm = arms([written(tmp_path, "window = 2")], USUAL)
    with pytest.raises(ConfigError, match=r"arm\.toml: there is no strategy"), blaming(arm):
        open_strategy("gifmcts", "honest")
    with pytest.raises(ConfigError, match="^there is no strategy"), blaming(baseline):
        open_strategy("gifmcts", "honest")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budget = 3", "cannot change 'budget', which is the same for all arms; it may change strategy"),
        ("action = ['fix']", "did you mean 'actions'"),
        ("actions = ['fix', 'gen']", "arm.toml: actions = .*: there is no 'gen'; choose among generate, improve, fix$"),
        ("duplicates = 'twice'", "there is no 'twice'; choose among once, every$"),
        ("actions = 'fix'", "actions = 'fix': Expected `array"),
        ("window = 'x'", "window = 'x'"),
        ("# nothing", "changes nothing"),
        ("window = [", "is not TOML"),
        ("[window]\nx = 1", "window = .*: Expected `int`, got `object`"),
        ("[benchmark.rules]\nx = 1", "benchmark.rules = .*choose among strict, official$"),
        ("[benchmark]\nrule = 'official'", "cannot change 'benchmark.rule', did you mean 'rules'"),
        (
            "[benchmark]\nlimit = 2",
            "cannot change 'benchmark.limit', which is the same for all arms; it may change early_stop, memory_mb, rules, search",
        ),
        ("[benchmark]\nrules = 'offical'", "benchmark.rules = 'offical': there is no 'offical'; choose among strict, official$"),
        ("[benchmark]\ntime_limit = 'x'", "benchmark.time_limit = 'x': Expected `float`"),
        ("benchmark = 'apps'", "as a table .benchmark.$"),
        ("rules = 'official'", "arm.toml: 'rules' is an option of the benchmark: write it below a line .benchmark.$"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    """With a suggestion where something is close."""
    with pytest.raises(ConfigError, match=message):
        read_arm(written(tmp_path, text), APPS)


def test_what_leaves_no_room_for_an_ablation_is_refused(tmp_path: Path) -> None:
    """No file, the same name twice, a name for all runs, pass@k."""
    file = written(tmp_path, "window = 2")
    with pytest.raises(UsageError, match="at least one file"):
        arms([], USUAL)
    with pytest.raises(UsageError, match="an arm named 'arm' already"):
        arms([file, file], USUAL)
    with pytest.raises(UsageError, match="--pass-at"):
        arms([file], Usual(RunSettings(pass_at=(1,)), SamplingSettings()))
    with pytest.raises(ConfigError, match="give a TOML file"):
        arms([tmp_path / "missing.toml"], USUAL)


def test_best_of_n_is_always_among_the_arms(tmp_path: Path) -> None:
    """At the same budget and without what it has not; once, if it is the baseline."""
    file = written(tmp_path, "window = 2")
    base = RunSettings(budget=9, set={"lines": "3"}, actions=(Action.FIX,))
    _, samples, _ = arms([file], Usual(base, SamplingSettings()))
    assert (samples.settings.strategy, samples.settings.budget, samples.settings.set, samples.settings.actions) == (
        "best-of-n",
        9,
        {},
        None,
    )
    assert len(arms([file], Usual(RunSettings(strategy="best-of-n"), SamplingSettings()))) == 2


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
