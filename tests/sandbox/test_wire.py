"""What crosses the wall: nothing but the job goes in, and nothing that comes out is believed before it is checked."""

import asyncio
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import Job, Limits, Outcome, Sharing, Status
from sandbox.attempt import Attempt, Broken, Feed
from sandbox.jail import frames
from sandbox.wire import Nonsense, pack_job, read_reply

LIMITS = Limits(output_bytes=100, error_bytes=10, wall_seconds=1)
SOURCES = st.text(st.characters(exclude_categories=()), max_size=50)


class Puppet:
    """In the place of a zygote: a real socket whose other end the test holds."""

    def __init__(self) -> None:
        self.inside, self.outside = socket.socketpair()
        self.outside.setblocking(False)

    async def begin(self, driver: str, compile_seconds: float) -> socket.socket:
        return self.outside

    async def ended(self) -> tuple[bool, int]:
        return True, 1

    def stop_job(self) -> None:
        self.inside.close()


def _reply(status: int, code: int = 0, out: bytes = b"", result: bytes = b"", err: bytes = b"") -> bytes:
    return frames.REPLY.pack(status, code, 1, 1, 1, len(out), len(result), len(err)) + out + result + err


def _talk(job: Job, answer: bytes) -> tuple[bytes, list[Outcome] | None]:
    """Every byte that the jail received, and the outcomes made of the answer; nothing for a breakdown."""

    async def whole() -> tuple[bytes, list[Outcome] | None]:
        puppet = Puppet()
        attempt = Attempt(puppet, job, Feed(job))  # type: ignore[arg-type]
        outcomes: list[Outcome] = []
        broken = False
        await attempt.open()
        puppet.inside.sendall(answer)
        puppet.inside.shutdown(socket.SHUT_WR)
        try:
            while (outcome := await attempt.next()) is not None:
                outcomes.append(outcome)
        except Broken:
            broken = len(outcomes) < len(list(job.inputs))
        puppet.inside.setblocking(False)
        received = b""
        while True:
            await asyncio.sleep(0)
            try:
                received += puppet.inside.recv(1 << 16)
            except BlockingIOError:
                break
        attempt.close()
        puppet.inside.close()
        await asyncio.sleep(0)
        return received, None if broken else outcomes

    return asyncio.run(whole())


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
