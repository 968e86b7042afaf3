"""What is run in the jail, under which limits, and what is known of it afterwards."""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Sharing(StrEnum):
    """How many inputs one child process serves."""

    FRESH = "fresh"
    """A child per input; nothing survives from one input to the next."""
    SHARED = "shared"
    """One child for all inputs, with fresh streams for each."""
    SESSION = "session"
    """One child; the next input is drawn from ``Job.inputs`` only after the previous outcome was consumed."""


class Status(StrEnum):
    """How a program ended on one input, as seen from outside of it."""

    OK = "ok"
    ERROR = "error"
    """An exception left the program, or it exited with a status other than zero."""
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    """More bytes than ``Limits.output_bytes`` were written."""
    CRASH = "crash"
    """A signal ended it that no limit sent."""
    COMPILE = "compile"
    """The source does not compile; the one outcome of its job."""


NEAR_LIMIT: Final = 0.8
"""The share of the time limit from which on another machine may decide otherwise."""


class Level(StrEnum):
    """How strong the isolation in force is."""

    FULL = "full"
    REDUCED = "reduced"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one input may cost; processor time decides, wall time is only a backstop."""

    cpu_seconds: float = 4.0
    wall_seconds: float | None = None
    """``None``: five times the processor seconds plus five."""
    memory_bytes: int = 1 << 30
    """Address space beyond what the empty interpreter maps."""
    output_bytes: int = 16 << 20
    """Per channel: standard output and the driver's result."""
    error_bytes: int = 8 << 10
    """How much of standard error is kept: the last bytes."""
    stack_bytes: int = 256 << 20
    open_files: int = 64
    threads: int = 64
    compile_seconds: float = 10.0
    total_cpu_seconds: float | None = None
    """For ``shared`` and ``session``: processor seconds of all inputs together; ``None``: no such limit."""

    @property
    def backstop_seconds(self) -> float:
        """The wall backstop in force: seconds by the clock for one input."""
        return 5 * self.cpu_seconds + 5 if self.wall_seconds is None else self.wall_seconds


@dataclass(frozen=True, slots=True)
class Job:
    """One untrusted program, the untrusted driver text that runs beside it, and its inputs."""

    source: str
    driver: str
    inputs: Iterable[bytes]
    limits: Limits = Limits()
    sharing: Sharing = Sharing.FRESH
    filename: str = "solution.py"
    """The name that tracebacks show for the program."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One input's end: bytes and a wait status, nothing that the program could have forged into a verdict."""

    status: Status
    stdout: bytes = b""
    result: bytes = b""
    """What the driver returned for this input; empty with the ``script`` driver."""
    stderr: bytes = b""
    exit_code: int = 0
    """The exit status, or minus the signal's number."""
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    memory_bytes: int = 0
    """Peak resident memory."""

    @property
    def written_bytes(self) -> int:
        """How much it wrote: output and the driver's result, without its error stream."""
        return len(self.stdout) + len(self.result)

    def near(self, cpu_seconds: float) -> bool:
        """Whether it ended by itself, and used at least ``NEAR_LIMIT`` of a limit of so many processor seconds.

        An input that a limit ended is not near: how far it would have gone is unknown.
        """
        return self.status in _BY_ITSELF and self.cpu_seconds >= NEAR_LIMIT * cpu_seconds


_BY_ITSELF = frozenset({Status.OK, Status.ERROR, Status.CRASH})


class Sandbox(Protocol):
    """Runs jobs: outcomes come in the order of the inputs, one for each; ending the iteration early ends the job."""

    level: Level

    def run(self, job: Job) -> AsyncGenerator[Outcome, None]:
        """Yield the outcome of every input (a program that does not compile has one outcome, ``compile``).

        Raises:
            SandboxError: the jail failed, which says nothing about the program.
        """
        ...
