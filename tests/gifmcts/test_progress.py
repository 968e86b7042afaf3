"""How far a run is, in one line."""

from gifmcts.cli.progress import Counts


def test_what_was_finished_earlier_is_told_apart() -> None:
    """Solved problems and calls are those of this start, so a run that goes on says how many it found finished."""
    counts = Counts(trees=1, solved=1)
    assert counts.line(4).startswith("1 of 4 finished, 1 solved on visible tests, 0 calls, ")
    for done in (True, True, False):
        counts.found_one(done)
    assert counts.line(4).startswith("3 of 4 finished, 2 of them earlier; since then 1 solved on visible tests, 0 calls, ")
