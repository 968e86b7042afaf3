"""``gifmcts cwmb llm-as-model`` as a real process, against real servers."""

import json
import re
from pathlib import Path

import pytest
from command import gifmcts
from openai_server import OpenAIServer
from server_faults import Fault
from worlds import shipped

from cwmb_eval.predicting import wording
from cwmb_eval.references import reference
from gifmcts.types import Chat, Completion, Finish, Sampling

WORDS = ("cwmb", "llm-as-model", "--envs", "Taxi", "--samples", "6", "--json")


async def knowing(chat: Chat, sampling: Sampling, seed: int) -> Completion:
    """A model that computes the right answer from what it is shown, and nothing else."""
    shown = chat.messages[-1].content
    state, action = (json.loads(re.findall(rf"^{name}: (.*)$", shown, re.MULTILINE)[0]) for name in ("State", "Action"))
    names: dict[str, object] = {}
    exec(reference("Taxi") or "", names)
    model = names["Environment"]()  # type: ignore[operator]
    model.set_state(state)
    return Completion(f"```json\n{json.dumps(list(model.step(action)))}\n```\n", 0, 11, Finish.STOP)


async def careless(chat: Chat, sampling: Sampling, seed: int) -> Completion:
    """A model that says what it likes."""
    return Completion("The taxi drives on.", 0, 5, Finish.STOP)


def test_both_sides_are_measured(tmp_path: Path) -> None:
    """A right model and a right program score 1 on the same transitions; the model's time, as that of a server, is the longer one."""
    with OpenAIServer(knowing) as server:
        done = gifmcts(tmp_path, *WORDS, "--model", "server/tiny", "--base-url", server.url)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["environment"], row["split"], row["samples"], row["unreadable"]) == ("Taxi-v4", "held-out", 6, 0)
    assert [(row[side]["accuracy"], row[side]["right"]) for side in ("model", "code")] == [(1.0, 6), (1.0, 6)]
    assert row["ratio"] == pytest.approx(row["model"]["seconds"] / row["code"]["seconds"])
    assert row["ratio"] > 1
    assert row["completion_tokens"] == 11.0
    assert row["prompt_tokens"] > 100
    assert not row["simulated"]
    assert {one.body["temperature"] for one in server.sent("/v1/completions") + server.sent("/v1/chat/completions")} == {0.0}


def test_no_right_answer_is_asked_with(tmp_path: Path) -> None:
    """A server sees state and action, and nothing of what followed."""
    with OpenAIServer(careless) as server:
        done = gifmcts(tmp_path, *WORDS, "--model", "server/tiny", "--base-url", server.url, "--record", "answers.jsonl")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["model"]["accuracy"], row["unreadable"], row["code"]["accuracy"]) == (0.0, 6, 1.0)
    assert "malformed" in row["first"]
    some = shipped("Taxi").splits
    for line in (tmp_path / "answers.jsonl").read_text().splitlines():
        kept = json.loads(line)
        task = int(kept["task"].rpartition(".")[2])
        held_out = next(part for name, part in some.items() if name.value == "held-out")
        asked = kept["chat"][-1]["content"].split("# Task")[1]
        assert wording.shown(held_out.observation[task], shipped("Taxi").spec) in asked
        assert re.findall(r"\d+", asked) == [str(int(held_out.observation[task][0])), str(int(held_out.action[task][0]))]


def test_recorded_answers_are_given_again(tmp_path: Path) -> None:
    """Without a model the same numbers come out, the stamp of the stand-in included; a program that fails is told."""
    first = gifmcts(tmp_path, *WORDS, "--record", "answers.jsonl")
    assert first.returncode == 0, first.stderr
    broken = "class Environment:\n    def set_state(self, seen):\n        raise KeyError(seen)\n"
    (tmp_path / "model.py").write_text(f"{broken}    def step(self, action):\n        return None\n")
    again = gifmcts(tmp_path, "cwmb", "llm-as-model", "model.py", *WORDS[2:], "--model", "replay/answers.jsonl")
    assert again.returncode == 0, again.stderr
    one, two = (json.loads(done.stdout) for done in (first, again))
    assert one["simulated"]
    assert one["model"] == two["model"]
    assert (two["code"]["right"], two["code"]["seconds"], two["ratio"]) == (0, None, None)
    assert "KeyError" in two["fault"]


def test_the_table_says_who_answered(tmp_path: Path) -> None:
    """The stand-in is stamped, and stochastic environments are left out with their reason."""
    done = gifmcts(tmp_path, "cwmb", "llm-as-model", "--envs", "Taxi,Blackjack", "--samples", "3", "--concurrency", "3")
    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout
    assert "mean accuracy over 1 environments" in done.stdout
    assert "Blackjack-v1: undefined" in done.stderr


def test_a_server_that_fails_keeps_what_was_answered(tmp_path: Path) -> None:
    """Status 1, one sentence, and the answers before it in the file."""
    with OpenAIServer(knowing) as server:
        server.fail_with(None, None, Fault(400, "no more"))
        done = gifmcts(tmp_path, *WORDS, "--model", "server/tiny", "--base-url", server.url, "--record", "answers.jsonl")
    assert done.returncode == 1
    assert "no more" in done.stderr
    assert "Traceback" not in done.stderr
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--samples", "0"), "need at least 1"),
        (("--envs", "Blackjack"), "no environment left"),
        (("--model", "unheard"), "no model kind"),
        (("--prompts", "nowhere"), "nowhere"),
        (("--record", "nowhere/answers.jsonl"), "choose another file"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """Status 2 and one sentence, no traceback."""
    done = gifmcts(tmp_path, "cwmb", "llm-as-model", *words)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
