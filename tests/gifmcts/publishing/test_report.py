"""A report says what the runs say, in one file that is the same wherever and whenever it is made."""

import base64
import re
import shutil
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command import gifmcts
from finished_runs import finished

from gifmcts.publishing.figures import pictures
from gifmcts.publishing.measures import Curve, horizon, published
from gifmcts.publishing.steps import placed
from gifmcts.replaying import replayed
from gifmcts.report import report
from gifmcts.settings import Grading
from gifmcts.store import RunFolder
from gifmcts.tiny import TinyOptions
from gifmcts.tree import frontier
from gifmcts.types import Action, Label

OPTIONS = TinyOptions(problems=8, lines=6)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs of the same problems, a third of others, and one that graded only its answers."""
    place = tmp_path_factory.mktemp("publishing")
    finished(place / "runs" / "one", mistakes=0.15, options=OPTIONS, budget=10)
    finished(place / "runs" / "two", mistakes=0.15, options=OPTIONS, budget=10, strategy="best-of-n")
    finished(place / "runs" / "few", mistakes=0.15, options=TinyOptions(problems=3, lines=6), budget=4)
    finished(place / "runs" / "last", mistakes=0.15, options=OPTIONS, budget=4, grade=Grading.BEST)
    return place


class Loads(HTMLParser):
    """What a page would fetch, and its style and policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.policy = self.style = ""
        self._styling = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [str(found[key]) for key in ("src", "href", "srcset", "data") if key in found]
        self._styling = tag == "style"
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(found["content"])

    def handle_data(self, data: str) -> None:
        if self._styling:
            self.style += data
            self._styling = False


def test_the_area_is_that_below_the_steps() -> None:
    """By hand; a curve that falls loses area, and one that has ended stays where it is."""
    curve = Curve([0, 10, 20], [0, 1, 0], 2)
    assert curve.area(20) == pytest.approx(10 / 40)
    assert curve.area(15) == pytest.approx(5 / 30)
    assert curve.area(40) == pytest.approx(10 / 80)
    assert Curve([0, 5], [0, 2], 2).area(10) == pytest.approx(0.5)
    assert Curve([0], [0], 0).area(10) == 0.0
    assert horizon([curve, Curve([0, 7], [0, 1], 1)]) == 7


def test_calls_stand_where_the_tree_has_them(place: Path) -> None:
    """Depth, cost and whether a call was better than all before it, read without any text."""
    folder = RunFolder(place / "runs" / "one")
    for task in folder.tasks():
        _, attempts = folder.tree(task)
        tree = replayed(folder.manifest().config, attempts, task)
        steps = list(placed(folder, task))
        nodes = {index: node for node in tree.nodes for index in node.attempts}
        assert [step.depth for step in steps] == [nodes[attempt.index].depth for attempt in attempts]
        assert [step.index for step in steps if step.better] == [attempt.index for attempt in frontier(attempts)]
        assert steps[-1].spent == sum(one.completion.prompt_tokens + one.completion.completion_tokens for one in attempts)


def test_curves_end_where_the_report_ends(place: Path) -> None:
    """Against calls and against tokens as many problems are solved in the end, and no more calls are counted than were made."""
    folder = RunFolder(place / "runs" / "one")
    told, shown = report(folder), published(folder)
    assert shown.by_calls[Label.HELD_OUT].solved == [0, *told.within[Label.HELD_OUT]]
    assert shown.by_tokens[Label.HELD_OUT].solved[-1] == told.shares[Label.HELD_OUT].hits > 0
    assert shown.area_by_calls(Label.HELD_OUT) == pytest.approx(sum(told.within[Label.HELD_OUT]) / 10 / told.shares[Label.HELD_OUT].n)
    assert sum(layer.calls for layer in shown.layers) == told.calls == sum(share.n for share in shown.yields.values())
    assert shown.yields[Action.GENERATE].hits > 0


