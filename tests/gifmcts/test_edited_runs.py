"""Whatever a run folder says, it is shown or refused: nobody who reads one meets a traceback, or an escape sequence."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from command import gifmcts
from finished_runs import finished
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from viewing import ask, viewed

from gifmcts.cli.listing import runs as list_runs
from gifmcts.cli.listing import show
from gifmcts.errors import GifmctsError, StoreError
from gifmcts.publishing.measures import published
from gifmcts.publishing.page import page
from gifmcts.publishing.rows import rows
from gifmcts.report import report
from gifmcts.settings import Grading
from gifmcts.store import RunFolder
from gifmcts.tiny import TinyOptions
from gifmcts.view.pages import Pages
from gifmcts.view.shelf import Shelf

EVIL = "\x1b]0;taken\x07\x1b[31m\u202e\x9b2J<script>"
ODD = (
    None,
    True,
    -1,
    0,
    99,
    10**30,
    1.5,
    1e308,
    "",
    EVIL,
    "../../etc",
    "x" * 300,
    [],
    {},
    [1],
    {"a": 1},
    "$x$",
    "tiny-1",
    "oracle",
    "greedy",
)
FILES = ("config.json", "summary.jsonl", "grades.jsonl", "refusals.jsonl", "trees/tiny-0.jsonl", "trees/tiny-2.jsonl")


@dataclass(frozen=True, slots=True)
class Edited:
    """A run with one value of one line of one file put in another's place."""

    file: str
    line: int
    place: int
    value: object

    def write(self, run: Path) -> None:
        """Edit the run; a place that is not there is any other."""
        file = run / self.file
        lines = [json.loads(line) for line in file.read_bytes().splitlines()]
        if not lines:
            return
        line = self.line % len(lines)
        steps = list(places(lines[line]))
        holder, key = steps[self.place % len(steps)]
        holder[key] = self.value  # type: ignore[index]
        file.write_text("".join(json.dumps(one) + "\n" for one in lines))


def places(value: object) -> Iterator[tuple[object, str | int]]:
    """Every place in a value at which another can be put."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places(inner)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a begun tree."""
    place = tmp_path_factory.mktemp("edited") / "run"
    folder = finished(place, mistakes=0.3, options=TinyOptions(problems=3, lines=5), budget=5, grade=Grading.ALL)
    lines = [line for line in (folder.path / "summary.jsonl").read_bytes().splitlines(keepends=True) if b'"tiny-2"' not in line]
    (folder.path / "summary.jsonl").write_bytes(b"".join(lines))
    return folder.path


def readings(place: Path) -> Iterator[Callable[[], object]]:
    """Every way in which a run is read."""
    pages, folder = Pages(Shelf(place)), RunFolder(place / "run")
    yield pages.runs
    yield lambda: pages.run("run", {})
    yield lambda: pages.side({"a": "run", "b": "run"})
    for task in ("tiny-0", "tiny-2"):
        yield lambda task=task: pages.problem("run", task, {"attempt": "1"})  # type: ignore[misc]
        yield lambda task=task: show("run", task, runs=place)  # type: ignore[misc]
        yield lambda task=task: show("run", task, runs=place, attempt=1)  # type: ignore[misc]
    yield lambda: pages.side_problem("tiny-1", {"a": "run", "b": "run"})
    yield lambda: show("run", runs=place)
    yield lambda: show("run", runs=place, problems=True)
    yield lambda: list_runs(runs=place)
    yield lambda: list_runs(runs=place, json=True)
    yield lambda: list(rows(folder))
    yield lambda: page([published(folder)], ())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.builds(Edited, st.sampled_from(FILES), st.integers(0, 5), st.integers(0, 500), st.sampled_from(ODD)))
def test_an_edited_run_is_shown_or_refused(run: Path, tmp_path: Path, edited: Edited) -> None:
    """By every reader, with an error of ours or none; nothing that a terminal would obey is printed."""
    place = tmp_path / "runs"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(run, place / "run")
    edited.write(place / "run")
    said = StringIO()
    for read in readings(place):
        with redirect_stdout(said), redirect_stderr(said):
            try:
                text = read()
            except GifmctsError:
                continue
        if isinstance(text, str):
            assert "<script>alert" not in text
            assert not set("\x1b\x07\x9b\u202e") & set(text)
    assert not set("\x1b\x07\x9b\u202e") & set(said.getvalue())


