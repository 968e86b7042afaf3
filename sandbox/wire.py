"""What crosses the wall, seen from outside: a job's bytes going in, and replies that are checked and never interpreted."""

from dataclasses import dataclass

from sandbox.jail import frames
from sandbox.types import Job, Limits, Outcome, Status

STATUSES = tuple(Status(name) for name in frames.STATUSES)
SECOND = 1_000_000_000
LONGEST_SECONDS = 1e9
LARGEST_PEAK = 1 << 60


class Nonsense(Exception):
    """A reply that no honest runner writes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply's header: how an input ended, and how many bytes of which channel follow."""

    status: Status
    exit_code: int
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    lengths: tuple[int, int, int]

    @property
    def length(self) -> int:
        """How many bytes follow."""
        return sum(self.lengths)

    def outcome(self, body: bytes) -> Outcome:
        """Cut the bytes that followed into their channels."""
        out, result, _ = self.lengths
        return Outcome(
            status=self.status,
            stdout=body[:out],
            result=body[out : out + result],
            stderr=body[out + result :],
            exit_code=self.exit_code,
            cpu_seconds=self.cpu_seconds,
            wall_seconds=self.wall_seconds,
            memory_bytes=self.memory_bytes,
        )


def pack_job(job: Job) -> bytes:
    """Everything that a runner is told but the inputs: limits, source, file name."""
    limits = job.limits
    source = job.source.encode("utf-8", "surrogatepass")
    filename = job.filename.encode("utf-8", "surrogatepass")
    header = frames.REQUEST.pack(
        frames.SHARINGS.index(job.sharing.value),
        limits.cpu_seconds,
        limits.backstop_seconds,
        limits.total_cpu_seconds or 0.0,
        limits.compile_seconds,
        limits.memory_bytes,
        limits.output_bytes,
        limits.error_bytes,
        limits.stack_bytes,
        limits.open_files,
        limits.threads,
        len(source),
        len(filename),
    )
    return header + source + filename


def read_limits(header: bytes) -> Limits:
    """The limits that a job's request tells its runner."""
    _, cpu, wall, total, compiling, memory, output, error, stack, files, threads, _, _ = frames.REQUEST.unpack(header)
    return Limits(cpu, wall, memory, output, error, stack, files, threads, compiling, total or None)


def pack_input(data: bytes) -> bytes:
    """One input's frame."""
    return frames.INPUT.pack(len(data)) + data


def pack_end() -> bytes:
    """The frame that says that there are no more inputs."""
    return frames.INPUT.pack(frames.LAST)


def read_reply(header: bytes, limits: Limits) -> Reply:
    """Check a reply's header before one more byte is read.

    Raises:
        Nonsense: a number is out of its range.
    """
    if len(header) != frames.REPLY.size:
        raise Nonsense("the reply is cut short")
    status, code, cpu_ns, wall_ns, peak, out, result, error = frames.REPLY.unpack(header)
    if status >= len(STATUSES):
        raise Nonsense(f"the reply has status {status}")
    if not -128 < code < 256:
        raise Nonsense(f"the reply has exit code {code}")
    if max(cpu_ns, wall_ns) > LONGEST_SECONDS * SECOND or peak > LARGEST_PEAK:
        raise Nonsense("the reply has impossible measurements")
    if max(out, result) > limits.output_bytes or error > limits.error_bytes:
        raise Nonsense(f"the reply announces {out}, {result} and {error} bytes")
    return Reply(STATUSES[status], code, cpu_ns / SECOND, wall_ns / SECOND, peak, (out, result, error))


def pack_reply(outcome: Outcome) -> bytes:
    """An outcome in the layout in which a runner replies."""
    lengths = (len(outcome.stdout), len(outcome.result), len(outcome.stderr))
    times = (round(outcome.cpu_seconds * SECOND), round(outcome.wall_seconds * SECOND))
    header = frames.REPLY.pack(STATUSES.index(outcome.status), outcome.exit_code, *times, outcome.memory_bytes, *lengths)
    return header + outcome.stdout + outcome.result + outcome.stderr


def read_outcomes(replies: bytes, limits: Limits) -> list[Outcome]:
    """Several replies, one after another.

    Raises:
        Nonsense: one is out of range or cut short.
    """
    outcomes = []
    position = 0
    while position < len(replies):
        body = position + frames.REPLY.size
        reply = read_reply(replies[position:body], limits)
        position = body + reply.length
        if position > len(replies):
            raise Nonsense("the reply is cut short")
        outcomes.append(reply.outcome(replies[body:position]))
    return outcomes
