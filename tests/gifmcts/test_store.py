"""A run folder survives kills, refuses what is not its own, and gives back what was written."""

import asyncio
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Scripted

from gifmcts import records
from gifmcts.errors import RunMismatch, StoreError, UsageError
from gifmcts.manifest import Manifest
from gifmcts.prompting import Prompts
from gifmcts.records import Summary
from gifmcts.search import Search, Setting
from gifmcts.store import RunFolder
from gifmcts.strategies.catalog import open_strategy
from gifmcts.tiny import Tiny
from gifmcts.types import Attempt, Label, Sampling

TINY = Tiny()
TASK = TINY.task(0)
MANIFEST = Manifest({"budget": 3, "seed": 0}, {}, "d1", simulated=True)
SUMMARY = Summary("tiny-0", "tiny", Label.HELD_OUT, "budget", 3, 0, 1, 0.5, None, 1, 2, 0, 0.1, 0.2, "abc")


def attempts() -> list[Attempt]:
    setting = Setting(Scripted(TINY, 0.5), Prompts("apps"), Sampling(), 0, 6)
    return asyncio.run(Search(TASK, open_strategy("gif-mcts", "honest"), setting, lambda attempt: None).run()).tree.attempts


def write(path: Path, made: list[Attempt]) -> str:
    with RunFolder(path).claim(MANIFEST) as folder:
        file = folder.open_tree(TASK, MANIFEST.digest)
        for attempt in made[len(file.recorded) :]:
            file.append(attempt)
        file.close()
        return file.digest


def test_attempts_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Chats are stored as what differs, and read whole."""
    made = attempts()
    write(tmp_path / "run", made)
    header, read = RunFolder(tmp_path / "run").tree("tiny-0")
    assert read == made
    assert header.fields == TASK.fields


@pytest.mark.parametrize("torn", [1, 40, 4000])
def test_a_torn_last_line_is_dropped_and_the_digest_is_that_of_a_whole_file(tmp_path: Path, torn: int) -> None:
    """Wherever a kill cut the file, writing the rest again gives the same tree."""
    made = attempts()
    digest = write(tmp_path / "whole", made)
    write(tmp_path / "run", made)
    file = tmp_path / "run" / "trees" / "tiny-0.jsonl"
    file.write_bytes(file.read_bytes()[:-torn])
    assert write(tmp_path / "run", made) == digest
    assert RunFolder(tmp_path / "run").tree("tiny-0")[1] == made


def test_the_digest_forgets_timings_and_nothing_else(tmp_path: Path) -> None:
    """Other seconds are the same tree, another answer is not."""
    made = attempts()
    slow = [replace(attempt, seconds=9.0, completion=replace(attempt.completion, seconds=5.0, cached_tokens=3)) for attempt in made]
    other = [*made[:-1], replace(made[-1], seed=1)]
    digests = [write(tmp_path / name, some) for name, some in (("a", made), ("b", slow), ("c", other))]
    assert digests[0] == digests[1] != digests[2]


def test_damage_in_the_middle_is_an_error_that_says_where(tmp_path: Path) -> None:
    """Only a torn end is forgiven."""
    write(tmp_path / "run", attempts())
    file = tmp_path / "run" / "trees" / "tiny-0.jsonl"
    lines = file.read_bytes().split(b"\n")
    lines[2] = lines[2][:-5]
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(StoreError, match=r"tiny-0\.jsonl:3: not a line of a run folder"):
        RunFolder(tmp_path / "run").tree("tiny-0")


def test_another_configuration_is_refused_with_its_differences(tmp_path: Path) -> None:
    """The message names each key with both values."""
    write(tmp_path / "run", [])
    with pytest.raises(RunMismatch, match=r"budget: 3 there, 4 now"):
        RunFolder(tmp_path / "run").claim(replace(MANIFEST, config={"budget": 4, "seed": 0}, digest="d2"))


def test_fresh_forgets_the_earlier_run(tmp_path: Path) -> None:
    """With another configuration, too."""
    write(tmp_path / "run", attempts())
    other = replace(MANIFEST, config={"budget": 4}, digest="d2")
    with RunFolder(tmp_path / "run").claim(other, fresh=True) as folder:
        assert folder.tasks() == []
        assert folder.manifest() == other


def test_two_writers_are_refused(tmp_path: Path) -> None:
    """Also from another process."""
    program = (
        "import sys; from pathlib import Path; from gifmcts.store import RunFolder\n"
        "from gifmcts.manifest import Manifest; from gifmcts.errors import StoreError\n"
        "try: RunFolder(Path(sys.argv[1])).claim(Manifest({}, {}, 'd1', True))\n"
        "except StoreError as error: print(error)"
    )
    with RunFolder(tmp_path / "run").claim(MANIFEST):
        result = subprocess.run([sys.executable, "-c", program, str(tmp_path / "run")], capture_output=True, text=True, check=True)
    assert "another process is writing to the run run" in result.stdout


def test_changed_data_is_refused(tmp_path: Path) -> None:
    """A tree is never continued on another statement."""
    write(tmp_path / "run", attempts())
    with RunFolder(tmp_path / "run").claim(MANIFEST) as folder, pytest.raises(StoreError, match="the data has changed"):
        folder.open_tree(replace(TASK, fields={"question": "other"}), MANIFEST.digest)


def test_rows_survive_a_torn_end(tmp_path: Path) -> None:
    """A half-written summary row is dropped, before reading and before appending."""
    with RunFolder(tmp_path / "run").claim(MANIFEST) as folder:
        folder.finish(SUMMARY)
    file = tmp_path / "run" / "summary.jsonl"
    file.write_bytes(file.read_bytes() + file.read_bytes()[:30])
    assert RunFolder(tmp_path / "run").summaries() == {"tiny-0": SUMMARY}
    with RunFolder(tmp_path / "run").claim(MANIFEST) as folder:
        folder.finish(replace(SUMMARY, task="tiny-1"))
    assert list(RunFolder(tmp_path / "run").summaries()) == ["tiny-0", "tiny-1"]


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(StoreError, match="is not a run folder"):
        RunFolder(tmp_path).manifest()
    write(tmp_path / "run", [])
    with pytest.raises(UsageError, match="has no tree of task"):
        RunFolder(tmp_path / "run").tree("../config")


@given(st.text(), st.text())
def test_an_excerpt_and_its_text_are_the_message(one: str, other: str) -> None:
    """Storing what differs loses nothing."""
    made = attempts_of_text(one, other)
    lines = [records.line(attempt, made[0].chat if attempt.index else ()) for attempt in made]
    assert [records.attempt(line, made[0].chat) for line in lines] == made


def attempts_of_text(one: str, other: str) -> list[Attempt]:
    base = BASE[0]
    texts = [tuple(replace(message, content=text) for message in base.chat) for text in (one, other + one)]
    return [replace(base, index=index, chat=chat) for index, chat in enumerate(texts)]


BASE = attempts()


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Nothing that was written is lost: after making room the rest is written behind it."""
    made = attempts()
    digest = write(tmp_path / "whole", made)
    with RunFolder(tmp_path / "run").claim(MANIFEST) as folder:
        file = folder.open_tree(TASK, MANIFEST.digest)
        file.append(made[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.size + 10, hard))
        try:
            with pytest.raises(StoreError, match="make room, then the same command goes on"):
                file.append(made[1])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, previous)
    assert write(tmp_path / "run", made) == digest
