"""Tiny checkpoints and real vLLM servers, begun once and shared by all tests of this folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_checkpoints import TEMPLATES
from vllm_servers import VllmServer, why_not

SUPPORT = Path(__file__).parent.parent / "support"


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Every test here needs a vLLM that can be started."""
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def checkpoints(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny checkpoint for each chat template, and an adapter."""
    place = tmp_path_factory.mktemp("tiny")
    subprocess.run([sys.executable, str(SUPPORT / "tiny_checkpoints.py"), str(place)], check=True, capture_output=True)
    return place


@pytest.fixture(scope="session")
def servers(checkpoints: Path) -> Iterator[dict[str, VllmServer]]:
    """One server a chat template, all begun at once; those of which searches ask much are on core 0."""
    adapter = ("--enable-lora", "--max-lora-rank", "32", "--lora-modules", f"loud={checkpoints / 'adapter'}")
    flags = {"chatml": adapter, "thinking": ("--reasoning-parser", "deepseek_r1")}
    begun: dict[str, VllmServer] = {}
    try:
        for name in TEMPLATES:
            core = int(name in ("trimming", "thinking"))
            begun[name] = VllmServer(checkpoints / name, checkpoints / f"{name}.log", flags.get(name, ()), core).begin()
        yield begun
    finally:
        for server in begun.values():
            server.stop()


@pytest.fixture(scope="session")
def chatml(servers: dict[str, VllmServer]) -> VllmServer:
    """The server that most tests ask."""
    return servers["chatml"].ready()
