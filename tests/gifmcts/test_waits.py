"""Every second of a search is counted once, for what it waited for."""

from collections.abc import Iterator

import pytest

from gifmcts.starts import ServerLoad, Start, together
from gifmcts.waits import Place, Waits


def test_seconds_are_parted_among_model_sandbox_and_engine() -> None:
    """Calls and programs under way at the same time count for the model; nothing under way, for the engine."""
    times: Iterator[float] = iter([0.0, 1.0, 3.0, 6.0, 10.0, 15.0])
    waits = Waits(lambda: next(times))
    with waits.on(Place.SANDBOX):  # from 1
        with waits.on(Place.MODEL):  # from 3 to 6
            pass
        pass  # the sandbox alone until 10
    assert waits.seconds == {Place.ENGINE: 1.0 + 5.0, Place.SANDBOX: 2.0 + 4.0, Place.MODEL: 3.0}


def test_a_failure_ends_its_waiting() -> None:
    """What comes after it is the engine's again."""
    times: Iterator[float] = iter([0.0, 0.0, 2.0, 5.0])
    waits = Waits(lambda: next(times))
    with pytest.raises(ValueError, match="lost"), waits.on(Place.MODEL):
        raise ValueError("lost")
    assert waits.seconds == {Place.ENGINE: 3.0, Place.SANDBOX: 0.0, Place.MODEL: 2.0}


def test_starts_are_summed() -> None:
    """Also where only some had a server that told anything; no start at all took nothing."""
    starts = [Start(1.0, 0.5, 0.25, 0.25, ServerLoad(10, 5, 8.0, 2)), Start(2.0, 1.0, 0.5, 0.5), Start(server=ServerLoad(30, 25, 1.0, 1))]
    whole = together(starts)
    assert (whole.seconds, whole.model, whole.sandbox, whole.engine) == (3.0, 1.5, 0.75, 0.75)
    assert whole.server is not None
    assert (whole.server.hit_share, whole.server.mean_running) == (0.75, 3.0)
    assert together([]) == Start()
    assert (ServerLoad().hit_share, ServerLoad().mean_running) == (None, None)
