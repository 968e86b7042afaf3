"""One runner's share of a job: inputs go in as they come, replies are checked, and an end is told from a breakdown."""

import select
import socket
import time
from typing import Protocol

from sandbox import wire
from sandbox.inputs import Unanswered
from sandbox.jail import frames
from sandbox.line import Line
from sandbox.orders import INPUTS, KILL, Order
from sandbox.types import Limits, Outcome, Status
from sandbox.zygote import Hung

GRACE_SECONDS = 10.0
"""How long a runner may be silent beyond its limits before it counts as broken."""
ENDING_SECONDS = 1.0
"""How long a runner that has nothing to do any more may take to end by itself."""
BACKLOG_BYTES = 256 << 10
"""While the engine leaves as much untaken, no reply is read."""
CHUNK = 64 << 10
EXCEEDED = b"MemoryError: compiling exceeded its limits\n"
GONE = select.POLLHUP | select.POLLERR


def patience(limits: Limits) -> float:
    """How many seconds a runner may be silent: it compiles, and it may keep a reply until the next input has ended too."""
    return 5 * limits.compile_seconds + 5 + (2 + frames.EXTENSIONS) * limits.backstop_seconds + GRACE_SECONDS


class Broken(Exception):
    """A job cannot go on in this zygote; its next input has no outcome yet."""


class Stopped(Exception):
    """The engine wants no more of the job."""


class Keeper(Protocol):
    """What an attempt needs of a zygote."""

    def begin(self, driver: bytes, compile_seconds: float) -> socket.socket:
        """Start a runner and return the socket over which it is spoken to."""
        ...

    def ended(self, patience: float) -> tuple[bool, int]:
        """Wait for the runner's end: whether the program had compiled, and the exit code."""
        ...

    def stop_job(self) -> None:
        """Ask for the runner's end now."""
        ...


