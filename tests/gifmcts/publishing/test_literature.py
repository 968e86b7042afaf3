"""Published numbers come from benchmarks, and only from those."""

from pathlib import Path

from finished_runs import finished

from gifmcts.publishing.literature import literature
from gifmcts.publishing.measures import published
from gifmcts.publishing.page import page
from gifmcts.seams import Literature


def test_a_benchmark_without_any_has_no_table(tmp_path: Path) -> None:
    """One that is not installed has none either, and its runs are reported all the same."""
    folder = finished(tmp_path / "run", budget=2)
    assert literature([folder]) == []
    assert "Beside the numbers" not in page([published(folder)], [])


def test_a_table_is_shown_as_text(tmp_path: Path) -> None:
    """Title, cells and notes; none of them is markup."""
    told = Literature("Beside <us>", ("method", "score"), [("greedy & more", "0.5")], ["higher is <b>better</b>"])
    text = page([published(finished(tmp_path / "run", budget=2))], [], [told])
    for part in ("<h2>Beside &lt;us&gt;</h2>", "<th>score</th>", "<td>greedy &amp; more</td>", "higher is &lt;b&gt;better&lt;/b&gt;"):
        assert part in text
