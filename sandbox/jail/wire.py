"""The job's socket, seen from inside: what is read ahead is kept, what is replied is gathered as long as there is work."""

from __future__ import annotations

import os
import select
import time

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .watch import Ending

CHUNK = 1 << 20
GATHERED = 1 << 16
"""How many bytes of replies may wait."""
GATHERED_NS = 10_000_000
"""How long the first of them may wait for the end of the input that runs."""


class Gone(Exception):
    """The trusted side hung up."""


class Wire:
    """A connected stream: inputs are taken one by one, so that none is in a child's memory before its turn; replies are gathered."""

    __slots__ = ("_first_ns", "_replies", "_size", "descriptor")

    def __init__(self, descriptor: int) -> None:
        """Take over the job's socket."""
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._replies: list[bytes] = []
        self._size = 0
        self._first_ns = 0

    def read(self, length: int) -> bytes:
        """Exactly so many bytes; replies that wait are sent before it blocks.

        Raises:
            Gone: the stream ended before.
        """
        pieces: list[bytes] = []
        while length:
            try:
                piece = os.read(self.descriptor, min(length, CHUNK))
            except BlockingIOError:
                self.flush()
                self._wait(select.POLLIN)
                continue
            if not piece:
                raise Gone
            if len(piece) == length and not pieces:
                return piece
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def read_input(self) -> bytes | None:
        """The next input, or nothing when there are no more."""
        (length,) = frames.INPUT.unpack(self.read(frames.INPUT.size))
        return None if length == frames.LAST else self.read(length)

    def reply(self, ending: Ending, stdout: bytes, result: bytes, stderr: bytes) -> None:
        """Say how an input ended: at once when it used up its time, else now or together with the next."""
        header = frames.REPLY.pack(
            frames.STATUSES.index(ending.status),
            ending.exit_code,
            ending.cpu_ns,
            ending.wall_ns,
            ending.peak_bytes,
            len(stdout),
            len(result),
            len(stderr),
        )
        if not self._replies:
            self._first_ns = time.monotonic_ns()
        self._replies += [header, stdout, result, stderr]
        self._size += len(stdout) + len(result) + len(stderr)
        if self._size >= GATHERED or ending.status == "time":
            self.flush()

    def hurry(self, now_ns: int) -> None:
        """Send what has waited for long, before something begins that may take long."""
        if self._replies and now_ns - self._first_ns > GATHERED_NS:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        if not self._replies:
            return
        parts = [b"".join(self._replies)] if self._size < GATHERED else self._replies
        self._replies, self._size = [], 0
        for part in parts:
            offset = 0
            while offset < len(part):
                try:
                    offset += os.write(self.descriptor, memoryview(part)[offset:] if offset else part)
                except BlockingIOError:
                    self._wait(select.POLLOUT)

    def _wait(self, event: int) -> None:
        poller = select.poll()
        poller.register(self.descriptor, event)
        poller.poll()
