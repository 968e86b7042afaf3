"""Results as files: the rows that were promised, whole or not at all."""

import csv
from pathlib import Path

import pytest
from grading_folders import lines

from apps_eval.grading.exports import check_places, exported, exporting
from apps_eval.grading.results import Graded, GradedProblem, Mark
from apps_eval.options import Rules
from gifmcts.errors import UsageError
from gifmcts.types import Verdict

MARKS = {
    Rules.STRICT: (Mark(0, Verdict.PASS, 0.5, 10), Mark(1, Verdict.ERROR, 3.5, 20, near_limit=True, error="ValueError: =1+1")),
    Rules.OFFICIAL: (Mark(0, Verdict.COMPILE), Mark(1, Verdict.COMPILE)),
}
PROBLEM = GradedProblem("7", "interview", (Graded("7", 0, "interview", "line-1", MARKS), Graded("7", 1, "interview", "line-2", {})))


def test_every_form_holds_every_program(tmp_path: Path) -> None:
    """A row a test as jsonl; a row a program as CSV and as Parquet, where an unjudged one has no numbers."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    paths = [tmp_path / name for name in ("t.jsonl", "p.csv", "p.parquet")]
    with exporting(*paths, list(Rules)) as files:
        assert list(exported([PROBLEM], files)) == [PROBLEM]
        assert not any(path.exists() for path in paths)
    assert [(row["test"], row["verdict"], row["official"], row["cpu_seconds"]) for row in lines(paths[0])] == [
        (0, "pass", -2, 0.5),
        (1, "error", -2, 3.5),
    ]
    with paths[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["strict_passed"] for row in rows] == ["1", ""]
    table = parquet.read_table(paths[2]).to_pylist()
    assert [(row["problem_id"], row["sample"], row["strict_solved"], row["strict_near_limit"]) for row in table] == [
        ("7", 0, False, 1),
        ("7", 1, None, None),
    ]
    assert [list(row) for row in rows] == [list(row) for row in table]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "p.parquet", "t.jsonl"]


def test_codes_are_the_reference_scorers(tmp_path: Path) -> None:
    """True, false, −1 and −2 as JSON; null where its rules were not asked for."""
    verdicts = (Verdict.PASS, Verdict.WRONG, Verdict.TIME, Verdict.ERROR, Verdict.COMPILE)
    marks = tuple(Mark(test, verdict) for test, verdict in enumerate(verdicts))
    for rules, codes in ((Rules.OFFICIAL, [True, False, -1, -1, -2]), (Rules.STRICT, [None] * 5)):
        problem = GradedProblem("7", "interview", (Graded("7", 0, "interview", "", {rules: marks}),))
        with exporting(tmp_path / "t.jsonl", None, None, [rules]) as files:
            list(exported([problem], files))
        assert [row["official"] for row in lines(tmp_path / "t.jsonl")] == codes


def test_a_failure_leaves_no_file(tmp_path: Path) -> None:
    """Nor a part of one, and an earlier file stays."""
    (tmp_path / "t.jsonl").write_text("earlier")
    with pytest.raises(ZeroDivisionError), exporting(tmp_path / "t.jsonl", tmp_path / "p.csv", None, [Rules.STRICT]):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]
    assert (tmp_path / "t.jsonl").read_text() == "earlier"


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Before anything is run."""
    for paths in ((tmp_path, None, None), (None, tmp_path / "missing" / "p.csv", None)):
        with pytest.raises(UsageError, match="cannot be written"):
            check_places(*paths)
    with pytest.raises(UsageError, match="--per-test and --csv name the same file"):
        check_places(tmp_path / "a", tmp_path / "a", None)