@pytest.fixture
def hostile(run: Path, tmp_path: Path) -> Path:
    """A folder with a run whose every name is an escape sequence."""
    shutil.copytree(run, tmp_path / "runs" / "evil")
    shutil.copytree(run, tmp_path / "runs" / "good")
    path = tmp_path / "runs" / "evil"
    config = json.loads((path / "config.json").read_bytes())
    config["config"] |= {"model": EVIL, "preset": EVIL, EVIL: EVIL, "facts": {EVIL: EVIL}}
    config["host"] = {"started": EVIL, EVIL: EVIL}
    config["chosen"] = {EVIL: EVIL}
    (path / "config.json").write_text(json.dumps(config))
    for file in ("summary.jsonl", "trees/tiny-0.jsonl", "trees/tiny-1.jsonl"):
        (path / file).write_text((path / file).read_text().replace('"group":"tiny"', json.dumps({"group": EVIL})[1:-1]))
    (path / "refusals.jsonl").write_text(json.dumps({"task": EVIL, "why": EVIL}) + "\n")
    return tmp_path


COMMANDS = (
    ("runs",),
    ("show", "evil"),
    ("show", "evil", "--problems"),
    ("show", "evil", "tiny-0"),
    ("show", "evil", "tiny-0", "--attempt", "0"),
    ("compare", "good", "evil"),
    ("report", "evil"),
    ("show", "\x1b[31mnone"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words).replace("\x1b", "ESC"))
def test_no_escape_sequence_of_a_run_reaches_the_terminal(hostile: Path, words: tuple[str, ...]) -> None:
    """Of a model, a group, a setting or a name that is wrong; it is spelt out."""
    done = gifmcts(hostile, *words)
    assert "Traceback" not in done.stderr
    assert not set("\x1b\x07\x9b\u202e") & set(done.stdout + done.stderr)


def test_no_mark_of_a_run_reaches_a_page(hostile: Path) -> None:
    """Of the view or of a report, as a mark or as a character that misleads."""
    assert gifmcts(hostile, "report", "evil", "-o", "report.html").returncode == 0
    texts = [(hostile / "report.html").read_text()]
    with viewed(hostile / "runs") as address:
        texts += [ask(address, path)[2] for path in ("/", "/run/evil", "/run/evil/tiny-0", "/side?a=evil&b=good")]
    for text in texts:
        assert "\\x1b]0;taken" in text
        assert "<script>" not in text.replace('<script src="', "")
        assert not set("\x1b\x07\x9b\u202e") & set(text)


def test_a_configuration_that_nests_without_end_is_refused(run: Path, tmp_path: Path) -> None:
    """As damaged, by name."""
    shutil.copytree(run, tmp_path / "run")
    text = (tmp_path / "run" / "config.json").read_text()
    (tmp_path / "run" / "config.json").write_text(text.replace('"config":{', '"config":{"deep":' + "[" * 100_000 + "]" * 100_000 + ",", 1))
    with pytest.raises(StoreError, match=r"config\.json"):
        RunFolder(tmp_path / "run").manifest()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("budget", "many", "Expected `int`, got `str` - at `$.budget`"),
        ("budget", 0, "at `$.budget`"),
        ("constants", [], "at `$.constants`"),
    ],
)
def test_a_configuration_of_another_form_is_refused(run: Path, tmp_path: Path, key: str, value: object, words: str) -> None:
    """With what is wrong, and what to do."""
    shutil.copytree(run, tmp_path / "run")
    config = json.loads((tmp_path / "run" / "config.json").read_bytes())
    config["config"][key] = value
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    with pytest.raises(StoreError, match="restore config.json") as refused:
        report(RunFolder(tmp_path / "run"))
    assert words in str(refused.value)
