"""What is known of an input's end besides its status."""

import pytest

from sandbox import Outcome, Status


def test_written_bytes_are_output_and_result() -> None:
    """The error stream is not counted."""
    assert Outcome(Status.OK, b"four", b"result", b"an error").written_bytes == 10


@pytest.mark.parametrize(
    ("status", "seconds", "near"),
    [
        (Status.OK, 1.6, True),
        (Status.OK, 2.0, True),
        (Status.OK, 1.59, False),
        (Status.ERROR, 1.9, True),
        (Status.CRASH, 1.9, True),
        (Status.TIME, 2.0, False),
        (Status.MEMORY, 1.9, False),
        (Status.OUTPUT, 1.9, False),
        (Status.COMPILE, 0.0, False),
    ],
)
def test_near_is_within_a_fifth_of_the_limit(status: Status, seconds: float, near: bool) -> None:
    """Only of an input that ended by itself: of any other it is unknown how far it would have gone."""
    assert Outcome(status, cpu_seconds=seconds).near(2.0) is near
