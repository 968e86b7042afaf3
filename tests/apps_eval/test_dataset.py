"""Data sets at rest, and the problems that filters leave of them."""

import gzip
import json
from pathlib import Path

import pytest
from apps_rows import row, write_lines
from shared_data import shared_data

from apps_eval.dataset import Filter, problems
from apps_eval.options import AppsOptions, Difficulty, Split
from apps_eval.problem import Problem
from apps_eval.sources import Directory, Hub, Lines, Parquet, find_source, text_rows
from gifmcts.errors import PreflightError, UsageError
from gifmcts.types import Refusal


def read(data: Path | str, **options: object) -> list[Problem | Refusal]:
    """Everything that the data poses and refuses."""
    chosen = AppsOptions(str(data), **options)  # type: ignore[arg-type]
    return list(problems(find_source(chosen.data, chosen.split), Filter.of(chosen)))


def names(items: list[Problem | Refusal]) -> list[str]:
    """Ids, those of refusals with an exclamation mark."""
    return [item.id if isinstance(item, Problem) else f"{item.id}!" for item in items]


def test_a_bad_row_stops_no_other(tmp_path: Path) -> None:
    """Malformed rows are refused by id, or by line where they have none, and the rest is read."""
    data = write_lines(tmp_path / "a.jsonl", row("1"), "{broken", "", row("2", input_output=""), row("3"), row("3"))
    items = read(data)
    assert names(items) == ["1", "line-2!", "2!", "3", "3!"]
    assert isinstance(items[-1], Refusal)
    assert "second time" in items[-1].reason


def test_gzip_is_read_and_its_damage_costs_only_the_rest(tmp_path: Path) -> None:
    """A truncated gzip file yields what it still holds and one refusal that says so."""
    whole = gzip.compress("".join(f"{json.dumps(row(str(i), question='x' * 2000 + str(i)))}\n" for i in range(200)).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole)
    assert len(names(read(tmp_path / "a.jsonl.gz"))) == 200
    (tmp_path / "b.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    items = read(tmp_path / "b.jsonl.gz")
    assert names(items[:1]) == ["0"]
    assert isinstance(items[-1], Refusal)
    assert "damaged" in items[-1].reason


def test_every_form_holds_the_same_problems(tmp_path: Path) -> None:
    """jsonl, parquet, the text builder and a directory of directories agree."""
    rows = [row("1"), row("22", input_output=json.dumps({"fn_name": "f", "inputs": [[1]], "outputs": [2]}), starter_code="def f(x):")]
    lines = write_lines(tmp_path / "a.jsonl", *rows)
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    for cells in rows:
        place = tmp_path / "tree" / str(cells["problem_id"])
        place.mkdir(parents=True)
        (place / "question.txt").write_text(str(cells["question"]))
        (place / "input_output.json").write_text(str(cells["input_output"]))
        (place / "solutions.json").write_text(str(cells["solutions"]))
        (place / "metadata.json").write_text(json.dumps({"difficulty": cells["difficulty"], "url": cells["url"]}))
        (place / "starter_code.py").write_text(str(cells["starter_code"]))
    expected = read(lines)
    assert names(expected) == ["1", "22"]
    assert read(tmp_path / "a.parquet") == expected
    assert read(tmp_path / "tree") == expected
    assert read(tmp_path / "tree" / "22") == expected[1:]


def test_the_text_builder_streams_lines(tmp_path: Path) -> None:
    """The reader of the public data set keeps every line, the bad one included, at its own place."""
    pytest.importorskip("datasets")
    data = write_lines(tmp_path / "a.jsonl", row("1"), "{broken", row("3", extra=1))
    places = list(text_rows(str(data)))
    assert [place for place, _ in places] == ["line-1", "line-2", "line-3"]
    assert [text for _, text in places] == data.read_text().splitlines()


def test_what_cannot_be_reached_is_said_in_words(tmp_path: Path) -> None:
    """A missing file behind the text builder ends with what to do, whatever the library raises."""
    pytest.importorskip("datasets")
    with pytest.raises(PreflightError, match="pass its path as --data"):
        next(iter(text_rows(str(tmp_path / "missing.jsonl"))))


def test_a_directory_of_splits_is_read_by_split(tmp_path: Path) -> None:
    """``train.jsonl`` and ``test.jsonl`` side by side are the two halves."""
    write_lines(tmp_path / "train.jsonl", row("1"))
    write_lines(tmp_path / "test.jsonl", row("2"))
    assert names(read(tmp_path)) == ["2"]
    assert names(read(tmp_path, split=Split.TRAIN)) == ["1"]


def test_filters_choose_rows(tmp_path: Path) -> None:
    """Difficulty, ids, ranges and limit; refusals do not count against the limit."""
    levels = ["interview", "competition", "introductory"]
    data = write_lines(tmp_path / "a.jsonl", row("bad", input_output=""), *(row(str(i), difficulty=levels[i % 3]) for i in range(12)))
    assert names(read(data, difficulty=Difficulty.COMPETITION)) == ["1", "4", "7", "10"]
    assert names(read(data, ids=("3-5", "0009", "nobody"))) == ["3", "4", "5", "9", "nobody!"]
    assert names(read(data, limit=2)) == ["bad!", "0", "1"]
    assert names(read(data, limit=1, ids=("7", "8"))) == ["7"]
    with pytest.raises(UsageError, match="--limit"):
        read(data, limit=0)


@pytest.mark.parametrize("entry", ["²", "", ",", "5-1", "3-", "-3", "a b", "9" * 5000, "1-" + "9" * 5000, "x" * 129, ".."])
def test_what_is_no_id_is_refused_in_words(entry: str) -> None:
    """Neither an id nor a range: the user is told, however long it is."""
    with pytest.raises(UsageError, match="--ids") as told:
        Filter.of(AppsOptions(ids=(entry,)))
    assert len(str(told.value)) < 400


def test_an_id_with_a_dash_is_no_range() -> None:
    """Only two numbers are a range."""
    assert Filter.of(AppsOptions(ids=("set-1", "3-5"))) == Filter(names=frozenset({"set-1"}), ranges=(range(3, 6),))


def test_an_id_of_any_length_costs_its_row_alone(tmp_path: Path) -> None:
    """The rows beside it are read."""
    data = write_lines(tmp_path / "a.jsonl", row("1"), '{"question": "q", "problem_id": ' + "7" * 10_000 + "}", row("2"))
    assert names(read(data)) == ["1", "line-2!", "2"]


def test_gzip_is_known_by_its_bytes(tmp_path: Path) -> None:
    """Whatever the file's name says."""
    text = f"{json.dumps(row('1'))}\n".encode()
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(text))
    (tmp_path / "plain.jsonl.gz").write_bytes(text)
    assert names(read(tmp_path / "packed.jsonl")) == names(read(tmp_path / "plain.jsonl.gz")) == ["1"]
    assert (Lines(tmp_path / "packed.jsonl").count(), Lines(tmp_path / "plain.jsonl.gz").count()) == (None, 1)


