"""A zygote's handle on the trusted side: starts it by exec, gives it jobs, ends it."""

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
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
NUMPY = ("numpy", "numpy.random", "numpy.linalg", "numpy.fft", "numpy.polynomial")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "HOME": "/box",
    "PYTHONHASHSEED": "0",
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
        self._drivers: dict[str, int] = {}

    @classmethod
    async def start(cls, *, packages: bool, allow: Iterable[str], unsafe: bool) -> "Zygote":
        """Exec a zygote and wait until its walls stand.

        Raises:
            IsolationRefused: the walls cannot be had.
            JailBroken: it died or said nothing.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        directories = numpy_directories() if packages else []
        settings = {"allow": sorted(allow), "packages": dict.fromkeys(NUMPY, directories) if directories else {}, "unsafe": unsafe}
        errors = os.memfd_create("zygote-errors", os.MFD_CLOEXEC)
        with theirs:
            process = _exec(theirs.fileno(), json.dumps(settings), errors)
        zygote = cls(Facts(Level.NONE, 0), process, ours, errors)
        try:
            async with asyncio.timeout(START_SECONDS):
                kind, _, payload = await zygote._receive()
            zygote.facts = _facts(kind, payload)
        except (Hung, TimeoutError, ValueError) as error:
            detail = zygote.last_words() or str(error)
            await zygote.close()
            raise JailBroken(f"a jail did not start under {sys.version.split()[0]}: {detail}") from error
        except BaseException:
            await zygote.close()
            raise
        return zygote

    async def begin(self, driver: str, compile_seconds: float) -> socket.socket:
        """Start a job and return the socket over which its runner is spoken to.

        Raises:
            Hung: the zygote is gone.
        """
        self.jobs += 1
        number = await self._teach(driver)
        ours, theirs = socket.socketpair()
        payload = frames.START.pack(number, compile_seconds)
        message = frames.CONTROL.pack(frames.JOB, self.jobs, len(payload)) + payload
        with theirs:
            try:
                socket.send_fds(self._control, [message], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise Hung(f"the zygote does not listen: {error}") from error
        ours.setblocking(False)
        return ours

    async def ended(self) -> tuple[bool, int]:
        """Wait for the end of the job's runner: whether the program had compiled, and the runner's exit code.

        Raises:
            Hung: the zygote is gone or talks nonsense.
            ValueError: the driver does not compile.
        """
        kind, number, payload = await self._receive()
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
        size = os.fstat(self._errors).st_size
        return os.pread(self._errors, 2000, max(0, size - 2000)).decode("utf-8", "replace").strip()

    async def close(self) -> None:
        """Hang up, kill and reap; everything below the zygote dies with it."""
        self._control.close()
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            await _gone(self._process.pid)
            self._process.wait()
        os.close(self._errors)

    async def _teach(self, driver: str) -> int:
        number = self._drivers.get(driver)
        if number is None:
            number = self._drivers[driver] = len(self._drivers)
            text = driver.encode("utf-8", "surrogatepass")
            try:
                await asyncio.get_running_loop().sock_sendall(self._control, frames.CONTROL.pack(frames.DRIVER, number, len(text)) + text)
            except OSError as error:
                raise Hung(f"the zygote does not listen: {error}") from error
        return number

    async def _receive(self) -> tuple[bytes, int, bytes]:
        kind, number, length = frames.CONTROL.unpack(await self._read(frames.CONTROL.size))
        if length > 1 << 16:
            raise Hung("the zygote talks nonsense")
        return kind, number, await self._read(length)

    async def _read(self, length: int) -> bytes:
        content = b""
        loop = asyncio.get_running_loop()
        while len(content) < length:
            try:
                piece = await loop.sock_recv(self._control, length - len(content))
            except OSError as error:
                raise Hung(f"the zygote cannot be heard: {error}") from error
            if not piece:
                raise Hung("the zygote is gone")
            content += piece
        return content


def _exec(descriptor: int, settings: str, errors: int) -> "subprocess.Popen[bytes]":
    executable = getattr(sys, "_base_executable", None) or sys.executable
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


def _facts(kind: bytes, payload: bytes) -> Facts:
    told = json.loads(payload)
    if kind == frames.FAILED:
        raise IsolationRefused(
            f"programs cannot be isolated here ({told['reason']}); see `gifmcts check`, or run them unprotected with --unsafe-no-isolation"
        )
    return Facts(Level(told["level"]), int(told["landlock"]), dict(told["missing"]))


async def _gone(pid: int) -> None:
    """Wait until a child process is dead."""
    descriptor = os.pidfd_open(pid)
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(descriptor, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
