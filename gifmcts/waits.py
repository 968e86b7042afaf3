"""Where a search's time goes: to the model, to the sandbox, or to the engine itself."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter


class Place(StrEnum):
    """What a search waits for."""

    MODEL = "model"
    SANDBOX = "sandbox"
    ENGINE = "engine"
    """Neither: it selects, renders, reads and writes, or waits for its turn among other searches."""


class Waits:
    """Parts the seconds since it was made: the model's while any call is under way, else the sandbox's while any program runs there.

    With several moves in flight no second is counted twice. No decision rests on it.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._seconds = dict.fromkeys(Place, 0.0)
        self._under_way: Counter[Place] = Counter()
        self._since = clock()

    @contextmanager
    def on(self, place: Place) -> Iterator[None]:
        """Count what happens within as waiting for a place."""
        self._settle()
        self._under_way[place] += 1
        try:
            yield
        finally:
            self._settle()
            self._under_way[place] -= 1

    @property
    def seconds(self) -> dict[Place, float]:
        """The seconds until now, by place; together they are all that passed."""
        self._settle()
        return dict(self._seconds)

    def _settle(self) -> None:
        now = self._clock()
        place = next((one for one in (Place.MODEL, Place.SANDBOX) if self._under_way[one]), Place.ENGINE)
        self._seconds[place] += now - self._since
        self._since = now
