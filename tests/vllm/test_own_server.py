"""A run that keeps its own vLLM: from nothing to a report, through the death of the engine and of the run itself."""

import os
import signal
from pathlib import Path

import pytest
from command import gifmcts, started, wait_for_attempts
from family import all_end, descendants
from vllm_servers import LOADING_SECONDS, environment, titled

pytestmark = pytest.mark.vllm


@pytest.fixture(scope="module", autouse=True)
def small() -> None:
    """Servers that are started here have a small cache and ask no hub."""
    os.environ.update({key: value for key, value in environment().items() if key.startswith(("HF_", "VLLM_CPU"))})


def running(checkpoint: Path, name: str, budget: int = 8) -> list[str]:
    """The words of a run on a server of its own."""
    arguments = ["--vllm-arg=--enforce-eager", "--vllm-arg", "--max-model-len 4096"]
    return [
        "run",
        "apps",
        "--name",
        name,
        "--model",
        f"vllm/{checkpoint}",
        "--limit",
        "8",
        "--budget",
        str(budget),
        "--max-tokens",
        "64",
        *arguments,
    ]


def test_from_nothing_to_a_report_and_through_the_death_of_the_engine(checkpoints: Path, tmp_path: Path) -> None:
    """The server is loaded, dies of kill −9 of its engine, is loaded again, and the run ends with every problem's report."""
    with started(tmp_path, *running(checkpoints / "chatml", "r")) as run:
        wait_for_attempts(tmp_path, "r", 10, run, LOADING_SECONDS)
        family = descendants(run.pid)
        os.kill(titled(family, "EngineCore")[0], signal.SIGKILL)
        out, said = run.communicate(timeout=2 * LOADING_SECONDS)
    assert run.returncode == 0, said
    assert "It is started again" in said
    assert said.count("vLLM serves") == 2
    assert "problems" in out
    assert all_end(family, 20)


def test_a_run_that_is_killed_leaves_no_server_and_goes_on(checkpoints: Path, tmp_path: Path) -> None:
    """Kill −9 of the command ends the server with its engine and workers; the same command goes on, with an adapter too."""
    words = running(Path(f"{checkpoints / 'chatml'}:{checkpoints / 'adapter'}"), "r")
    with started(tmp_path, *words) as run:
        wait_for_attempts(tmp_path, "r", 5, run, LOADING_SECONDS)
        family = descendants(run.pid)
        run.kill()
        run.communicate(timeout=60)
    assert titled(family, "VLLM::") or len(family) > 4
    assert all_end(family, 60)
    done = gifmcts(tmp_path, *words, timeout=2 * LOADING_SECONDS)
    assert done.returncode == 0, done.stderr
    assert "calls of earlier starts were kept" in done.stderr
