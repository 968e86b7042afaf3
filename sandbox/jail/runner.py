"""One program's keeper: compiles it, never runs it, and forks the children that do."""

from __future__ import annotations

import os
import resource
import time
import traceback
from fcntl import F_DUPFD_CLOEXEC, fcntl

from . import child, kernel, shared, warm
from .limits import Confinement, Request
from .streams import Streams, read_input
from .watch import Ending, Watch
from .wire import GATHERED, Gone, Wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import NoReturn

    from .walls import Walls

FIRST_OWN = 8
"""The lowest descriptor that the runner keeps for itself: those below belong to the child."""


class Runner:
    """Serves the inputs of one job."""

    def __init__(self, wire: Wire, driver: CodeType, walls: Walls) -> None:
        """Prepare; nothing is read yet."""
        self.wire = wire
        self.driver = driver
        self.walls = walls
        self._pid = os.getpid()

    def run(self, compiled: int) -> None:
        """Read the job, compile, tell the zygote by writing to ``compiled``, serve every input.

        Raises:
            Gone: the trusted side ended the job.
        """
        self.request = request = Request(self.wire.read(Request.SIZE))
        source = self.wire.read(request.source_length).decode("utf-8", "surrogatepass")
        filename = self.wire.read(request.filename_length).decode("utf-8", "surrogatepass")
        code = self._compile(source.removeprefix("\ufeff"), filename)
        if code is None:
            self._hear_out()
            return
        os.eventfd_write(compiled, 1)
        os.close(compiled)
        loaded = warm.load_mentioned(source)
        self.program = child.Program(source, code, filename, request.sharing)
        self.streams = Streams(renewed=self.walls.filter is None)
        self._confinement = Confinement(request, self.walls, loaded)
        child.prepare(self.program)
        if request.sharing == "fresh":
            self._serve_fresh()
        else:
            shared.serve(self)

    def _hear_out(self) -> None:
        """Read what is sent ahead: hanging up on it would lose the reply."""
        while (length := self.wire.next_input()) is not None:
            self.wire.take_input(length, None)

    def _compile(self, source: str, filename: str) -> CodeType | None:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (self.walls.base_bytes + self.request.memory_bytes, hard))
        try:
            return compile(source, filename, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError, SystemError) as error:
            text = "".join(traceback.format_exception_only(error)).encode("utf-8", "backslashreplace")
            self.wire.reply(Ending("compile", 1, 0, 0, 0), text=text[max(0, len(text) - min(self.request.error_bytes, GATHERED)) :])
            return None
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    def _serve_fresh(self) -> None:
        request, streams, wire = self.request, self.streams, self.wire
        while (length := wire.next_input()) is not None:
            streams.load(wire, length)
            started = time.monotonic_ns()
            wire.hurry(started)
            pid = os.fork()
            if pid == 0:
                self._be_fresh(length)
            streams.answer(wire, request, Watch(pid, request, started).wait(request.cpu_seconds))

    def _be_fresh(self, length: int) -> NoReturn:
        try:
            self.confine(length, child.RESULT + 1)
            child.settle()
            os._exit(child.finish(self.program, self._once, read_input(length)))
        finally:
            os._exit(1)

    def _once(self, data: bytes) -> bytes | None:
        names = child.drive(self.driver)
        result: bytes | None = names["step"](names["load"](self.program), data)
        return result

    def confine(self, extra_bytes: int, first_closed: int) -> None:
        """Close the runner's descriptors, lower the limits, then let the second filter fall."""
        os.closerange(first_closed, 1 << 20)
        self._confinement.apply(extra_bytes)
        if not self.walls.isolated:
            kernel.die_with(self._pid)
        if self.walls.filter is not None:
            self.walls.filter.install(os.getpid())


def become(descriptor: int, driver: CodeType, compiled: int, walls: Walls, parent: int) -> NoReturn:
    """Be the runner of one job until its end; never returns."""
    code = 1
    errors = fcntl(2, F_DUPFD_CLOEXEC, FIRST_OWN)
    try:
        os.setsid()
        if walls.filter is not None:
            walls.filter.drop_capabilities()
        if not walls.isolated:
            kernel.die_with(parent)
        descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_OWN)
        compiled = fcntl(compiled, F_DUPFD_CLOEXEC, FIRST_OWN)
        os.closerange(3, FIRST_OWN)
        wire = Wire(descriptor)
        Runner(wire, driver, walls).run(compiled)
        wire.flush()
        code = 0
    except (Gone, BrokenPipeError, ConnectionResetError):
        code = 0
    except Exception:  # noqa: BLE001  the last words of a runner that has nobody else to tell
        os.write(errors, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(code)
