"""A zygote's handle on the trusted side: starts it by exec, gives it jobs, ends it."""

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import sandbox.jail
from sandbox.errors import IsolationRefused, JailBroken
from sandbox.jail import frames
from sandbox.types import Level

START = Path(sandbox.jail.__file__).with_name("start.py")
START_SECONDS = 30.0
SEND_SECONDS = 10.0
NUMPY = ("numpy", "numpy.random", "numpy.linalg", "numpy.fft", "numpy.polynomial")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "HOME": "/box",
    "PYTHONHASHSEED": "0",
    "LD_BIND_NOW": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
FEATURES = frozenset({"namespaces", "landlock", "seccomp"})


class Hung(Exception):
    """The zygote is gone or says what no zygote says."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a zygote says about its walls when it is ready."""

    level: Level
    landlock: int
    missing: dict[str, str] = field(default_factory=dict)


def interpreter() -> str:
    """The interpreter for untrusted programs: this one without its virtual environment."""
    found: str = getattr(sys, "_base_executable", None) or sys.executable
    return found


def numpy_directories() -> list[str]:
    """Where this interpreter's numpy and its libraries are; empty when there is none."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    return [str(path) for path in (package, package.with_name("numpy.libs")) if path.is_dir()]


class Zygote:
    """One jail process tree; serves one job at a time."""

    def __init__(self, facts: Facts, process: "subprocess.Popen[bytes]", control: socket.socket, errors: int) -> None:
        """Take over a zygote that is ready."""
        self.facts = facts
        self.jobs = 0
        self._process = process
        self._control = control
        self._errors = errors
        self._drivers: dict[bytes, int] = {}

    @classmethod
    def start(cls, *, executable: str, packages: bool, allow: Iterable[str], unsafe: bool) -> "Zygote":
        """Exec a zygote and wait until its walls stand.

        Raises:
            IsolationRefused: the walls cannot be had.
            JailBroken: it died or said nothing.
        """
        ours, theirs = socket.socketpair()
        directories = numpy_directories() if packages else []
        settings = {"allow": sorted(allow), "packages": list(NUMPY) if directories else [], "directories": directories}
        settings |= {"unsafe": []} if unsafe else {}
        errors = os.memfd_create("zygote-errors", os.MFD_CLOEXEC)
        try:
            with theirs:
                process = _exec(executable, theirs.fileno(), frames.write_table(settings), errors)
        except JailBroken:
            ours.close()
            os.close(errors)
            raise
        zygote = cls(Facts(Level.NONE, 0), process, ours, errors)
        try:
            kind, _, payload = zygote._receive(START_SECONDS)
            zygote.facts = _facts(kind, payload)
        except (Hung, TimeoutError, ValueError) as error:
            detail = zygote.last_words() or str(error)
            zygote.close()
            raise JailBroken(f"a jail did not start under {sys.version.split()[0]}: {detail}") from error
        except BaseException:
            zygote.close()
            raise
        return zygote

    def begin(self, driver: bytes, compile_seconds: float) -> socket.socket:
        """Start a job and return the socket over which its runner is spoken to.

        Raises:
            Hung: the zygote is gone.
        """
        self.jobs += 1
        self._control.settimeout(SEND_SECONDS)
        ours, theirs = socket.socketpair()
        try:
            payload = frames.START.pack(self._teach(driver), compile_seconds)
            message = frames.CONTROL.pack(frames.JOB, self.jobs, len(payload)) + payload
            with theirs:
                socket.send_fds(self._control, [message], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise Hung(f"the zygote does not listen: {error}") from error
        return ours

    def ended(self, patience: float) -> tuple[bool, int]:
        """Wait for the end of the job's runner: whether the program had compiled, and the runner's exit code.

        Raises:
            Hung: the zygote is gone or talks nonsense.
            TimeoutError: the runner did not end within ``patience`` seconds.
            ValueError: the driver does not compile.
        """
        kind, number, payload = self._receive(patience)
        if kind == frames.FAILED and number == self.jobs:
            raise ValueError(f"the driver does not compile: {payload.decode('utf-8', 'replace')}")
        if kind != frames.ENDED or number != self.jobs or len(payload) != frames.ENDING.size:
            raise Hung("the zygote talks nonsense")
        compiled, code = frames.ENDING.unpack(payload)
        return bool(compiled), code

    def stop_job(self) -> None:
        """Ask for the runner's end now."""
        with contextlib.suppress(OSError):
            self._control.send(frames.CONTROL.pack(frames.KILL, self.jobs, 0))

    def last_words(self) -> str:
        """The end of what the zygote wrote to its standard error."""
        return last_words(self._errors)

    def close(self) -> None:
        """Hang up, kill and reap; everything below the zygote dies with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        os.close(self._errors)

    def _teach(self, driver: bytes) -> int:
        number = self._drivers.get(driver)
        if number is None:
            number = self._drivers[driver] = len(self._drivers)
            self._control.sendall(frames.CONTROL.pack(frames.DRIVER, number, len(driver)) + driver)
        return number

    def _receive(self, patience: float) -> tuple[bytes, int, bytes]:
        self._control.settimeout(patience)
        kind, number, length = frames.CONTROL.unpack(self._read(frames.CONTROL.size))
        if length > 1 << 16:
            raise Hung("the zygote talks nonsense")
        return kind, number, self._read(length)

    def _read(self, length: int) -> bytes:
        content = b""
        while len(content) < length:
            try:
                piece = self._control.recv(length - len(content))
            except TimeoutError as error:
                raise TimeoutError("the zygote fell silent") from error
            except OSError as error:
                raise Hung(f"the zygote cannot be heard: {error}") from error
            if not piece:
                raise Hung("the zygote is gone")
            content += piece
        return content


def last_words(errors: int) -> str:
    """The end of what a process wrote to the memory file that is its standard error."""
    size = os.fstat(errors).st_size
    return os.pread(errors, 2000, max(0, size - 2000)).decode("utf-8", "replace").strip()


def _exec(executable: str, descriptor: int, settings: str, errors: int) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            [executable, "-s", "-P", "-S", "-B", str(START), str(descriptor), settings],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=(descriptor,),
            start_new_session=True,
            cwd="/",
        )
    except OSError as error:
        raise JailBroken(
            f"the interpreter {executable} cannot be started ({error.strerror}): "
            "make the virtual environment with one that every user may run, such as /usr/bin/python3"
        ) from error


def _facts(kind: bytes, payload: bytes) -> Facts:
    told = frames.read_table(payload.decode("utf-8", "replace"))
    if kind == frames.FAILED:
        raise IsolationRefused(
            f"programs cannot be isolated here ({' '.join(told['reason'])}); see `gifmcts check`, "
            "or run them unprotected with --unsafe-no-isolation"
        )
    return Facts(Level(told["level"][0]), int(told["landlock"][0]), frames.paired(told["missing"]))
