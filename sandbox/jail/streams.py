"""Memory files as a child's streams: nothing to drain, nothing to deadlock, and a size that cannot exceed its limit."""

import os

from .limits import Request


class Streams:
    """Standard input, output, error and the result channel of one input."""

    __slots__ = ("descriptors",)

    def __init__(self, data: bytes) -> None:
        """Create the four, the first holding the input."""
        self.descriptors = [os.memfd_create(name, os.MFD_CLOEXEC) for name in ("stdin", "stdout", "stderr", "result")]
        if data:
            view = memoryview(data)
            while view:
                view = view[os.write(self.descriptors[0], view) :]
            os.lseek(self.descriptors[0], 0, os.SEEK_SET)

    def install(self) -> None:
        """Make them descriptors 0 to 3 of this process."""
        for target, descriptor in enumerate(self.descriptors):
            os.dup2(descriptor, target)

    def read(self, request: Request) -> tuple[bytes, bytes, bytes, bool]:
        """Output, result, the end of the error stream, and whether any of the three exceeded its limit."""
        out, err, result = (os.fstat(descriptor).st_size for descriptor in self.descriptors[1:])
        kept = min(err, request.error_bytes)
        return (
            _read(self.descriptors[1], min(out, request.output_bytes), 0),
            _read(self.descriptors[3], min(result, request.output_bytes), 0),
            _read(self.descriptors[2], kept, err - kept),
            max(out, err, result) > request.output_bytes,
        )

    def close(self) -> None:
        """Give the memory back."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def _read(descriptor: int, length: int, offset: int) -> bytes:
    pieces = []
    while length > 0:
        piece = os.pread(descriptor, length, offset)
        if not piece:
            break
        pieces.append(piece)
        offset += len(piece)
        length -= len(piece)
    return b"".join(pieces)
