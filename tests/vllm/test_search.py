"""Whole searches on real engines: the prompt is computed once, problems stay where they are, and nothing that was committed is lost."""

import os
import re
import signal
from pathlib import Path

import pytest
from command import attempts, gifmcts, started, wait_for_attempts
from recording_proxy import RecordingProxy
from vllm_servers import LOADING_SECONDS, VllmServer

pytestmark = pytest.mark.vllm


def searching(*urls: str, name: str = "r", problems: int = 6, budget: int = 6) -> list[str]:
    """The words of a run against servers."""
    addresses = [word for url in urls for word in ("--base-url", url)]
    size = ["--limit", str(problems), "--budget", str(budget), "--max-tokens", "96"]
    return ["run", "apps", "--name", name, "--model", "server/tiny", *addresses, *size]


def test_the_prefix_cache_serves_the_tree(server: VllmServer, tmp_path: Path) -> None:
    """Constant text first, varying last: of all prompt tokens of a search at least 60 % are not computed again."""
    before = [server.metric(f"vllm:prefix_cache_{what}_total") for what in ("queries", "hits")]
    done = gifmcts(tmp_path, *searching(server.url, problems=8, budget=10), "--concurrency", "8", timeout=LOADING_SECONDS)
    assert done.returncode == 0, done.stderr
    queries, hits = (server.metric(f"vllm:prefix_cache_{what}_total") - old for what, old in zip(("queries", "hits"), before, strict=True))
    assert queries > 10_000
    assert hits / queries >= 0.6


def test_a_problem_stays_on_one_of_two_servers(server: VllmServer, reasoning: VllmServer, tmp_path: Path) -> None:
    """Both servers are asked, and the first tokens of a problem's prompts, which hold its statement, are seen by one alone."""
    with RecordingProxy(server.url) as one, RecordingProxy(reasoning.url) as two:
        done = gifmcts(tmp_path, *searching(one.url, two.url, problems=8), timeout=LOADING_SECONDS)
        assert done.returncode == 0, done.stderr
        asked = [
            {str(body["messages"][1]["content"])[:400] for body in proxy.bodies("/tokenize")[2:] if "messages" in body}
            for proxy in (one, two)
        ]  # type: ignore[index]
    assert asked[0]
    assert asked[1]
    assert not asked[0] & asked[1]


def test_what_does_not_fit_closes_a_node_and_not_the_run(server: VllmServer, tmp_path: Path) -> None:
    """Where nearly the whole context is asked for as room, every attempt is recorded as an overflow and the run ends in order."""
    done = gifmcts(tmp_path, *searching(server.url, problems=2, budget=2)[:-2], "--max-tokens", "2000", timeout=LOADING_SECONDS)
    assert done.returncode == 0, done.stderr
    lines = "".join(file.read_text() for file in (tmp_path / "runs/r/trees").glob("*.jsonl"))
    assert lines.count('"reading":"overflow"') == 4


def test_a_run_outlives_the_death_of_its_engine(reasoning: VllmServer, tmp_path: Path) -> None:
    """Kill −9 of the engine in mid-run: the run stops and says how to go on; when the server is back, the same command goes on."""
    words = [*searching(reasoning.url, problems=8, budget=8), "--retry-seconds", "2"]
    with started(tmp_path, *words) as run:
        wait_for_attempts(tmp_path, "r", 6, run, LOADING_SECONDS)
        os.kill(reasoning.engine, signal.SIGKILL)
        _, said = run.communicate(timeout=LOADING_SECONDS)
    assert run.returncode == 1, said
    assert said.rstrip().splitlines()[-1].startswith("gifmcts run apps --name r")
    kept = attempts(tmp_path, "r")
    reasoning.stop()
    reasoning.begin().ready()
    done = gifmcts(tmp_path, *words, timeout=LOADING_SECONDS)
    assert done.returncode == 0, done.stderr
    assert attempts(tmp_path, "r") > kept
    assert re.search(r"\d+ calls of earlier starts were kept", done.stderr)
