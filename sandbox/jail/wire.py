"""The job's socket, seen from inside: inputs go to a file, outputs come from one, replies are gathered while there is work.

Whatever inputs bring and programs write passes through memory that no child inherits, so that no program finds there what was
read or written before it.
"""

from __future__ import annotations

import os
import select
import time

from . import frames, kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .watch import Ending

CHUNK = 1 << 20
"""How many bytes are moved at once."""
GATHERED = 1 << 16
"""How many bytes of replies may wait."""
GATHERED_NS = 10_000_000
"""How long the first of them may wait for the end of the input that runs."""

Span = tuple[int, int, int]
"""Part of a file: descriptor, offset, length in bytes."""
NOTHING: Span = (0, 0, 0)


class Gone(Exception):
    """The trusted side hung up."""


class Wire:
    """A connected stream: inputs are taken one by one, so that none is in the jail before its turn; replies are gathered."""

    __slots__ = ("_coming", "_first_ns", "_going", "_size", "descriptor")

    def __init__(self, descriptor: int) -> None:
        """Take over the job's socket."""
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._coming = kernel.memory_apart(CHUNK)
        self._going = kernel.memory_apart(CHUNK)
        self._size = 0
        self._first_ns = 0

    def read(self, length: int) -> bytes:
        """Exactly so many bytes, for what children may know; replies that wait are sent before it blocks.

        Raises:
            Gone: the stream ended before.
        """
        pieces: list[bytes] = []
        while length:
            try:
                piece = os.read(self.descriptor, min(length, CHUNK))
            except BlockingIOError:
                self._starve()
                continue
            if not piece:
                raise Gone
            if len(piece) == length and not pieces:
                return piece
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def next_input(self) -> int | None:
        """The length of the next input, or nothing when there are no more."""
        (length,) = frames.INPUT.unpack(self.read(frames.INPUT.size))
        return None if length == frames.LAST else int(length)

    def take_input(self, length: int, target: int | None) -> None:
        """Move the input to a file, from its first byte on, or away.

        Raises:
            Gone: the stream ended before.
        """
        offset = 0
        while offset < length:
            try:
                count = os.readv(self.descriptor, [self._coming[: min(length - offset, CHUNK)]])
            except BlockingIOError:
                self._starve()
                continue
            if not count:
                raise Gone
            if target is not None:
                _write_at(target, self._coming[:count], offset)
            offset += count

    def reply(self, ending: Ending, stdout: Span = NOTHING, result: Span = NOTHING, stderr: Span = NOTHING, text: bytes = b"") -> None:
        """Say how an input ended, at once when it used up its time, else now or together with the next; ``text`` goes before ``stderr``."""
        spans = stdout, result, stderr
        total = frames.REPLY.size + len(text) + sum(length for _, _, length in spans)
        if self._size + total > CHUNK:
            self.flush()
        if not self._size:
            self._first_ns = time.monotonic_ns()
        place, streamed = self._size, total > CHUNK
        self._size += frames.REPLY.size
        if streamed:  # what is announced must come, whatever becomes of the files
            self._announce(place, ending, stdout[2], result[2], len(text) + stderr[2])
        lengths = [self._gather(span, padded=streamed) for span in (stdout, result)]
        self._going[self._size : self._size + len(text)] = text
        self._size += len(text)
        lengths.append(len(text) + self._gather(stderr, padded=streamed))
        if not streamed:
            self._announce(place, ending, *lengths)
        if self._size >= GATHERED or ending.status == "time":
            self.flush()

    def _announce(self, place: int, ending: Ending, stdout: int, result: int, stderr: int) -> None:
        status = frames.STATUSES.index(ending.status)
        numbers = (ending.exit_code, ending.cpu_ns, ending.wall_ns, ending.peak_bytes, stdout, result, stderr)
        frames.REPLY.pack_into(self._going, place, status, *numbers)

    def _gather(self, span: Span, *, padded: bool) -> int:
        """Add part of a file and say how much; what somebody cuts off meanwhile is missing, or zeros where it must be ``padded``."""
        descriptor, offset, length = span
        end = offset + length
        while offset < end:
            if self._size == CHUNK:
                self.flush()
            room = self._going[self._size : self._size + end - offset]
            count = os.preadv(descriptor, [room], offset)
            if not count and not padded:
                break
            if not count:
                count = len(room)
                room[:] = bytes(count)
            self._size += count
            offset += count
        return length - (end - offset)

    def hurry(self, now_ns: int) -> None:
        """Send what has waited for long, before something begins that may take long."""
        if self._size and now_ns - self._first_ns > GATHERED_NS:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        size, self._size = self._size, 0
        offset = 0
        while offset < size:
            try:
                offset += os.write(self.descriptor, self._going[offset:size])
            except BlockingIOError:
                self._wait(select.POLLOUT)

    def _starve(self) -> None:
        self.flush()
        self._wait(select.POLLIN)

    def _wait(self, event: int) -> None:
        poller = select.poll()
        poller.register(self.descriptor, event)
        poller.poll()


def _write_at(descriptor: int, content: memoryview, offset: int) -> None:
    while content:
        count = os.pwrite(descriptor, content, offset)
        content, offset = content[count:], offset + count
