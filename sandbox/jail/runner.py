"""One program's keeper: compiles it, never runs it, and forks the children that do."""

import os
import resource
import signal
import time
import traceback
import warnings
from types import CodeType
from typing import NoReturn

from . import child, frames, kernel, shared
from .limits import Confinement, Request
from .seccomp import ChildFilter
from .streams import Streams
from .walls import Walls
from .watch import Ending, Watch

CHUNK = 1 << 20
ENDLESS = 1e6
"""Processor seconds for the kernel's own backstop where only the runner counts."""


class Gone(Exception):
    """The trusted side hung up."""


class Wire:
    """The job's socket, seen from inside."""

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        """Speak over a connected stream."""
        self.descriptor = descriptor

    def read(self, length: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            Gone: the stream ended before.
        """
        pieces = []
        while length:
            piece = os.read(self.descriptor, min(length, CHUNK))
            if not piece:
                raise Gone
            pieces.append(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_input(self) -> bytes | None:
        """The next input, or nothing when there are no more."""
        (length,) = frames.INPUT.unpack(self.read(frames.INPUT.size))
        return None if length == frames.LAST else self.read(length) if length else b""

    def reply(self, ending: Ending, stdout: bytes, result: bytes, stderr: bytes) -> None:
        """Say how an input ended."""
        lengths = (len(stdout), len(result), len(stderr))
        status = frames.STATUSES.index(ending.status)
        header = frames.REPLY.pack(status, ending.exit_code, ending.cpu_ns, ending.wall_ns, ending.peak_bytes, *lengths)
        for part in (header + stdout, result, stderr) if len(stdout) < CHUNK else (header, stdout, result, stderr):
            view = memoryview(part)
            while view:
                view = view[os.write(self.descriptor, view) :]


class Runner:
    """Serves the inputs of one job."""

    def __init__(self, wire: Wire, driver: CodeType, walls: Walls) -> None:
        """Prepare; nothing is read yet."""
        self.wire = wire
        self.driver = driver
        self.walls = walls

    def run(self, compiled: int) -> None:
        """Read the job, compile, tell the zygote by writing to ``compiled``, serve every input.

        Raises:
            Gone: the trusted side ended the job.
        """
        self.request = request = Request.unpack(self.wire.read(frames.REQUEST.size))
        source = self.wire.read(request.source_length).decode("utf-8", "surrogatepass") if request.source_length else ""
        filename = self.wire.read(request.filename_length).decode("utf-8", "surrogatepass")
        code = self._compile(source.removeprefix("\ufeff"), filename)
        if code is None:
            self._hear_out()
            return
        os.eventfd_write(compiled, 1)
        os.close(compiled)
        self.program = child.Program(source, code, filename, request.sharing)
        cpu_seconds = request.cpu_seconds if request.sharing == "fresh" else ENDLESS
        self._confinement = Confinement(request, self.walls.base_bytes, cpu_seconds, self.walls.count_threads)
        self._filter = ChildFilter() if self.walls.filtered else None
        if request.sharing == "fresh":
            self._serve_fresh()
        else:
            shared.serve(self)

    def _hear_out(self) -> None:
        """Read what is sent ahead: hanging up on it would lose the reply."""
        while self.wire.read_input() is not None:
            pass

    def _compile(self, source: str, filename: str) -> CodeType | None:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (self.walls.base_bytes + self.request.memory_bytes, hard))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return compile(source, filename, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError, SystemError) as error:
            text = "".join(traceback.format_exception_only(error)).encode("utf-8", "backslashreplace")
            self.wire.reply(Ending("compile", 1, 0, 0, 0), b"", b"", text[-self.request.error_bytes :])
            return None
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    def _serve_fresh(self) -> None:
        request = self.request
        while (data := self.wire.read_input()) is not None:
            streams = Streams(data)
            started = time.monotonic_ns()
            pid = os.fork()
            if pid == 0:
                self._be_fresh(streams, data)
            ending = Watch(pid, request, started).wait(request.cpu_seconds)
            stdout, result, stderr, exceeded = streams.read(request)
            streams.close()
            self.wire.reply(ending.judged(exceeded), stdout, result, stderr)

    def _be_fresh(self, streams: Streams, data: bytes) -> NoReturn:
        try:
            streams.install()
            self.confine(len(data), keep=child.RESULT)
            child.settle(self.program)
            os._exit(child.finish(self.program, self._once, data))
        finally:
            os._exit(1)

    def _once(self, data: bytes) -> bytes | None:
        names = child.drive(self.driver)
        result: bytes | None = names["step"](names["load"](self.program), data)
        return result

    def confine(self, extra_bytes: int, keep: int) -> None:
        """Close every other descriptor, lower the limits, then let the second filter fall."""
        os.closerange(keep + 1, 1 << 20)
        self._confinement.apply(extra_bytes)
        if not self.walls.isolated:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if self._filter is not None:
            self._filter.install(os.getpid())


def become(descriptor: int, driver: CodeType, compiled: int, walls: Walls) -> NoReturn:
    """Be the runner of one job until its end; never returns."""
    code = 1
    try:
        os.setsid()
        if walls.filtered:
            kernel.drop_capabilities()
        if not walls.isolated:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        Runner(Wire(descriptor), driver, walls).run(compiled)
        code = 0
    except (Gone, BrokenPipeError, ConnectionResetError):
        code = 0
    finally:
        os._exit(code)
