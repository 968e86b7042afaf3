"""A run that keeps its own vLLM: from nothing to a report, through the death of the engine and of the run itself."""

import os
import signal
from pathlib import Path

import pytest
from command import attempts, gifmcts, started, wait_for_attempts
from family import all_end, descendants
from vllm_servers import LOADING_SECONDS, environment, titled

pytestmark = pytest.mark.vllm
IN_FLIGHT = 8
"""How many answers may still arrive from an engine that is being killed: one a problem."""


@pytest.fixture(scope="module", autouse=True)
def small() -> None:
    """Servers that are started here have a small cache and ask no hub."""
    os.environ.update({key: value for key, value in environment().items() if key.startswith(("HF_", "VLLM_CPU"))})


def test_from_nothing_to_a_report_through_the_death_of_the_engine_and_of_the_run(checkpoints: Path, tmp_path: Path) -> None:
    """The engine is killed and loaded again; the command is killed and leaves no process; the same command goes on to its report."""
    model = f"vllm/{checkpoints / 'tiny'}:{checkpoints / 'adapter'}"
    arguments = ("--vllm-arg=--enforce-eager", "--vllm-arg", "--max-model-len 4096")
    words = ("run", "apps", "--name", "r", "--model", model, "--limit", "8", "--budget", "8", "--max-tokens", "64", *arguments)
    with started(tmp_path, *words) as run:
        wait_for_attempts(tmp_path, "r", 5, run, LOADING_SECONDS)
        first = descendants(run.pid)
        os.kill(titled(first, "EngineCore")[0], signal.SIGKILL)
        wait_for_attempts(tmp_path, "r", attempts(tmp_path, "r") + IN_FLIGHT + 1, run, LOADING_SECONDS)
        second = descendants(run.pid)
        run.kill()
        _, said = run.communicate(timeout=60)
    assert "It is started again" in said
    assert said.count("vLLM serves") == 2
    assert not set(titled(first, "EngineCore")) & set(titled(second, "EngineCore"))
    assert all_end([*first, *second], 60)
    done = gifmcts(tmp_path, *words, timeout=LOADING_SECONDS)
    assert done.returncode == 0, done.stderr
    assert "calls of earlier starts were kept" in done.stderr
    assert "problems" in done.stdout
