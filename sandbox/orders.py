"""What the engine and its supervisors say to each other: fixed structures and counted bytes, as across the wall."""

import struct
from dataclasses import dataclass

from sandbox import wire
from sandbox.jail import frames
from sandbox.types import Job, Limits

HEADER = struct.Struct("<cIQ")
"""Kind, number of the job, length of the payload that follows."""

DESCRIBE, JOB, INPUTS, KILL = b"D", b"J", b"I", b"K"
"""To a supervisor: describe the walls; a job; bytes for its runner, whole inputs or the end of them; end the job now."""
FACTS, OUTCOMES, DONE, WARNING = b"F", b"O", b"E", b"W"
"""From a supervisor: the walls as JSON; replies in the runner's own layout; every input has one; a line for the log."""
REFUSED, BROKEN, DRIVER = b"R", b"B", b"V"
"""From a supervisor, in the place of an end, each with its message: no isolation; the jail broke; the driver does not compile."""

ORDER = struct.Struct("<?Q")
"""Payload of ``JOB``: whether packages are wanted, and the length of the driver; then the driver and the runner's request."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    kind: bytes
    number: int
    payload: bytes = b""

    def pack(self) -> bytes:
        """As it travels."""
        return HEADER.pack(self.kind, self.number, len(self.payload)) + self.payload


@dataclass(frozen=True, slots=True)
class Order:
    """A job as a supervisor knows it: bytes for the zygote, bytes for the runner, and the limits among them."""

    number: int
    packages: bool
    driver: bytes
    request: bytes
    limits: Limits

    @classmethod
    def read(cls, frame: Frame) -> "Order":
        """Cut the payload of ``JOB``."""
        packages, length = ORDER.unpack_from(frame.payload)
        driver = frame.payload[ORDER.size : ORDER.size + length]
        request = frame.payload[ORDER.size + length :]
        return cls(frame.number, packages, driver, request, wire.read_limits(request[: frames.REQUEST.size]))


def order(number: int, job: Job) -> bytes:
    """The frame of a job, without its inputs."""
    driver = job.driver.encode("utf-8", "surrogatepass")
    return Frame(JOB, number, ORDER.pack("numpy" in job.source, len(driver)) + driver + wire.pack_job(job)).pack()


class Inbox:
    """Frames put together from a stream's bytes."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._content = bytearray()

    def add(self, data: bytes) -> None:
        """These bytes came."""
        self._content += data

    def take(self) -> Frame | None:
        """The next frame that is whole."""
        if len(self._content) < HEADER.size:
            return None
        kind, number, length = HEADER.unpack_from(self._content)
        if len(self._content) < HEADER.size + length:
            return None
        payload = bytes(memoryview(self._content)[HEADER.size : HEADER.size + length])
        del self._content[: HEADER.size + length]
        return Frame(kind, number, payload)
