"""One child for many inputs: each comes with streams of its own, and how it ended is the child's own claim."""

import array
import os
import resource
import socket
import struct
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from . import child
from .streams import Streams
from .watch import SECOND, Ending, Watch, claimed, cpu_clock

if TYPE_CHECKING:
    from .runner import Runner

CLAIM = struct.Struct("<BiQ")
"""Whether the child goes on, the exit status, peak resident bytes."""
ORDER = struct.Struct("<Q")
"""Length of the input; the four descriptors come with it."""
CONTROL = 4
"""The descriptor over which a shared child gets its inputs."""


class Nonsense(Exception):
    """A shared child lost its way."""


class Helper:
    """A living child and the runner's end of its socket."""

    def __init__(self, runner: "Runner") -> None:
        """Fork it."""
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            _be_shared(runner, theirs)
        theirs.close()
        self.pid = pid
        self.used_ns = 0
        self.watch = Watch(pid, runner.request, time.monotonic_ns())

    def send(self, streams: Streams, length: int) -> None:
        """Hand over an input."""
        rights = array.array("i", streams.descriptors)
        try:
            self.socket.sendmsg([ORDER.pack(length)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError:
            return

    def claim(self) -> tuple[int, int, int] | None:
        """What the child says of the input; nothing when it hung up.

        Raises:
            Nonsense: it says what only a program that writes to every descriptor says.
        """
        try:
            message = self.socket.recv(64, socket.MSG_DONTWAIT)
        except OSError:
            return None
        if message and len(message) != CLAIM.size:
            raise Nonsense
        return CLAIM.unpack(message) if message else None


def serve(runner: "Runner") -> None:
    """Serve every input of a job with as few children as its limits allow."""
    helper: Helper | None = None
    total_ns = int(runner.request.total_cpu_seconds * SECOND) or None
    spent_ns = 0
    while (data := runner.wire.read_input()) is not None:
        if total_ns is not None and spent_ns >= total_ns:
            runner.wire.reply(Ending("time", 0, 0, 0, 0), b"", b"", b"")
            continue
        if helper is None:
            helper = Helper(runner)
        seconds = runner.request.cpu_seconds
        if total_ns is not None:
            seconds = min(seconds, (total_ns - spent_ns) / SECOND)
        streams = Streams(data)
        ending, alive = _one(helper, streams, len(data), seconds)
        stdout, result, stderr, exceeded = streams.read(runner.request)
        streams.close()
        spent_ns += ending.cpu_ns
        runner.wire.reply(ending.judged(exceeded), stdout, result, stderr)
        if not alive:
            helper.socket.close()
            helper = None


def _one(helper: Helper, streams: Streams, length: int, seconds: float) -> tuple[Ending, bool]:
    helper.watch.started_ns = started = time.monotonic_ns()
    helper.send(streams, length)
    in_time = helper.watch.ends_within(seconds, helper.used_ns, helper.socket.fileno())
    try:
        claim = helper.claim() if in_time else None
    except Nonsense:
        ending = helper.watch.collect(seconds, helper.used_ns, expired=False)
        return replace(ending, status="error", exit_code=1), False
    if claim is None:
        in_time = in_time and helper.watch.ends_within(seconds, helper.used_ns)
        return helper.watch.collect(seconds, helper.used_ns, expired=not in_time), False
    goes_on, code, peak = claim
    used = time.clock_gettime_ns(cpu_clock(helper.pid))
    cpu, helper.used_ns = max(0, used - helper.used_ns), used
    late = cpu > seconds * SECOND
    ending = claimed(code, late=late, cpu_ns=cpu, wall_ns=time.monotonic_ns() - started, peak_bytes=peak)
    if not goes_on:
        helper.watch.collect(seconds, expired=False)
    return ending, bool(goes_on)


def _be_shared(runner: "Runner", theirs: socket.socket) -> NoReturn:
    try:
        control = os.dup(theirs.fileno())
        os.dup2(control, CONTROL)
        for descriptor in range(CONTROL):
            os.dup2(CONTROL, descriptor)
        theirs.detach()
        runner.confine(0, keep=CONTROL)
        child.settle(runner.program)
        _loop(runner, socket.socket(fileno=CONTROL))
    finally:
        os._exit(1)


def _loop(runner: "Runner", control: socket.socket) -> None:
    state: list[object] = []

    def work(data: bytes) -> bytes | None:
        if not state:
            names = child.drive(runner.driver)
            state[:] = names["load"](runner.program), names["step"]
        result: bytes | None = state[1](state[0], data)  # type: ignore[operator]
        return result

    while True:
        message, rights, _, _ = control.recvmsg(ORDER.size, socket.CMSG_SPACE(16))
        if not message:
            os._exit(0)
        descriptors = array.array("i", rights[0][2])
        for target, descriptor in enumerate(descriptors):
            if descriptor != target:
                os.dup2(descriptor, target)
                os.close(descriptor)
        data = _read_input(*ORDER.unpack(message))
        child.open_streams()
        code = child.finish(runner.program, work, data)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        control.send(CLAIM.pack(bool(state), code, peak))
        if not state:
            os._exit(code)


def _read_input(length: int) -> bytes:
    pieces = []
    offset = 0
    while offset < length and (piece := os.pread(0, length - offset, offset)):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)
