"""The tests of unfinished executions: written one by one, known to the next start, and forgotten when the log has them."""

from contextlib import closing
from pathlib import Path

import pytest

from apps_eval.grading.journal import Journal
from apps_eval.grading.record import Left, Record
from apps_eval.options import Rules
from gifmcts.types import Verdict
from sandbox.types import Status


def one(program: str, test: int, output: bytes = b"x") -> Record:
    """A record of one test."""
    return Record("p", program, Rules.STRICT, (Left(test, Verdict.PASS, Status.OK, 0.25, output=output),))


def test_tests_are_known_to_the_next_start(tmp_path: Path) -> None:
    """By execution and index, without those that the log has since, and without a torn or a damaged line."""
    file = tmp_path / "tests.jsonl"
    first = Journal(file)
    for record in (one("a", 0), one("b", 0), one("a", 2), one("c", 1), one("a", 3)):
        first.add(record)
    first.drop("p", "b", Rules.STRICT)
    first.close()
    with closing(Journal(file)) as next_start:
        assert next_start.known("p", "b", Rules.STRICT) == {0: one("b", 0).tests[0]}
    data = file.read_bytes()
    file.write_bytes(data.replace(b'"program":"c"', b'"program":"d"')[:-3])
    with closing(Journal(file)) as again:
        assert again.known("p", "a", Rules.STRICT) == {test: one("a", test).tests[0] for test in (0, 2)}
        assert again.known("p", "a", Rules.OFFICIAL) == again.known("p", "c", Rules.STRICT) == again.known("p", "d", Rules.STRICT) == {}


@pytest.mark.parametrize("kept", [1, 100])
def test_the_file_does_not_grow_with_what_is_finished(tmp_path: Path, kept: int) -> None:
    """Its lines are dropped; those of what is under way stay and are found again, however many they are."""
    file, large = tmp_path / "tests.jsonl", bytes(range(256)) * 10
    under_way = Journal(file, 1 << 18)
    for test in range(kept):
        under_way.add(one("stays", test, large))
    for number in range(200):
        under_way.add(one(str(number), 0, large))
        under_way.drop("p", str(number), Rules.STRICT)
    assert file.stat().st_size < (1 << 19) + kept * 4 * len(large)
    assert sorted(under_way.known("p", "stays", Rules.STRICT)) == list(range(kept))
    under_way.close()
    with closing(Journal(file)) as again:
        assert sorted(again.known("p", "stays", Rules.STRICT)) == list(range(kept))
