"""A job's inputs on both ends of the line: drawn ahead by the engine, kept by the supervisor until each has its outcome."""

from collections import deque
from collections.abc import Iterator

from sandbox import wire
from sandbox.jail import frames
from sandbox.types import Job, Sharing

AHEAD_INPUTS = 32
AHEAD_BYTES = 1 << 20
"""How far inputs are drawn ahead of the outcomes that were consumed."""


class Feed:
    """The engine's end: inputs that have no outcome yet, and those still to be drawn."""

    def __init__(self, job: Job) -> None:
        """Draw nothing yet."""
        self._inputs: Iterator[bytes] = iter(job.inputs)
        self._ahead = 1 if job.sharing is Sharing.SESSION else AHEAD_INPUTS
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._unconsumed = 0
        self._sent = 0
        self._exhausted = False
        self._ended = False

    def __len__(self) -> int:
        """How many inputs wait for their outcome."""
        return len(self._waiting)

    def rewind(self) -> None:
        """What has no outcome is to be sent again."""
        self._sent = 0
        self._ended = False

    def frames(self) -> bytes:
        """What is to be sent now: inputs as far as the window goes, and the end after the last."""
        if self._unconsumed <= self._ahead // 2:
            self._draw()
        if self._sent == len(self._waiting) and (self._ended or not self._exhausted):
            return b""
        content = [wire.pack_input(data) for data in list(self._waiting)[self._sent :]]
        self._sent = len(self._waiting)
        if self._exhausted and not self._ended:
            self._ended = True
            content.append(wire.pack_end())
        return b"".join(content)

    def answered(self, count: int) -> None:
        """The first that waited have their outcomes."""
        for _ in range(count):
            self._bytes -= len(self._waiting.popleft())
        self._sent -= count

    def consumed(self) -> None:
        """One more outcome was taken by whoever wanted it."""
        self._unconsumed -= 1

    def _draw(self) -> None:
        while not self._exhausted and self._unconsumed < self._ahead and self._bytes < AHEAD_BYTES:
            try:
                data = next(self._inputs)
            except StopIteration:
                self._exhausted = True
            else:
                self._waiting.append(data)
                self._bytes += len(data)
                self._unconsumed += 1


class Unanswered:
    """The supervisor's end: what a runner was sent and, should it break, the next one is to be sent."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.answered = 0
        self.ended = False
        self._waiting: deque[bytes] = deque()

    def __len__(self) -> int:
        """How many inputs wait for their outcome."""
        return len(self._waiting)

    def add(self, content: bytes) -> None:
        """Whole inputs in the runner's layout, or the end of them."""
        position = 0
        while position < len(content):
            (length,) = frames.INPUT.unpack_from(content, position)
            if length == frames.LAST:
                self.ended = True
                return
            end = position + frames.INPUT.size + length
            self._waiting.append(content[position:end])
            position = end

    def answer(self) -> None:
        """The first that waited has its outcome."""
        self._waiting.popleft()
        self.answered += 1

    def again(self) -> bytes:
        """All that a fresh runner is to be sent."""
        return b"".join(self._waiting) + (wire.pack_end() if self.ended else b"")
