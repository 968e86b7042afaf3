"""A tiny checkpoint and two real vLLM servers of it, begun once and shared by all tests of this folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from vllm_servers import VllmServer, why_not

SUPPORT = Path(__file__).parent.parent / "support"


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Every test here needs a vLLM that can be started."""
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def checkpoints(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny checkpoint and an adapter."""
    place = tmp_path_factory.mktemp("tiny")
    subprocess.run([sys.executable, str(SUPPORT / "tiny_checkpoints.py"), str(place)], check=True, capture_output=True)
    return place


@pytest.fixture(scope="session")
def servers(checkpoints: Path) -> Iterator[tuple[VllmServer, VllmServer]]:
    """A server with an adapter and one that parses reasoning, both begun at once and both on one core."""
    adapter = ("--enable-lora", "--max-lora-rank", "32", "--lora-modules", f"loud={checkpoints / 'adapter'}")
    one = VllmServer(checkpoints / "tiny", checkpoints / "one.log", adapter)
    other = VllmServer(checkpoints / "tiny", checkpoints / "other.log", ("--reasoning-parser", "deepseek_r1"))
    try:
        yield one.begin(), other.begin()
    finally:
        one.stop()
        other.stop()


@pytest.fixture(scope="session")
def server(servers: tuple[VllmServer, VllmServer]) -> VllmServer:
    """The server that most tests ask."""
    return servers[0].ready()


@pytest.fixture(scope="session")
def reasoning(servers: tuple[VllmServer, VllmServer]) -> VllmServer:
    """The server that parses reasoning."""
    return servers[1].ready()
