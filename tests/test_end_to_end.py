"""Real problems, a real server on loopback, real programs in the real jail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import result
from openai_server import OpenAIServer
from server_faults import BROKEN, BUSY, DROP, MALFORMED
from shared_data import shared_data

from gifmcts.models.catalog import ModelSettings
from gifmcts.models.simulated import Simulated
from gifmcts.types import Chat, Completion, Message, Sampling


@pytest.fixture(scope="module")
def data() -> Path:
    """The real problems."""
    return shared_data("apps", "mini_val.jsonl")


def test_one_command_takes_real_problems_all_the_way(tmp_path: Path, data: Path) -> None:
    """Two names, one digest; window 4 twice, one digest; each number with its label."""
    words = ("run", "apps", "--data", str(data), "--limit", "12", "--budget", "6")
    one, two = (result(tmp_path, *words, "--name", name) for name in ("one", "two"))
    assert one["digest"] == two["digest"]
    assert {key: one[key] for key in one if key not in ("run", "seconds", "waited")} == {
        key: two[key] for key in two if key not in ("run", "seconds", "waited")
    }
    wide = [result(tmp_path, *words, "--window", "4", "--concurrency", count, "--name", f"wide{count}")["digest"] for count in ("1", "7")]
    assert wide[0] == wide[1] != one["digest"]


@pytest.fixture
def server(data: Path) -> Iterator[OpenAIServer]:
    """A server whose model writes the problems' reference solutions with faults, found by the statement that it reads."""
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    statements = {row["question"].strip(): str(row["problem_id"]) for row in rows}
    solutions = {str(row["problem_id"]): json.loads(row["solutions"]) for row in rows if row["solutions"]}
    model = Simulated.open("", ModelSettings(), lambda task: solutions.get(task, []), 0)

    def task_of(messages: tuple[Message, ...]) -> str:
        return next((task for statement, task in statements.items() if statement in messages[1].content), "none")

    async def answer(chat: Chat, sampling: Sampling, seed: int) -> Completion:
        return await model.complete(chat, sampling, seed)

    with OpenAIServer(answer, task_of=task_of) as serving:
        yield serving


def test_a_served_run_survives_every_fault(tmp_path: Path, data: Path, server: OpenAIServer) -> None:
    """429, a dropped connection, malformed JSON and 500 change nothing but the time that it takes."""
    words = ("run", "apps", "--data", str(data), "--limit", "6", "--budget", "5", "--model", "server/tiny", "--base-url", server.url)
    smooth = result(tmp_path, *words, "--name", "smooth")
    server.fail_with(BUSY, None, DROP, None, MALFORMED, None, BROKEN)
    rough = result(tmp_path, *words, "--name", "rough")
    assert rough["digest"] == smooth["digest"]
    assert (smooth["simulated"], smooth["unjudged"]) == (False, 0)


def test_a_context_that_is_too_small_closes_attempts(tmp_path: Path, data: Path, server: OpenAIServer) -> None:
    """Long chats are attempts without a program, the run finishes, and nothing is unjudged."""
    server.context = 3000
    words = ("run", "apps", "--data", str(data), "--limit", "6", "--budget", "3", "--model", "server/tiny", "--base-url", server.url)
    found = result(tmp_path, *words, "--max-tokens", "500", "--name", "narrow")
    assert (found["problems"], found["unjudged"]) == (6, 0)
    lines = [json.loads(line) for file in (tmp_path / "runs/narrow/trees").iterdir() for line in file.read_text().splitlines()[1:]]
    assert {"overflow", "program"} <= {line["reading"] for line in lines}
