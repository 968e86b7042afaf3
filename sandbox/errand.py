"""A job on the engine's side: inputs go to a supervisor, outcomes come back, and a dead supervisor is replaced."""

import logging

from sandbox import orders, wire
from sandbox.attempt import GRACE_SECONDS, patience
from sandbox.breaks import Breaks
from sandbox.errors import IsolationRefused, JailBroken
from sandbox.inputs import Feed
from sandbox.types import Job, Outcome, Status
from sandbox.worker import Gone, Worker
from sandbox.zygote import START_SECONDS

log = logging.getLogger(__name__)


class Errand:
    """A job in a worker's hands, carried over to a fresh supervisor when one dies."""

    def __init__(self, worker: Worker, job: Job) -> None:
        """Start nothing yet."""
        self._worker = worker
        self._job = job
        self._feed = Feed(job)
        self._breaks = Breaks()
        self._number: int | None = None
        self._done = 0
        self._patience = 2 * (patience(job.limits) + START_SECONDS + GRACE_SECONDS)

    async def outcomes(self) -> list[Outcome]:
        """Those that came together, or nothing when every input has one.

        Raises:
            IsolationRefused: the machine refuses now what it gave before.
            JailBroken: the same input broke two workers.
            ValueError: the driver does not compile.
        """
        while True:
            try:
                await self._send()
                frame = await self._worker.hear(self._number or 0, self._patience)
                return await self._read(frame)
            except Gone as error:
                self._number = None
                log.warning("%s", self._breaks.at(self._done, error))

    def consumed(self) -> None:
        """One more outcome was taken: the next input may be drawn."""
        self._feed.consumed()

    def end(self) -> None:
        """Have the worker end what has not ended."""
        if self._number is not None:
            self._worker.say(orders.Frame(orders.KILL, self._number).pack())

    async def _send(self) -> None:
        """The job, if the supervisor does not know it yet, and as many inputs as may be sent ahead."""
        content = b""
        if self._number is None:
            number = await self._worker.ready()
            content = orders.order(number, self._job)
            self._feed.rewind()
            self._number = number
        if inputs := self._feed.frames():
            content += orders.Frame(orders.INPUTS, self._number, inputs).pack()
        self._worker.say(content)

    async def _read(self, frame: orders.Frame) -> list[Outcome]:
        if frame.kind == orders.OUTCOMES:
            return await self._checked(frame.payload)
        self._number = None
        if frame.kind == orders.DONE:
            return []
        message = frame.payload.decode()
        if frame.kind == orders.DRIVER:
            raise ValueError(message)
        raise (IsolationRefused if frame.kind == orders.REFUSED else JailBroken)(message)

    async def _checked(self, replies: bytes) -> list[Outcome]:
        try:
            outcomes = wire.read_outcomes(replies, self._job.limits)
            answered = sum(outcome.status is not Status.COMPILE for outcome in outcomes)
            if answered > len(self._feed):
                raise wire.Nonsense("there are more replies than inputs")
        except wire.Nonsense as error:
            await self._worker.discard(kill=True)
            raise Gone(str(error)) from error
        self._feed.answered(answered)
        self._done += answered
        return outcomes