def test_the_same_runs_give_the_same_bytes(place: Path) -> None:
    """Whatever the order of hashes, the folder and the time; the figures too."""
    made = []
    for seed in ("1", "2"):
        folder = place / f"out{seed}"
        done = gifmcts(place, "report", "one", "two", "-o", f"{folder}/r.html", "--figures", f"{folder}/figures", PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        made.append({file.relative_to(folder): file.read_bytes() for file in sorted(folder.rglob("*.*"))})
        assert sorted(done.stdout.split()) == sorted(str(folder / file) for file in made[-1])
    assert made[0] == made[1]
    assert {file.suffix for file in made[0]} == {".html", ".svg", ".pdf"}
    assert len(made[0]) == 1 + 2 * 5


def test_a_report_is_one_file(place: Path) -> None:
    """It fetches nothing, its policy lets it fetch nothing, and allows the very style that it has."""
    assert gifmcts(place, "report", "one", "-o", "alone.html").returncode == 0
    text = (place / "alone.html").read_text()
    page = Loads(text)
    assert page.addresses
    assert all(address.startswith("data:image/svg+xml;base64,") for address in page.addresses)
    allowed = base64.b64encode(sha256(page.style.encode()).digest()).decode()
    assert page.policy == f"default-src 'none'; img-src data:; style-src 'sha256-{allowed}'"
    assert "<script" not in text
    assert " style=" not in text


def test_every_number_has_its_label(place: Path) -> None:
    """Stamped where a stand-in answered; runs of other problems, and runs without a curve, say so."""
    assert gifmcts(place, "report", "one", "few", "last", "-o", "mixed.html").returncode == 0
    text = (place / "mixed.html").read_text()
    told = report(RunFolder(place / "runs" / "one"))
    assert "SIMULATED" in text
    assert "held-out: scored by tests that the search did not see" in text
    assert "have different problems (3 are in all of them)" in text
    assert "there is no curve" in text
    assert told.digest in text
    assert re.search(r"<td>\d+\.\d % <span[^>]*>[^<]*</span></td><td>\d</td><td>8</td>", text)


def test_estimates_of_independent_samples_are_told_apart(place: Path) -> None:
    """Each k beside its share, parted from the next; where no test ended near the limit, no program is counted."""
    finished(place / "runs" / "samples", mistakes=0.15, options=OPTIONS, budget=3, strategy="best-of-n", pass_at=(1, 3))
    assert gifmcts(place, "report", "samples", "-o", "samples.html").returncode == 0
    text = (place / "samples.html").read_text()
    assert re.search(r"<p>samples[^<]*, held-out: pass@1 \d+\.\d %, pass@3 \d+\.\d %</p>", text)
    assert "<td>none</td>" in text


def test_what_is_missing_is_named(place: Path, tmp_path: Path) -> None:
    """A run, an extra that is not installed, a place that cannot be written."""
    assert gifmcts(place, "report").returncode == 2
    assert gifmcts(place, "report", "none").returncode == 2
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')")
    done = gifmcts(place, "report", "one", "-o", "never.html", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "pip install 'gifmcts[report]'" in done.stderr
    assert not (place / "never.html").exists()
    (place / "file").write_text("")
    done = gifmcts(place, "report", "one", "-o", "file/r.html")
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)


@pytest.mark.parametrize("names", [["$\\frac{$"], ["_x"], ["x/one", "y/one"], ["long" * 50]])
def test_figures_name_runs_as_they_are_called(place: Path, tmp_path: Path, names: list[str]) -> None:
    """Whatever a formula or a legend would make of the name; two runs of one name are two."""
    for name in names:
        shutil.copytree(place / "runs" / "one", tmp_path / name)
    drawn = {picture.name: picture for picture in pictures([published(RunFolder(tmp_path / name)) for name in names])}
    for name in names:
        assert drawn["solved-within-calls-held-out"].words.count(f"{Path(name).name} (gif-mcts)") == len(names)
    alone = {picture.name: picture for picture in pictures([published(RunFolder(tmp_path / names[0]))])}
    assert (alone["verdicts"].svg == drawn["verdicts"].svg) == (len(names) == 1)
