"""Memory files as a child's streams: nothing to drain, nothing to deadlock, and a size that cannot exceed its limit."""

from __future__ import annotations

import os
from fcntl import F_SETFL, fcntl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .limits import Request
    from .watch import Ending
    from .wire import Wire

STDIN, STDOUT, STDERR, RESULT = range(4)
"""The runner's own descriptors, which every child inherits in their places."""
NAMES = ("stdin", "stdout", "stderr", "result")


class Streams:
    """Standard input, output, error and the result channel, emptied for each input.

    Args:
        renewed: make new files for each input instead: where a process of an earlier input could still hold the old ones.
    """

    __slots__ = ("_fresh", "_renewed")

    def __init__(self, renewed: bool) -> None:
        self._renewed = renewed
        self._make()

    def _make(self) -> None:
        for target, name in enumerate(NAMES):
            descriptor = os.memfd_create(name, 0)
            if descriptor != target:
                os.dup2(descriptor, target)
                os.close(descriptor)
        self._fresh = True

    def load(self, wire: Wire, length: int) -> None:
        """Be empty, with the next input to be read from its first byte."""
        if self._renewed and not self._fresh:
            self._make()
        elif not self._fresh:
            for descriptor in range(4):
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                fcntl(descriptor, F_SETFL, os.O_RDWR)
        self._fresh = False
        wire.take_input(length, STDIN)

    def answer(self, wire: Wire, request: Request, ending: Ending) -> None:
        """Reply with how the input ended, what was written, and the end of what was written to the error stream."""
        limit = request.output_bytes
        out, err, result = os.fstat(STDOUT).st_size, os.fstat(STDERR).st_size, os.fstat(RESULT).st_size
        if out > limit or err > limit or result > limit:
            ending.exceeded()
        kept = min(err, request.error_bytes)
        wire.reply(
            ending,
            (STDOUT, 0, min(out, limit)),
            (RESULT, 0, min(result, limit)),
            (STDERR, err - kept, kept),
        )


def read_input(length: int) -> bytes:
    """What stands in standard input, as a child sees it."""
    data = os.pread(STDIN, length, 0)
    while len(data) < length and (piece := os.pread(STDIN, length - len(data), len(data))):
        data += piece
    return data