def test_an_unwanted_row_is_not_refused(tmp_path: Path) -> None:
    """A malformed row that the filters leave out is nobody's concern."""
    data = write_lines(tmp_path / "a.jsonl", row("1", input_output=""), row("2"))
    assert names(read(data, ids=("2",))) == ["2"]


def test_data_is_found_by_what_it_is(tmp_path: Path) -> None:
    """A path, a public name with or without a revision, and nothing at all."""
    data = write_lines(tmp_path / "a.jsonl", row())
    (tmp_path / "a.parquet").touch()
    assert isinstance(find_source(str(data), Split.TEST), Lines)
    assert isinstance(find_source(str(tmp_path), Split.TEST), Directory)
    assert isinstance(find_source(str(tmp_path / "a.parquet"), Split.TEST), Parquet)
    assert find_source("codeparrot/apps@abc", Split.TRAIN) == Hub("codeparrot/apps", "abc", Split.TRAIN)
    for nothing in ("no-such-suite", "missing/file.jsonl", "./a/b"):
        with pytest.raises(UsageError, match="no data at"):
            find_source(nothing, Split.TEST)


def test_an_unreadable_file_is_a_usage_error(tmp_path: Path) -> None:
    """What is no parquet file, and a directory without problems, end with what to do and no traceback."""
    (tmp_path / "a.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(UsageError, match="parquet"):
        read(tmp_path / "a.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no problems"):
        read(tmp_path / "empty")


def test_the_checksum_follows_the_bytes(tmp_path: Path) -> None:
    """Other bytes, another checksum; the same bytes elsewhere, the same."""
    one, two = write_lines(tmp_path / "a.jsonl", row("1")), write_lines(tmp_path / "b.jsonl", row("1"))
    other = write_lines(tmp_path / "c.jsonl", row("2"))
    sums = [find_source(str(path), Split.TEST).checksum() for path in (one, two, other)]
    assert sums[0] == sums[1] != sums[2]


def test_the_real_problems_are_all_posed() -> None:
    """Every row of the real data is a problem, 25 of each level, 478 tests."""
    items = read(shared_data("apps", "mini_val.jsonl"))
    posed = [item for item in items if isinstance(item, Problem)]
    assert (len(items), len(posed), sum(len(item.cases) for item in posed)) == (75, 75, 478)
    assert sum(item.difficulty == "competition" for item in posed) == 25


def test_the_directory_form_is_read_as_it_was_published() -> None:
    """The three problems in directory form, below their split."""
    items = read(shared_data("apps", "coderl"), split=Split.TRAIN)
    assert names(items) == ["0001", "2287", "2404"]
