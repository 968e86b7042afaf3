"""The paper's numbers beside those of runs."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from command import gifmcts, result
from shared_data import shared_data

import gifmcts as gifmcts_package
from cwmb_eval.benchmark import Cwmb
from cwmb_eval.literature import HEADER, NUMBERS
from cwmb_eval.planning.keeping import FILE
from gifmcts.seams import Cited
from gifmcts.store import RunFolder

Cells = dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run over environments of three settings, planned with in one of them."""
    place = tmp_path_factory.mktemp("literature")
    result(place, "run", "cwmb", "--envs", "Taxi,CliffWalking,Pendulum,RTFM", "--budget", "6", "--name", "one")
    done = gifmcts(place, "cwmb", "plan", "one", "--envs", "RTFM", "--episodes", "8", "--json")
    assert done.returncode == 0, done.stderr
    return place


def table(place: Path, *runs: str) -> list[Cells]:
    """The rows of the table in a report."""
    done = gifmcts(place, "report", *runs, "-o", "report.html")
    assert done.returncode == 0, done.stderr
    text = (place / "report.html").read_text()
    part = text.partition("Beside the numbers of arXiv 2405.15383")[2].partition("</table>")[0]
    rows = [re.findall(r"<td>(.*?)</td>", line) for line in part.splitlines() if "<td>" in line]
    return [dict(zip(HEADER, map(unescape, cells), strict=True)) for cells in rows]


def ours(rows: list[Cells]) -> dict[str, Cells]:
    """The rows of runs by setting."""
    return {row["setting"]: row for row in rows if row["whose"] != "paper"}


def test_every_published_number_stands_there(place: Path) -> None:
    """With its model, its calls, its metric and its ceiling, and ours below those of the same method and setting."""
    rows = table(place, "one")
    paper = [row for row in rows if row["whose"] == "paper"]
    assert len(paper) == len(NUMBERS) == 10
    assert {row["metric"] for row in paper} == {"cwm2024, oracle"}
    found = {(row["setting"], row["method"], row["model"]): (row["accuracy"], row["R"], row["ceiling"]) for row in paper}
    assert found["continuous", "gif-mcts", "Llama 3 70B"] == ("0.35", "0.22", "0.674 (10 of 12)")
    assert found["discrete", "worldcoder", "GPT-4 Turbo"] == ("0.87", "0.79", "1.000 (5 of 6)")
    assert found["RTFM", "worldcoder", "GPT-4 Turbo"] == ("0.64", "-0.06", "–")
    order = [(row["setting"], row["method"], row["whose"] != "paper") for row in rows]
    assert order.index(("discrete", "gif-mcts", True)) == order.index(("discrete", "gif-mcts", False)) + 2


def test_a_run_stands_beside_them(place: Path) -> None:
    """The mean score of its chosen programs a setting, stamped where a stand-in wrote them, and R where it was planned with."""
    grades = RunFolder(place / "runs" / "one").grades()
    summaries = RunFolder(place / "runs" / "one").summaries()
    chosen = {name: next(row.reward for row in rows if row.attempt == summaries[name].best) for name, rows in grades.items()}
    found = ours(table(place, "one"))
    assert found.keys() == {"discrete", "continuous", "RTFM"}
    assert {row["metric"] for row in found.values()} == {"accuracy, held-out"}
    assert {row["ceiling"] for row in found.values()} == {"1.000"}
    assert {row["whose"] for row in found.values()} == {"one (SIMULATED)"}
    assert found["discrete"]["environments"] == "2"
    assert found["discrete"]["accuracy"] == f"{(chosen['Taxi-v4'] + chosen['CliffWalking-v1']) / 2:.3f}"
    assert found["RTFM"]["accuracy"] == f"{chosen['RTFM']:.3f}"
    assert [found[name]["R"] for name in ("discrete", "continuous")] == ["–", "–"]
    row = json.loads((place / "runs" / "one" / FILE).read_text())
    value = row["normalised"]["value"]
    assert found["RTFM"]["R"] == ("undefined" if value is None else f"{value:.2f} (1 of 1, one)")


def test_returns_of_another_program_are_not_told(place: Path) -> None:
    """What was planned with before the run chose otherwise says nothing of it now."""
    file = place / "runs" / "one" / FILE
    kept = file.read_text()
    file.write_text(json.dumps({**json.loads(kept), "program": "another"}) + "\n")
    try:
        assert ours(table(place, "one"))["RTFM"]["R"] == "–"
    finally:
        file.write_text(kept)


def test_the_released_metric_has_its_own_ceiling(tmp_path: Path) -> None:
    """Of the environments that the run is of, on the published transitions."""
    data = shared_data("cwmb")
    words = ("--published", str(data), "--metric", "cwm2024", "--budget", "1", "--strategy", "zero-shot", "--name", "two")
    result(tmp_path, "run", "cwmb", "--envs", "CliffWalking,Pendulum", *words)
    found = ours(table(tmp_path, "two"))
    assert {row["metric"] for row in found.values()} == {"cwm2024, oracle"}
    assert {setting: row["ceiling"] for setting, row in found.items()} == {"discrete": "1.000", "continuous": "0.667"}
    assert {row["method"] for row in found.values()} == {"zero-shot"}


def test_the_benchmark_fits_the_seam() -> None:
    """The engine asks a benchmark whether it knows of published numbers, and names none itself."""
    assert isinstance(Cwmb, Cited)
    texts = [path.read_text() for path in Path(gifmcts_package.__file__).parent.rglob("*.py")]
    assert texts
    assert not any(word in text for text in texts for word in ("CartPole", "RTFM", "cwm2024"))
