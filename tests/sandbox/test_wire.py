"""What crosses the wall: nothing but the job goes in, and nothing that comes out is believed before it is checked."""

import contextlib
import socket
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Job, Limits, Outcome, Sharing, Status, orders
from sandbox.attempt import Attempt, Broken
from sandbox.inputs import Feed, Unanswered
from sandbox.jail import frames
from sandbox.line import Line
from sandbox.wire import Nonsense, pack_job, pack_reply, read_limits, read_outcomes, read_reply

LIMITS = Limits(output_bytes=100, error_bytes=10, wall_seconds=1)
SOURCES = st.text(st.characters(exclude_categories=()), max_size=50)


class Puppet:
    """In the place of a zygote: a real socket whose other end the test holds."""

    def __init__(self) -> None:
        self.inside, self.outside = socket.socketpair()

    def begin(self, driver: bytes, compile_seconds: float) -> socket.socket:
        return self.outside

    def ended(self, patience: float) -> tuple[bool, int]:
        return True, 1

    def stop_job(self) -> None:
        self.inside.close()


class Engine:
    """In the place of an engine: what it would say of a job, and what it hears."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ours, self.theirs = socket.socketpair()
        self.line = Line(self.theirs)
        self.ours.sendall(orders.order(1, job))
        self.line.hear()
        frame = self.line.take()
        assert frame is not None
        self.order = orders.Order.read(frame)
        self.feed = Feed(job)

    def send(self) -> None:
        """All inputs, as if each outcome had been consumed, and the end."""
        sent = 0
        while content := self.feed.frames():
            self.ours.sendall(orders.Frame(orders.INPUTS, 1, content).pack())
            for _ in range(sent, sent := len(self.feed)):
                self.feed.consumed()
        self.line.hear()

    def outcomes(self) -> list[Outcome]:
        """All outcomes that came."""
        self.line.flush(1)
        self.ours.setblocking(False)
        inbox = orders.Inbox()
        with contextlib.suppress(BlockingIOError):
            inbox.add(self.ours.recv(1 << 20))
        found: list[Outcome] = []
        while frame := inbox.take():
            assert (frame.kind, frame.number) == (orders.OUTCOMES, 1)
            found += read_outcomes(frame.payload, self.job.limits)
        return found


def _reply(status: int, code: int = 0, out: bytes = b"", result: bytes = b"", err: bytes = b"") -> bytes:
    return frames.REPLY.pack(status, code, 1, 1, 1, len(out), len(result), len(err)) + out + result + err


def _talk(job: Job, answer: bytes) -> tuple[bytes, list[Outcome] | None]:
    """Every byte that the jail received, and the outcomes made of the answer; nothing for a breakdown."""
    puppet, engine = Puppet(), Engine(job)
    attempt = Attempt(puppet, engine.order, Unanswered(), engine.line)
    engine.send()
    attempt.open()
    puppet.inside.sendall(answer)
    puppet.inside.shutdown(socket.SHUT_WR)
    broken = False
    with puppet.inside, engine.ours, engine.theirs:
        try:
            attempt.serve()
        except Broken:
            broken = True
        attempt.hang_up()
        received = b"".join(iter(lambda: puppet.inside.recv(1 << 16), b""))
        outcomes = engine.outcomes()
    return received, None if broken and len(outcomes) < len(list(job.inputs)) else outcomes


@settings(max_examples=60, deadline=None)
@given(source=SOURCES, inputs=st.lists(st.binary(max_size=30), max_size=8), sharing=st.sampled_from(Sharing))
def test_only_the_job_enters_the_jail(source: str, inputs: list[bytes], sharing: Sharing) -> None:
    """The runner's socket carries limits, source, file name and inputs, byte for byte, and the end: a function of the job alone."""
    job = Job(source, "", inputs, LIMITS, sharing)
    received, outcomes = _talk(job, _reply(0) * len(inputs))
    framed = b"".join(struct.pack("<Q", len(data)) + data for data in inputs)
    assert received == pack_job(job) + framed + b"\xff" * 8
    assert pack_job(job)[frames.REQUEST.size :] == source.encode("utf-8", "surrogatepass") + b"solution.py"
    assert outcomes is not None
    assert len(outcomes) == len(inputs)


