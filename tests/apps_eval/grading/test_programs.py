"""Programs come in every form as what they are, and what is none is refused by its place."""

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps_eval.grading import original
from apps_eval.grading.original import read_original
from apps_eval.grading.places import read_programs
from apps_eval.grading.programs import Refused, Submission
from gifmcts.errors import UsageError


def found(place: Path) -> list[tuple[str, int | None, str]]:
    """What was read, without places; nothing may be refused."""
    items = list(read_programs(str(place)))
    assert not [item for item in items if isinstance(item, Refused)], items
    return [(item.problem_id, item.sample, item.source) for item in items if isinstance(item, Submission)]


def refused(place: Path) -> dict[str, str]:
    """Places and reasons of what was refused."""
    return {item.place: item.reason for item in read_programs(str(place)) if isinstance(item, Refused)}


def test_rows_are_read_plain_and_compressed(tmp_path: Path) -> None:
    """A byte order mark, blank lines, unknown columns and missing numbers change nothing, nor does the file's name."""
    rows = [{"problem_id": 7, "source": "a", "sample": 2, "more": 1}, {"problem_id": "x", "source": "b"}]
    text = "\ufeff" + "\n\n".join(map(json.dumps, rows))
    (tmp_path / "one.jsonl").write_text(text)
    (tmp_path / "two.txt").write_bytes(gzip.compress(text.encode()))
    assert found(tmp_path / "one.jsonl") == found(tmp_path / "two.txt") == [("7", 2, "a"), ("x", None, "b")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[]", "not a JSON object"),
        (b'{"source": "a"}', "neither problem_id nor id"),
        (b'{"problem_id": "../a", "source": "a"}', "is no problem id"),
        (b'{"problem_id": 1}', "there is no source"),
        (b'{"problem_id": 1, "source": null}', "source is not a text"),
        (b'{"problem_id": 1, "source": "a", "sample": -1}', "sample is not a whole number"),
        (b'{"problem_id": 1, "source": "a", "sample": true}', "sample is not a whole number"),
        (b'{"problem_id": 1, "source": "a", "sample": "1"}', "sample is not a whole number"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, line: bytes, reason: str) -> None:
    """It costs itself alone."""
    good = b'{"problem_id": 1, "source": "a"}\n'
    (tmp_path / "rows.jsonl").write_bytes(good + line + b"\n" + good)
    items = list(read_programs(str(tmp_path / "rows.jsonl")))
    assert [isinstance(item, Submission) for item in items] == [True, False, True]
    (why,) = refused(tmp_path / "rows.jsonl").items()
    assert why[0] == "line-2"
    assert reason in why[1]


def test_the_original_form_is_read(tmp_path: Path) -> None:
    """Lists, single programs and the form with ``code``; a place without a program keeps its number; gzip too."""
    text = json.dumps({"0": ["a", None, "b"], "0003": "c", "5": {"code": ["d"], "prompt": "p"}, "6": 7, "..": ["e"]}, indent=1)
    for name, content in (("all_codes.json", text.encode()), ("all_codes.json.gz", gzip.compress(text.encode()))):
        (tmp_path / name).write_bytes(content)
        items = list(read_programs(str(tmp_path / name)))
        read = [(item.problem_id, item.sample, item.source) for item in items if isinstance(item, Submission)]
        assert read == [("0", 0, "a"), ("0", 2, "b"), ("0003", 0, "c"), ("5", 0, "d")]
        assert list(refused(tmp_path / name)) == ["index 0 program 1", "index 6", "index .. program 0"]


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.lists(st.text(st.characters(codec="utf-8"), max_size=9))))
def test_an_object_is_read_in_pieces_as_at_once(entries: dict[str, list[str]]) -> None:
    """Whatever the sources hold and wherever a piece of the file ends."""
    for ascii_only in (True, False):
        file = Pieces(json.dumps(entries, ensure_ascii=ascii_only).encode())
        assert list(original._Entries(file)) == [*entries.items()]
    assert list(original._Entries(io.BytesIO(b" { } "))) == []


class Pieces(io.BytesIO):
    """A file that gives three bytes at a time."""

    def read(self, size: int = -1) -> bytes:
        return super().read(3)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"0": ["a"]', '{"0": ["a"] "1": []}', '{"0": ["a"], 1: []}', '{"0": ["a"], "1": [}', '{"0": ["a"]}\n{}']
)
def test_a_damaged_original_keeps_what_came_before(tmp_path: Path, text: str) -> None:
    """The rest is refused once, never guessed at; so is what follows the object."""
    (tmp_path / "all_codes.json").write_text(text)
    items = list(read_original(tmp_path / "all_codes.json"))
    assert isinstance(items[-1], Refused)
    assert "the rest of it is lost" in items[-1].reason
    assert [item.source for item in items[:-1] if isinstance(item, Submission)] == (["a"] if text.startswith("{") else [])
    assert len(items) == 1 + text.startswith("{")


def test_a_directory_is_read(tmp_path: Path) -> None:
    """One program a problem, several, published lists, and files of programs; what is neither is named."""
    (tmp_path / "12.py").write_text("a")
    (tmp_path / "13").mkdir()
    for name, text in (("1.py", "b"), ("0.py", "c"), ("best.py", "d"), ("question.txt", "no program"), (".hidden.py", "no program")):
        (tmp_path / "13" / name).write_text(text)
    (tmp_path / "14").mkdir()
    (tmp_path / "14" / "gen_solutions.json").write_text(json.dumps([{"code": "e", "result": True}]))
    (tmp_path / "rows.jsonl").write_text('{"problem_id": 15, "source": "f"}\n')
    assert found(tmp_path) == [("12", None, "a"), ("13", 0, "c"), ("13", 1, "b"), ("13", None, "d"), ("14", 0, "e"), ("15", None, "f")]
    (tmp_path / "notes.md").write_text("not a program")
    (tmp_path / "16.py").write_bytes(b"\xff")
    assert list(refused(tmp_path)) == ["16.py", "notes.md"]


def test_a_damaged_gzip_file_keeps_what_came_before(tmp_path: Path) -> None:
    """The rest is refused by the line where it ends."""
    whole = gzip.compress("".join(json.dumps({"problem_id": n, "source": str(n * 7919)}) + "\n" for n in range(2000)).encode())
    (tmp_path / "rows.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    items = list(read_programs(str(tmp_path / "rows.jsonl.gz")))
    assert all(isinstance(item, Submission) for item in items[:-1])
    assert len(items) > 100
    assert isinstance(items[-1], Refused)
    assert "damaged here" in items[-1].reason


def test_nothing_of_that_name_is_an_error(tmp_path: Path) -> None:
    """It says what can be given."""
    with pytest.raises(UsageError, match=r"give a jsonl file, an all_codes\.json, a directory of programs, or a recorded run"):
        read_programs(str(tmp_path / "missing"))
