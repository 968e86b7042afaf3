"""A vLLM server that is started for a run: its command, its port, its log, and its end with everything that it started."""

import asyncio
import contextlib
import logging
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from yarl import URL

from gifmcts.errors import PreflightError
from gifmcts.models.keeper import GRACE_SECONDS
from gifmcts.models.wire import Endpoint, Interrupted
from gifmcts.wording import harmless

_phase = logging.getLogger("gifmcts.phase")

_LOOK_SECONDS = 0.25
_TELL_SECONDS = 15.0
_CAUSE = re.compile(r"(?:^|\s)((?:\w+\.)*(?:\w*Error|\w*Exception|OSError): .+|error: .+|Value error, .+)$")
_WRAPS = re.compile("root cause|stack trace")
"""Errors that only say that there was another."""
_LAST_BYTES = 1 << 18
_SHOWN = 200
"""Characters of the log's last line."""


_LOOK = """
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
try:
    print(find_spec("vllm") is not None, version("torch"))
except PackageNotFoundError:
    print(False)
"""
_ON_CPU = ("--no-enable-chunked-prefill",)
"""vLLM 0.32 dies of a seeded request whose prompt it took in pieces: it sets a generator back, which torch cannot do on CPUs."""
_CPU_CACHE_GIB = "2"
"""Memory for keys and values on CPUs, where vLLM would claim nine tenths of the machine's."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started: the interpreter that has vLLM, the name that is asked for, and the words for the server's command line."""

    python: str
    served: str
    words: tuple[str, ...]

    def command(self, port: int) -> list[str]:
        """The whole command line; the user's own words come last, so that they win.

        Raises:
            PreflightError: the interpreter has no vLLM; the message says what to install.
        """
        keeper = [sys.executable, "-P", "-m", "gifmcts.models.keeper", str(os.getpid())]
        server = [self.python, "-P", "-m", "vllm.entrypoints.openai.api_server"]
        ours = ["--host", "127.0.0.1", "--port", str(port), "--enable-prompt-tokens-details", "--disable-uvicorn-access-log"]
        cpu = _ON_CPU if self.torch().endswith("+cpu") else ()
        return [*keeper, *server, *ours, *cpu, *self.words]

    def torch(self) -> str:
        """The version of torch beside vLLM; raises as ``command`` does."""
        try:
            looked = subprocess.run(
                [self.python, "-P", "-c", _LOOK], capture_output=True, text=True, timeout=60, check=False
            ).stdout.split()
        except (OSError, subprocess.TimeoutExpired):
            looked = []
        if looked[:1] != ["True"]:
            where = "beside gifmcts" if self.python == sys.executable else f"for {self.python}"
            advice = "pip install 'gifmcts[vllm]', or name an interpreter that has it by --vllm-python, or a running server by --base-url"
            raise PreflightError(f"vLLM is not installed {where}: {advice}")
        return looked[1]


class Spawned:
    """A server process on a free loopback port; it answers only to a key that is drawn for it and kept in memory."""

    def __init__(self, launch: Launch, folder: Path | None) -> None:
        self._launch = launch
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()
        self.key = secrets.token_urlsafe(24)
        self.log = Path(os.devnull)
        self._earlier = 0

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def served(self) -> str:
        """The name that it is asked by."""
        return self._launch.served

    async def start(self) -> None:
        """Start the server and wait until it answers, for as long as it loads.

        Raises:
            PreflightError: it ended while it loaded; the message has its words.
        """
        self._process = await self._begin()
        _phase.info("loading %s by vLLM; its log is %s", self._launch.served, self.log)
        endpoint = Endpoint(self.url, self.key, timeout=10.0, in_flight=1)
        loop = asyncio.get_running_loop()
        began = told = loop.time()
        try:
            while not await self._answers(endpoint):
                if self._process.returncode is not None:
                    raise PreflightError(f"vLLM could not serve {self._launch.served}: {self.cause()}; its whole log is {self.log}")
                if loop.time() - told >= _TELL_SECONDS:
                    told = loop.time()
                    _phase.info("loading for %.0f s: %s", told - began, self._last_words())
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await endpoint.close()
        _phase.info("vLLM serves %s at %s after %.0f s", self._launch.served, self.url, loop.time() - began)

    async def ended(self) -> int:
        """Wait for the server's end, by itself or because its keeper was killed; its exit status as a shell tells it."""
        assert self._process is not None
        status = await self._process.wait()
        if status < 0:
            _kill_session(self._process.pid)
        return status if status >= 0 else 128 - status

    async def stop(self) -> None:
        """End the server and every process of its session; nothing is left when this returns."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 2 * GRACE_SECONDS)
        except TimeoutError:
            _kill_session(process.pid)
            await process.wait()
        if self._folder is None:
            self.log.unlink(missing_ok=True)

    def cause(self) -> str:
        """The last line of the log that names an error of its own, else one that names another's, else its last line."""
        named = [found[1] for line in self._tail() if (found := _CAUSE.search(line))]
        own = [words for words in named if not _WRAPS.search(words)]
        return (own or named or [self._last_words()])[-1][:500]

    async def _begin(self) -> asyncio.subprocess.Process:
        with self._open_log() as log:
            return await asyncio.create_subprocess_exec(
                *self._launch.command(self.port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(self.key),
                start_new_session=True,
            )

    def _open_log(self) -> BinaryIO:
        if self._folder is None:
            number, name = tempfile.mkstemp(prefix="gifmcts-vllm-", suffix=".log")
            self.log = Path(name)
            os.close(number)
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.log = self._folder / "vllm.log"
        log = self.log.open("ab")
        self._earlier = log.tell()
        return log

    async def _answers(self, endpoint: Endpoint) -> bool:
        try:
            return (await endpoint.ask("GET", URL(f"{self.url}/health"))).status == 200
        except Interrupted:
            return False

    def _tail(self) -> list[str]:
        """The last lines of the log since the server was begun, earlier ones having died of something else."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(self._earlier, log.seek(0, os.SEEK_END) - _LAST_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
            return [harmless(line.strip()) for line in lines if line.strip()]
        return []

    def _last_words(self) -> str:
        line = (self._tail() or ["it said nothing"])[-1]
        return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _environment(key: str) -> dict[str, str]:
    """The server's environment: its own key, none of ours, and no reports of its use to anyone."""
    ours = {name: value for name, value in os.environ.items() if name not in ("GIFMCTS_API_KEY", "OPENAI_API_KEY")}
    usual = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": _CPU_CACHE_GIB}
    return usual | ours | {"VLLM_API_KEY": key}


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _kill_session(leader: int) -> None:
    """Kill what is left of a session's first process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