class Attempt:
    """A runner at work on a job, until the job or the runner ends."""

    def __init__(self, zygote: Keeper, order: Order, inputs: Unanswered, line: Line) -> None:
        """Start nothing yet."""
        self._zygote = zygote
        self._order = order
        self._inputs = inputs
        self._line = line
        self._patience = patience(order.limits)
        self._over = self._runner_ended = False
        self._runner: socket.socket | None = None
        self._inbox = bytearray()
        self._chunk = memoryview(bytearray(CHUNK))
        self._unsent = bytearray(order.request + inputs.again())
        self._heard = time.monotonic()
        self._poller = select.poll()
        self._polled: dict[int, int] = {}

    def open(self) -> None:
        """Start the runner.

        Raises:
            Broken: the zygote is gone.
        """
        try:
            self._runner = self._zygote.begin(self._order.driver, self._order.limits.compile_seconds)
        except Hung as error:
            raise Broken(str(error)) from error
        self._runner.setblocking(False)

    def serve(self) -> None:
        """Go on until every input has its outcome, or the program turns out not to compile.

        Raises:
            Broken: the runner or the zygote died, fell silent or talked nonsense.
            ValueError: the driver does not compile.
            Stopped: the engine wants no more.
            Hangup: the engine is gone.
        """
        assert self._runner is not None
        runner, engine = self._runner.fileno(), self._line.fileno()
        self._obey()
        self._push()
        while not self._over:
            listening = self._line.unsent < BACKLOG_BYTES
            self._poll_for(runner, (select.POLLIN if listening else 0) | (select.POLLOUT if self._unsent else 0))
            self._poll_for(engine, select.POLLIN | (select.POLLOUT if self._line.unsent else 0))
            for descriptor, event in self._poller.poll(self._wait(listening)):
                if descriptor == engine:
                    self._attend(event)
                    continue
                if event & (select.POLLOUT | GONE):
                    self._push()
                if listening and event & (select.POLLIN | GONE):
                    self._pull()
            if self._line.gathering and time.monotonic() >= self._line.due:
                self._line.flush(self._order.number)

    def hang_up(self) -> None:
        """Say no more to the runner."""
        if self._runner is not None:
            self._runner.close()

    def settled(self, *, stop: bool) -> bool:
        """Wait for the end of the runner, which comes at once if it is to ``stop``; whether the zygote can serve again."""
        if self._runner_ended:
            return True
        for seconds in (ENDING_SECONDS, GRACE_SECONDS):
            if stop:
                self._zygote.stop_job()
            try:
                self._zygote.ended(seconds)
            except TimeoutError:
                stop = True
            except (Hung, ValueError):
                return False
            else:
                return True
        return False

    def _poll_for(self, descriptor: int, events: int) -> None:
        """A descriptor that nothing is expected from is left out: its end would be reported without end."""
        if self._polled.get(descriptor, 0) == events:
            return
        if events:
            self._poller.register(descriptor, events)
        else:
            self._poller.unregister(descriptor)
        self._polled[descriptor] = events

    def _wait(self, listening: bool) -> float | None:
        """Milliseconds until something must be done.

        Raises:
            Broken: the runner owes an answer and is silent.
        """
        now = time.monotonic()
        if not listening:
            self._heard = now
            return None
        if self._line.gathering:
            return max(0.0, 1000 * (self._line.due - now))
        if not self._inputs and not self._inputs.ended:
            return None
        left = self._heard + self._patience - now
        if left <= 0:
            raise Broken("the runner fell silent")
        return 1000 * left

    def _attend(self, event: int) -> None:
        """Listen to the engine, and send what it did not take before."""
        if event & select.POLLOUT:
            self._line.push()
        if event & (select.POLLIN | GONE):
            self._line.hear()
            self._obey()

    def _obey(self) -> None:
        while frame := self._line.take():
            if frame.number != self._order.number:
                continue
            if frame.kind == KILL:
                raise Stopped
            if frame.kind == INPUTS:
                if not self._inputs:
                    self._heard = time.monotonic()
                self._inputs.add(frame.payload)
                self._unsent += frame.payload

    def _push(self) -> None:
        """Send what the runner takes now; if it is gone, reading tells why."""
        if self._unsent and self._runner is not None:
            try:
                del self._unsent[: self._runner.send(self._unsent)]
            except BlockingIOError:
                return
            except OSError:
                self._unsent.clear()

    def _pull(self) -> None:
        """Read what the runner says."""
        assert self._runner is not None
        try:
            length = self._runner.recv_into(self._chunk)
        except BlockingIOError:
            return
        except OSError:
            length = 0
        if length == 0:
            self._explain()
            return
        self._heard = time.monotonic()
        self._inbox += self._chunk[:length]
        while not self._over and len(self._inbox) >= frames.REPLY.size:
            try:
                reply = wire.read_reply(bytes(self._inbox[: frames.REPLY.size]), self._order.limits)
            except wire.Nonsense as error:
                raise Broken(str(error)) from error
            length = frames.REPLY.size + reply.length
            if len(self._inbox) < length:
                return
            self._accept(reply.status, self._inbox[:length])
            del self._inbox[:length]

    def _accept(self, status: Status, reply: bytes | bytearray) -> None:
        if status is Status.COMPILE:
            self._over = True
        elif not self._inputs:
            raise Broken("the runner talks without being asked")
        else:
            self._inputs.answer()
            self._over = self._inputs.ended and not self._inputs
        at_once = not self._over and (not self._inputs or status is Status.TIME)
        self._line.gather(self._order.number, reply, at_once=at_once)

    def _explain(self) -> None:
        """What the end of the runner means."""
        try:
            compiled, code = self._zygote.ended(self._patience)
        except (Hung, TimeoutError) as error:
            raise Broken(str(error)) from error
        finally:
            self._runner_ended = True
        if not compiled and code != 0:
            exceeded = EXCEEDED[: self._order.limits.error_bytes]
            self._accept(Status.COMPILE, wire.pack_reply(Outcome(Status.COMPILE, stderr=exceeded, exit_code=1)))
        elif self._inputs or not self._inputs.ended or code != 0:
            raise Broken(f"the runner ended with {code}")
        self._over = True
