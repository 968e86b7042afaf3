"""One child for many inputs: each comes with empty streams, and how it ended is the child's own claim."""

from __future__ import annotations

import os
import struct
import time
from _socket import AF_UNIX, SOCK_SEQPACKET, socketpair
from resource import RUSAGE_SELF, getrusage

from . import child, script
from .streams import read_input
from .watch import SECOND, Ending, Watch, claimed, cpu_clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .runner import Runner

CLAIM = struct.Struct("<BiQ")
"""Whether the child goes on, the exit status, peak resident bytes."""
ORDER = struct.Struct("<Q")
"""Length of the input."""
CONTROL = 4
"""The descriptor over which a shared child gets its inputs."""
SPARE = CONTROL + 1
"""The first of the copies of the streams, from which they are mended when a program closed them."""


class Nonsense(Exception):
    """A shared child lost its way."""


class Helper:
    """A living child and the runner's end of its socket."""

    def __init__(self, runner: Runner) -> None:
        """Fork it."""
        ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            _be_shared(runner, theirs.fileno())
        theirs.close()
        ours.setblocking(False)
        self.socket = ours
        self.pid = pid
        self.used_ns = 0
        self.watch = Watch(pid, runner.request, time.monotonic_ns())
        self.watch.listen(ours.fileno())

    def send(self, length: int) -> None:
        """Tell it that its next input is there."""
        try:
            self.socket.send(ORDER.pack(length))
        except OSError:
            return

    def claim(self) -> tuple[int, int, int] | None:
        """What the child says of the input; nothing when it hung up.

        Raises:
            Nonsense: it says what only a program that writes to every descriptor says.
        """
        try:
            message = self.socket.recv(64)
        except OSError:
            return None
        if message and len(message) != CLAIM.size:
            raise Nonsense
        return CLAIM.unpack(message) if message else None


def serve(runner: Runner) -> None:
    """Serve every input of a job with as few children as its limits allow."""
    helper: Helper | None = None
    request, wire, streams = runner.request, runner.wire, runner.streams
    total_ns = int(request.total_cpu_seconds * SECOND) or None
    spent_ns = 0
    while (length := wire.next_input()) is not None:
        if total_ns is not None and spent_ns >= total_ns:
            wire.take_input(length, None)
            wire.reply(Ending("time", 0, 0, 0, 0))
            continue
        seconds = request.cpu_seconds
        if total_ns is not None:
            seconds = min(seconds, (total_ns - spent_ns) / SECOND)
        wire.hurry(time.monotonic_ns())
        streams.load(wire, length)
        if helper is None:
            helper = Helper(runner)
        ending, alive = _one(helper, length, seconds)
        spent_ns += ending.cpu_ns
        streams.answer(wire, request, ending)
        if not alive:
            helper.socket.close()
            helper = None


def _one(helper: Helper, length: int, seconds: float) -> tuple[Ending, bool]:
    watch = helper.watch
    watch.started_ns = started = time.monotonic_ns()
    helper.send(length)
    in_time = watch.ends_within(seconds, helper.used_ns)
    try:
        claim = helper.claim() if in_time else None
    except Nonsense:
        ending = watch.collect(seconds, helper.used_ns)
        ending.status, ending.exit_code = "error", 1
        return ending, False
    if claim is None:
        watch.listen(None)
        in_time = in_time and watch.ends_within(seconds, helper.used_ns)
        return watch.collect(seconds, helper.used_ns, expired=not in_time), False
    goes_on, code, peak = claim
    used = time.clock_gettime_ns(cpu_clock(helper.pid))
    cpu, helper.used_ns = max(0, used - helper.used_ns), used
    late = cpu > seconds * SECOND
    ending = claimed(code, late=late, cpu_ns=cpu, wall_ns=time.monotonic_ns() - started, peak_bytes=peak)
    if not goes_on:
        watch.collect(seconds)
    return ending, bool(goes_on)


def _be_shared(runner: Runner, control: int) -> NoReturn:
    try:
        os.dup2(control, CONTROL)
        for descriptor in range(CONTROL):
            os.dup2(descriptor, SPARE + descriptor)
        runner.confine(0, SPARE + CONTROL)
        child.settle()
        _loop(runner)
    finally:
        os._exit(1)


def _loop(runner: Runner) -> None:
    state: list[object] = []

    def work(data: bytes) -> bytes | None:
        if not state:
            names = child.drive(runner.driver)
            state[:] = names["load"](runner.program), names["step"]
        result: bytes | None = state[1](state[0], data)  # type: ignore[operator]
        return result

    program = runner.program
    while True:
        message = os.read(CONTROL, ORDER.size)
        if not message:
            os._exit(0)
        script.forget()
        for descriptor in range(CONTROL):
            os.dup2(SPARE + descriptor, descriptor)
        os.ftruncate(1, 0)
        os.lseek(1, 0, os.SEEK_SET)
        data = read_input(*ORDER.unpack(message))
        child.open_streams()
        code = child.finish(program, work, data)
        peak = getrusage(RUSAGE_SELF).ru_maxrss * 1024
        os.write(CONTROL, CLAIM.pack(bool(state), code, peak))
        if not state:
            os._exit(code)
