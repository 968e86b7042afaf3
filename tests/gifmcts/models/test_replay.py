"""A recorded model gives the recorded answers, and no other."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from copying_task import RIGHT, searched

from gifmcts.errors import ConfigError, ContextOverflow, ModelRefused, StoreError
from gifmcts.manifest import Manifest
from gifmcts.models.catalog import ModelSettings, OpenedModel, open_model
from gifmcts.models.recording import Recorded
from gifmcts.models.simulated import Simulated
from gifmcts.seeds import chat_key, completion_seed
from gifmcts.store import RunFolder
from gifmcts.types import Chat, Completion, Finish, Message, Role, Sampling

SAMPLING = Sampling(stop=("x",))
QUESTION = (Message(Role.USER, "Solve it."), Message(Role.ASSISTANT, "```python\n"))
CHAT = Chat(QUESTION, "task")
RUN_SEED = 4
KEY = chat_key(CHAT, SAMPLING)


def answer(text: str, finish: Finish = Finish.STOP) -> Completion:
    """A completion."""
    return Completion(text, 1, 2, finish, 0.5, 1, "hm")


def pool(path: Path, *lines: Recorded) -> str:
    """The spec of a model that replays a pool file."""
    path.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    return f"replay/{path}"


def opened(spec: str, seed: int = RUN_SEED) -> OpenedModel:
    """The model."""
    return open_model(spec, ModelSettings(), lambda task: (), seed)


def ask(model: OpenedModel, seed: int, chat: Chat = CHAT, sampling: Sampling = SAMPLING) -> Completion:
    """One completion."""
    return asyncio.run(model.complete(chat, sampling, seed))


def test_the_same_question_gets_the_same_answer(tmp_path: Path) -> None:
    """Task, chat, sampling and seed together find an answer, with its tokens, whatever the order of asking."""
    lines = [Recorded("task", QUESTION, SAMPLING, seed, answer(str(seed))) for seed in (11, 12)]
    model = opened(pool(tmp_path / "pool.jsonl", *lines, Recorded("other", QUESTION, SAMPLING, 11, answer("other"))))
    assert [ask(model, seed) for seed in (12, 11, 12)] == [answer("12"), answer("11"), answer("12")]
    assert ask(model, 11, Chat(QUESTION, "other")).text == "other"
    assert not model.simulated
    assert model.facts()["recorded completions"] == "3"


def test_repetitions_are_found_without_their_seeds(tmp_path: Path) -> None:
    """The n-th time that a run asks a chat gets the n-th recorded answer, though it was recorded under other seeds."""
    lines = [Recorded("task", QUESTION, SAMPLING, -1, answer(str(number))) for number in range(3)]
    model = opened(pool(tmp_path / "pool.jsonl", *lines))
    seeds = [completion_seed(RUN_SEED, "task", KEY, number) for number in (2, 0, 1)]
    assert [ask(model, seed).text for seed in seeds] == ["2", "0", "1"]
    with pytest.raises(ModelRefused, match="this chat, sampling and seed were not recorded"):
        ask(model, completion_seed(RUN_SEED, "task", KEY, 3))


def test_what_was_not_recorded_is_refused(tmp_path: Path) -> None:
    """Another chat, sampling or task has no answer, and the message says what to do."""
    model = opened(pool(tmp_path / "pool.jsonl", Recorded("task", QUESTION, SAMPLING, 1, answer("a"))))
    for chat, sampling, seed in ((Chat(QUESTION[:1], "task"), SAMPLING, 2), (CHAT, replace(SAMPLING, top_k=3), 2), (CHAT, SAMPLING, 3)):
        with pytest.raises(ModelRefused, match=r"task task: this chat.*settings and prompts of the recording"):
            ask(model, seed, chat, sampling)
    with pytest.raises(ModelRefused, match="nothing of this task was recorded;"):
        ask(model, 1, Chat(QUESTION, "unknown"))


def test_overflows_are_replayed_as_overflows(tmp_path: Path) -> None:
    """A chat that was shortened before it was answered overflows again, and so does one that never fitted."""
    short = (Message(Role.USER, "Solve."), QUESTION[1])
    lines = [Recorded("task", short, SAMPLING, 1, answer("a")), Recorded("task", short, SAMPLING, 2, answer("", Finish.OVERFLOW))]
    model = opened(pool(tmp_path / "pool.jsonl", *lines))
    for seed in (1, 2):
        with pytest.raises(ContextOverflow):
            ask(model, seed)
    assert ask(model, 1, Chat(short, "task")).text == "a"
    with pytest.raises(ContextOverflow):
        ask(model, 2, Chat(short, "task"))


def test_simulated_answers_stay_simulated(tmp_path: Path) -> None:
    """Replaying what a stand-in wrote does not make its numbers real."""
    line = Recorded("task", QUESTION, SAMPLING, 1, answer("a"), simulated=True)
    assert opened(pool(tmp_path / "pool.jsonl", line)).simulated


def test_a_damaged_pool_says_where(tmp_path: Path) -> None:
    """A line that is no completion is named by its number; a folder that is no run says so; nothing there is a usage error."""
    file = tmp_path / "pool.jsonl"
    file.write_text('\n{"task": 1}\n')
    with pytest.raises(StoreError, match=r"line 2 of .*pool\.jsonl"):
        opened(f"replay/{file}")
    with pytest.raises(StoreError, match="not a run folder"):
        opened(f"replay/{tmp_path}")
    with pytest.raises(ConfigError, match="nothing to replay"):
        opened(f"replay/{tmp_path / 'missing'}")


def test_a_recorded_run_is_searched_again_without_its_model(tmp_path: Path) -> None:
    """Replaying a run folder gives its trees attempt for attempt, keeps the stamp of a simulated run, and tells what was recorded."""
    config = {"model": "simulated", "sampling": msgspec.to_builtins(Sampling())}
    brain = Simulated(lambda task: (RIGHT,), 0)
    with RunFolder(tmp_path / "run").claim(Manifest(config, {}, "abc", True)) as folder:
        trees = asyncio.run(searched(brain, folder=folder))
    model = opened(f"replay/{tmp_path / 'run'}", seed=3)
    assert model.simulated
    assert model.facts()["recorded model"] == "simulated"
    assert asyncio.run(searched(model)) == trees
    assert sum(map(len, trees)) > len(trees)
