"""A trusted process that keeps zygotes and serves one program at a time, so that the engine's own process need not."""

import json
import os
import select
import signal
import socket
from dataclasses import asdict, dataclass, field

from sandbox.attempt import Attempt, Broken, Stopped
from sandbox.breaks import Breaks
from sandbox.errors import IsolationRefused, SandboxError
from sandbox.inputs import Unanswered
from sandbox.jail import kernel
from sandbox.line import Hangup, Line
from sandbox.orders import BROKEN, DESCRIBE, DRIVER, FACTS, JOB, REFUSED, Frame, Order
from sandbox.zygote import Zygote, interpreter

RECYCLE_AFTER = 2000
"""Programs that one zygote serves."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a supervisor is told when it starts."""

    allow: frozenset[str]
    unsafe: bool
    recycle_after: int = RECYCLE_AFTER
    core: int | None = None
    """The core for it and everything below it; ``None``: those of the engine."""
    executable: str = field(default_factory=interpreter)


class Zygotes:
    """Up to two zygotes, without numpy and with it, started when they are first needed."""

    def __init__(self, settings: Settings) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._ready: dict[bool, Zygote] = {}

    def get(self, packages: bool) -> Zygote:
        """A zygote that is ready.

        Raises:
            SandboxError: it does not start.
        """
        found = self._ready.get(packages)
        if found is not None and found.jobs >= self._settings.recycle_after:
            self.discard(packages)
            found = None
        if found is None:
            wanted = self._settings
            found = Zygote.start(executable=wanted.executable, packages=packages, allow=wanted.allow, unsafe=wanted.unsafe)
            self._ready[packages] = found
        return found

    def discard(self, packages: bool) -> None:
        """End a zygote and everything below it."""
        if found := self._ready.pop(packages, None):
            found.close()

    def close(self) -> None:
        """End both."""
        for packages in list(self._ready):
            self.discard(packages)


class Stint:
    """A job in the supervisor's hands, carried over to a fresh zygote when one breaks."""

    def __init__(self, order: Order, zygotes: Zygotes, line: Line) -> None:
        """Start nothing yet."""
        self._order = order
        self._zygotes = zygotes
        self._line = line
        self._inputs = Unanswered()
        self._breaks = Breaks()

    def run(self) -> None:
        """Serve every input and say how the job ended.

        Raises:
            Hangup: the engine is gone.
        """
        try:
            while not self._attempt():
                pass
        except IsolationRefused as error:
            self._line.end(self._order.number, REFUSED, str(error))
        except SandboxError as error:
            self._line.end(self._order.number, BROKEN, str(error))

    def _attempt(self) -> bool:
        """Whether the job has ended; if not, its zygote broke and is no more."""
        attempt = Attempt(self._zygotes.get(self._order.packages), self._order, self._inputs, self._line)
        try:
            attempt.open()
            attempt.serve()
        except Broken as error:
            attempt.hang_up()
            self._zygotes.discard(self._order.packages)
            self._line.warn(self._breaks.at(self._inputs.answered, error))
            return False
        except Stopped:
            self._line.forget()
            self._settle(attempt, stop=True)
        except ValueError as error:
            self._line.end(self._order.number, DRIVER, str(error))
            self._settle(attempt)
        else:
            self._line.end(self._order.number)
            self._settle(attempt)
        return True

    def _settle(self, attempt: Attempt, *, stop: bool = False) -> None:
        """Wait until nothing of the job is left in the zygote."""
        attempt.hang_up()
        if not attempt.settled(stop=stop):
            self._zygotes.discard(self._order.packages)


class Supervisor:
    """Serves the engine until it hangs up."""

    def __init__(self, line: Line, zygotes: Zygotes) -> None:
        """Say nothing yet."""
        self._line = line
        self._zygotes = zygotes

    def serve(self) -> None:
        """Take one message after another.

        Raises:
            Hangup: the engine is gone or has no more jobs.
        """
        while True:
            frame = self._next()
            if frame.kind == JOB:
                Stint(Order.read(frame), self._zygotes, self._line).run()
            elif frame.kind == DESCRIBE:
                self._describe()

    def _next(self) -> Frame:
        """Wait for a message; what the engine did not take before is sent meanwhile."""
        poller = select.poll()
        while (frame := self._line.take()) is None:
            poller.register(self._line, select.POLLIN | (select.POLLOUT if self._line.unsent else 0))
            ((_, event),) = poller.poll()
            if event & select.POLLOUT:
                self._line.push()
            if event & ~select.POLLOUT:
                self._line.hear()
        return frame

    def _describe(self) -> None:
        try:
            facts = self._zygotes.get(packages=False).facts
        except IsolationRefused as error:
            self._line.tell(REFUSED, str(error))
        except SandboxError as error:
            self._line.tell(BROKEN, str(error))
        else:
            self._line.tell(FACTS, json.dumps(asdict(facts)))


def main(connection: socket.socket, parent: int, settings: Settings) -> None:
    """Be a supervisor; its standard error is a memory file that comes over the connection first."""
    _follow(parent)
    _leave_the_terminal()
    _, (errors, *_), _, _ = socket.recv_fds(connection, 1, 1)
    for standard in (1, 2):
        os.dup2(errors, standard)
    os.close(errors)
    if settings.core is not None:
        os.sched_setaffinity(0, {settings.core})
    zygotes = Zygotes(settings)
    try:
        Supervisor(Line(connection), zygotes).serve()
    except Hangup:
        return
    finally:
        zygotes.close()
        connection.close()


def _follow(parent: int) -> None:
    """Die with the engine."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(3)


def _leave_the_terminal() -> None:
    """What is typed there is for the engine: be in a session of its own, and lose an interrupt that came before."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.SIG_DFL)
