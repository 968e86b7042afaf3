"""A supervisor's end of the line to the engine: outcomes are gathered, so that the engine wakes a few times a program."""

import socket
import time

from sandbox.orders import DONE, OUTCOMES, WARNING, Frame, Inbox

FLUSH_SECONDS = 0.03
FLUSH_BYTES = 256 << 10
"""How long outcomes are gathered, and how many bytes of them."""
CHUNK = 256 << 10


class Hangup(Exception):
    """The engine is gone or has no more jobs."""


class Line:
    """Never blocks: what the engine does not take yet waits in ``unsent``."""

    def __init__(self, connection: socket.socket) -> None:
        """Speak over a connected stream."""
        connection.setblocking(False)
        self.due = 0.0
        """When the outcomes gathered are to be sent, if there are any."""
        self._connection = connection
        self._inbox = Inbox()
        self._gathered = bytearray()
        self._unsent = bytearray()

    @property
    def gathering(self) -> bool:
        """Whether outcomes wait to be sent."""
        return bool(self._gathered)

    @property
    def unsent(self) -> int:
        """Bytes that the engine has not taken yet."""
        return len(self._unsent)

    def fileno(self) -> int:
        """For a poll."""
        return self._connection.fileno()

    def hear(self) -> None:
        """Take what came.

        Raises:
            Hangup: nothing will come any more.
        """
        try:
            data = self._connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            raise Hangup from error
        if not data:
            raise Hangup
        self._inbox.add(data)

    def take(self) -> Frame | None:
        """The next message that has come whole."""
        return self._inbox.take()

    def gather(self, number: int, reply: bytes | bytearray, *, at_once: bool) -> None:
        """Add a job's next outcome to those that wait."""
        if not self._gathered:
            self.due = time.monotonic() + FLUSH_SECONDS
        self._gathered += reply
        if at_once or len(self._gathered) >= FLUSH_BYTES:
            self.flush(number)

    def flush(self, number: int) -> None:
        """Send the outcomes gathered."""
        self._pack(number)
        self.push()

    def end(self, number: int, kind: bytes = DONE, message: str = "") -> None:
        """Send the outcomes gathered, and how the job ended."""
        self._pack(number)
        self._unsent += Frame(kind, number, message.encode("utf-8", "replace")).pack()
        self.push()

    def tell(self, kind: bytes, message: str) -> None:
        """Say something that belongs to no job."""
        self._unsent += Frame(kind, 0, message.encode("utf-8", "replace")).pack()
        self.push()

    def warn(self, message: str) -> None:
        """Say something for the engine's log."""
        self.tell(WARNING, message)

    def forget(self) -> None:
        """Nobody wants the outcomes gathered."""
        self._gathered.clear()

    def push(self) -> None:
        """Send what the engine takes now.

        Raises:
            Hangup: it takes nothing any more.
        """
        if self._unsent:
            try:
                sent = self._connection.send(self._unsent)
            except BlockingIOError:
                return
            except OSError as error:
                raise Hangup from error
            del self._unsent[:sent]

    def _pack(self, number: int) -> None:
        if self._gathered:
            self._unsent += Frame(OUTCOMES, number, bytes(self._gathered)).pack()
            self._gathered.clear()
