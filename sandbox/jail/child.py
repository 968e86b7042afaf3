"""The process in which the program runs: standard streams, a driver, and an end like the interpreter's own."""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import linecache
import os
import sys
import traceback
from _signal import SIGINT, default_int_handler  # type: ignore[import-not-found]
from _signal import signal as set_handler
from types import ModuleType

from . import script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, TracebackType
    from typing import Any

OUT_OF_MEMORY = 251
"""Exit status by which a child says that a MemoryError ended the program."""
HERE = os.path.dirname(__file__) + "/"
LOST_OUTPUT = 120
"""Exit status of an interpreter that could not write its last output."""
RECURSION_LIMIT, OWN_FRAMES, OWN_FRAMES_SHARED = 1000, 14, 16
"""The interpreter's limit, and how many frames stand below a script here that do not stand below one elsewhere."""
RESULT = 3
"""The descriptor of the channel for what the driver returns."""


class Program:
    """What a driver's ``load`` is given."""

    __slots__ = ("code", "filename", "sharing", "source")

    def __init__(self, source: str, code: CodeType, filename: str, sharing: str) -> None:
        """Keep the text, its code, the name that tracebacks show, and how many inputs the child will get."""
        self.source = source
        self.sharing = sharing
        self.code = code
        self.filename = filename

    def run(self) -> None:
        """Run it as a script."""
        script.run(self)

    def renew(self) -> None:
        """Undo the commonest traces of an earlier input in the same child; before the first there is nothing to undo."""
        script.renew(self)

    def leave(self, names: dict[str, Any]) -> None:
        """Keep the names of this input's run until the next is renewed."""
        script.leave(names)


def open_streams() -> None:
    """Build the three text streams over descriptors 0, 1 and 2, as the interpreter does when it starts."""
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False)  # noqa: SIM115
    sys.__dict__.update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def prepare(program: Program) -> None:
    """Give the interpreter the state that a script finds, as far as the runner may have it too."""
    sys.argv = [program.filename]
    sys.setrecursionlimit(RECURSION_LIMIT + (OWN_FRAMES if program.sharing == "fresh" else OWN_FRAMES_SHARED))
    gc.enable()


def settle() -> None:
    """Give it the rest."""
    set_handler(SIGINT, default_int_handler)


def drive(driver: CodeType) -> dict[str, Any]:
    """Run the driver's text in a module of its own and return its names."""
    module = ModuleType("driver")
    module.__dict__["__builtins__"] = builtins
    sys.modules["driver"] = module
    exec(driver, module.__dict__)
    return module.__dict__


def finish(program: Program, work: Callable[[bytes], bytes | None], data: bytes) -> int:
    """Do the work, hand its result over, flush, and return the exit status that the interpreter would give."""
    first = sys.stdout
    try:
        result = work(data)
        if result is not None:
            _write_all(RESULT, result)
        code = 0
    except SystemExit as error:
        code = _exit_code(error)
    except MemoryError as error:
        code = OUT_OF_MEMORY
        _report(error, program)
    except BaseException as error:  # noqa: BLE001  the boundary: whatever leaves the program is its outcome
        code = 1
        _report(error, program)
    return _flushed(code, first)


def _flushed(code: int, first: io.TextIOBase | Any) -> int:
    for stream in (sys.stdout, first):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException:  # noqa: BLE001  a stream may be anything that the program put there
            code = code or LOST_OUTPUT
    return code


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF if error.code.bit_length() < 64 else 255
    _print_error(f"{error.code}\n")
    return 1


def _report(error: BaseException, program: Program) -> None:
    """Write the traceback as the interpreter would, without the frames that are not the program's."""
    try:
        lines = program.source.splitlines(keepends=True)
        linecache.cache[program.filename] = (len(program.source), None, lines, program.filename)
        text = "".join(traceback.format_exception(type(error), error, _own_frames(error.__traceback__, program.filename)))
    except BaseException:  # noqa: BLE001  the program may have broken anything, and memory may be gone
        text = f"{type(error).__name__}\n"
    _print_error(text)


def _own_frames(frames: TracebackType | None, filename: str) -> TracebackType | None:
    """The traceback from the program's first frame on; with none of its own, from the driver's on."""
    found = frames
    while found is not None and found.tb_frame.f_code.co_filename != filename:
        found = found.tb_next
    if found is not None:
        return found
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(HERE):
        frames = frames.tb_next
    return frames


def _print_error(text: str) -> None:
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    try:
        _write_all(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        return


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