@settings(max_examples=150, deadline=None)
@given(answer=st.binary(max_size=300), inputs=st.integers(1, 3))
def test_random_bytes_as_a_reply_are_a_breakdown(answer: bytes, inputs: int) -> None:
    """Whatever a captured runner writes, there are outcomes within the limits or the attempt is broken."""
    _, outcomes = _talk(Job("", "", [b""] * inputs, LIMITS), answer)
    for outcome in outcomes or ():
        assert len(outcome.stdout) <= LIMITS.output_bytes
        assert len(outcome.result) <= LIMITS.output_bytes
        assert len(outcome.stderr) <= LIMITS.error_bytes


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.binary(min_size=frames.REPLY.size, max_size=frames.REPLY.size)))
def test_a_header_is_checked_before_one_more_byte_is_read(header: bytes) -> None:
    """Statuses, exit codes, measurements and lengths out of range are nonsense; the rest is within range."""
    try:
        reply = read_reply(header, LIMITS)
    except Nonsense:
        return
    assert reply.length <= 2 * LIMITS.output_bytes + LIMITS.error_bytes
    assert reply.status in Status


@pytest.mark.parametrize(
    "answer",
    [
        _reply(7),
        _reply(0, code=256),
        _reply(0, code=-129),
        _reply(0, out=b"x" * 101),
        _reply(0, result=b"x" * 101),
        _reply(0, err=b"x" * 11),
        _reply(0)[:-1],
        b"",
        frames.REPLY.pack(0, 0, 1 << 63, 0, 0, 0, 0, 0),
        frames.REPLY.pack(0, 0, 0, 0, 1 << 63, 0, 0, 0),
        frames.REPLY.pack(0, 0, 0, 0, 0, (1 << 64) - 1, 0, 0),
    ],
)
def test_a_reply_out_of_range_is_a_breakdown(answer: bytes) -> None:
    """Each kind of lie is found."""
    assert _talk(Job("", "", [b""], LIMITS), answer)[1] is None


def test_channels_are_cut_as_announced() -> None:
    """Output, result and error stream keep their bytes."""
    _, outcomes = _talk(Job("", "", [b""], LIMITS), _reply(1, 3, b"out", b"result", b"error"))
    assert outcomes is not None
    (outcome,) = outcomes
    assert (outcome.status, outcome.exit_code) == (Status.ERROR, 3)
    assert (outcome.stdout, outcome.result, outcome.stderr) == (b"out", b"result", b"error")


def test_a_reply_that_nobody_asked_for_is_a_breakdown() -> None:
    """More replies than inputs are no outcomes."""
    _, outcomes = _talk(Job("", "", [b""], LIMITS), _reply(0) * 2)
    assert outcomes is not None
    assert len(outcomes) == 1


@given(st.builds(Outcome, st.sampled_from(Status), *[st.binary(max_size=10)] * 3, st.integers(-127, 255)), st.integers(0, 40))
def test_an_outcome_survives_the_way_to_the_engine(outcome: Outcome, cut: int) -> None:
    """Several replies in a row are read as they were, and a reply that is cut is nonsense."""
    packed = pack_reply(outcome)
    assert read_outcomes(packed * 3, LIMITS) == [outcome] * 3
    if cut:
        with pytest.raises(Nonsense):
            read_outcomes(packed + packed[:-cut], LIMITS)


def test_limits_survive_the_way_to_the_runner() -> None:
    """What a supervisor reads off a request is what the engine asked for."""
    for limits in (replace(LIMITS, total_cpu_seconds=3.5), Limits(1, 2, 3, 4, 5, 6, 7, 8, 9.5, None)):
        assert read_limits(pack_job(Job("x", "", [], limits))[: frames.REQUEST.size]) == limits


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=1), st.integers(0, 1 << 32 - 1), st.binary(max_size=20))), st.integers(1, 40))
def test_frames_are_put_together_from_pieces(frames_sent: list[tuple[bytes, int, bytes]], size: int) -> None:
    """However a stream is cut, the same messages come out of it."""
    sent = [orders.Frame(*parts) for parts in frames_sent]
    stream = b"".join(frame.pack() for frame in sent)
    inbox, found = orders.Inbox(), []
    for start in range(0, len(stream), size):
        inbox.add(stream[start : start + size])
        while frame := inbox.take():
            found.append(frame)
    assert found == sent


def test_inputs_are_drawn_as_far_ahead_as_the_window_goes() -> None:
    """By number and by bytes; one at a time in a session; more only when outcomes were consumed, not merely received."""
    for size, sharing, ahead in ((1, Sharing.FRESH, 32), (600 << 10, Sharing.FRESH, 2), (1, Sharing.SESSION, 1)):
        drawn: list[int] = []
        feed = Feed(Job("", "", (drawn.append(number) or bytes(size) for number in range(90)), sharing=sharing))  # type: ignore[func-returns-value]
        feed.frames()
        feed.frames()
        assert len(drawn) == ahead
        feed.answered(ahead)
        if size == 1:
            assert feed.frames() == b""
        for _ in range(ahead):
            feed.consumed()
        feed.frames()
        assert len(drawn) == 2 * ahead
