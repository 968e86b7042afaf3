"""The log of a grading: lines that prove themselves, torn and damaged ones left out, one writer at a time."""

from pathlib import Path

import pytest
from apps_rows import stdin_problem

from apps_eval.grading.folder import GradingFolder, Manifest, Start
from apps_eval.grading.record import Record, record
from apps_eval.judges import Trial
from apps_eval.options import Rules
from gifmcts.errors import RunMismatch, StoreError
from gifmcts.types import Verdict
from sandbox.types import Outcome, Status

MANIFEST = Manifest({"time limit": 4.0})
START = Start("now", "gifmcts grade", "file", "0", "0")
PROBLEM = stdin_problem(("a", "b"))


def one(name: str) -> Record:
    """A record of a program of that name."""
    return record(PROBLEM, name, Rules.STRICT, [Trial(0, Verdict.WRONG, outcome=Outcome(Status.OK, stdout=b"\xff\x00"))])


def names(folder: GradingFolder) -> list[str]:
    """The programs of all records."""
    return [found.program for _, found in folder.read()]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """By anyone, in order, at its place, byte for byte."""
    with GradingFolder(tmp_path / "g").claim(MANIFEST, START) as folder:
        places = [folder.append(one(name)) for name in ("a", "b")]
        assert names(folder) == ["a", "b"]
        assert [folder.at(place) for place in places] == [one("a"), one("b")]
    assert GradingFolder(tmp_path / "g").manifest() == MANIFEST


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_last_line_is_dropped(tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    """And said; what comes next stands in its place."""
    with GradingFolder(tmp_path).claim(MANIFEST, START) as folder:
        for name in ("a", "b"):
            folder.append(one(name))
    log = tmp_path / "log.jsonl"
    log.write_bytes(log.read_bytes()[:-cut])
    with GradingFolder(tmp_path).claim(MANIFEST, START) as folder:
        assert "ended in the middle of a line" in caplog.text
        assert (names(folder), folder.damaged) == (["a"], 0)
        folder.append(one("c"))
        assert (names(folder), folder.damaged) == (["a", "c"], 0)


def test_a_line_that_was_changed_is_left_out_and_counted(tmp_path: Path) -> None:
    """One digit is enough."""
    with GradingFolder(tmp_path).claim(MANIFEST, START) as folder:
        for name in ("a", "b"):
            folder.append(one(name))
    log = tmp_path / "log.jsonl"
    first, _, rest = log.read_bytes().partition(b"\n")
    for changed in (first.replace(b"wrong", b"pass"), b"{}", b"\xff", first[:-1]):
        log.write_bytes(changed + b"\n" + rest)
        folder = GradingFolder(tmp_path)
        assert (names(folder), folder.damaged) == (["b"], 1)
        with pytest.raises(StoreError, match="was changed while it was read"):
            folder.at(0)


def test_one_process_writes_and_only_the_same_grading(tmp_path: Path) -> None:
    """Another start of other settings is told what differs; --fresh forgets."""
    with GradingFolder(tmp_path).claim(MANIFEST, START) as folder:
        folder.append(one("a"))
        with pytest.raises(StoreError, match="another process is writing"):
            GradingFolder(tmp_path).claim(MANIFEST, START)
    other = Manifest({"time limit": 2.0})
    with pytest.raises(RunMismatch, match=r"time limit: 4\.0 there, 2\.0 now"):
        GradingFolder(tmp_path).claim(other, START)
    with GradingFolder(tmp_path).claim(other, START, fresh=True) as folder:
        assert names(folder) == []


def test_a_folder_of_another_form_is_refused(tmp_path: Path) -> None:
    """Never guessed at."""
    with pytest.raises(StoreError, match="holds no grading"):
        GradingFolder(tmp_path).manifest()
    for text, message in (('{"config":{},"format":2}', "has format 2, this version reads 1"), ("{", "not a line")):
        (tmp_path / "grading.json").write_text(text)
        with pytest.raises(StoreError, match=message):
            GradingFolder(tmp_path).manifest()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose another place by --out"):
        GradingFolder(tmp_path / "file").claim(MANIFEST, START)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """As what it is, and what to do."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    with GradingFolder(tmp_path).claim(MANIFEST, START) as folder, pytest.raises(StoreError, match=r"No space left on device.*make room"):
        folder.append(one("a"))
