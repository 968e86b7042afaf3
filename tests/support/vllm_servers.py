"""Real vLLM servers of a tiny checkpoint, all held on one core so that programs in the sandbox keep the others."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from family import descendants

LOADING_SECONDS = 600
"""How long a server may take to load on a busy machine."""
CONTEXT = 2048


def why_not() -> str:
    """Why no vLLM can be started here; empty where one can."""
    if importlib.util.find_spec("vllm") is None:
        return "vLLM is not installed in this environment; `tox -e vllm` builds one that has it"
    return "" if shutil.which("taskset") else "taskset is not installed, so a server cannot be held on one core"


@dataclass
class VllmServer:
    """One server process with its port and log; it ends with the tests, however they end."""

    checkpoint: Path
    log: Path
    words: tuple[str, ...] = ()
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> Self:
        """Start the process, on the port that it had before where it had one; ``ready`` waits until it answers."""
        self.port = self.port or _free_port()
        served = ["--model", str(self.checkpoint), "--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(self.port)]
        small = ["--max-model-len", str(CONTEXT), "--max-num-seqs", "64", "--enforce-eager", "--no-enable-chunked-prefill"]
        keeper = [
            sys.executable,
            "-m",
            "gifmcts.models.keeper",
            str(os.getpid()),
            "taskset",
            "--cpu-list",
            str(min(os.sched_getaffinity(0))),
        ]
        server = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--enable-prompt-tokens-details"]
        with self.log.open("ab") as log:
            command = [*keeper, *server, *served, *small, *self.words]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment(), start_new_session=True)
        return self

    def ready(self) -> Self:
        """Wait until the server answers."""
        assert self._process is not None
        deadline = time.monotonic() + LOADING_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"vLLM ended while it loaded:\n{self.log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"vLLM does not answer after {LOADING_SECONDS} s"
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        """End the server with all its processes."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def metric(self, name: str) -> float:
        """A number of ``/metrics``, summed over its labels."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0] == name)

    def post(self, route: str, body: dict[str, object]) -> dict[str, object]:
        """The reply to a raw request."""
        asked = urllib.request.Request(f"{self.url}{route}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=120) as reply:
            found = json.loads(reply.read())
        assert isinstance(found, dict)
        return found

    @property
    def engine(self) -> int:
        """The process that computes, apart from the one that listens."""
        assert self._process is not None
        return titled(descendants(self._process.pid), "EngineCore")[0]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def environment() -> dict[str, str]:
    """A small cache, no hub, and no reports of use."""
    return os.environ | {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}


def titled(processes: list[int], word: str) -> list[int]:
    """Those of the processes whose command line has a word, such as ``EngineCore``."""
    return [process for process in processes if word in _title(process)]


def _title(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
