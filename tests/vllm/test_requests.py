"""What a search needs of each request, asked of a real engine: seeds, siblings, stops, limits, and an end when nobody waits."""

import asyncio
import time

import pytest
from asking import ask, asked_of
from vllm_servers import CONTEXT, VllmServer

from gifmcts.errors import ContextOverflow
from gifmcts.models.catalog import OpenedModel
from gifmcts.types import Chat, Completion, Finish, Message, Role, Sampling

pytestmark = pytest.mark.vllm

QUESTION = Message(Role.USER, "Print the sum of two numbers. " * 40)
CHAT = Chat((QUESTION, Message(Role.ASSISTANT, "```python\nimport sys\n")), "t")
BLOCK = 128
"""Tokens of which vLLM keeps a prompt's beginnings on CPUs."""
SAMPLING = Sampling(temperature=1.0, top_p=0.9, top_k=100, max_tokens=40)


async def siblings(model: OpenedModel, seeds: list[int], *, together: bool) -> list[Completion]:
    """The completions of one chat by several seeds."""
    try:
        if together:
            return await asyncio.gather(*(model.complete(CHAT, SAMPLING, seed) for seed in seeds))
        return [await model.complete(CHAT, SAMPLING, seed) for seed in seeds]
    finally:
        await model.close()


def wait_for_running(server: VllmServer, count: int) -> None:
    """Return when the engine works on that many requests."""
    deadline = time.monotonic() + 60
    while server.metric("vllm:num_requests_running") != count:
        assert time.monotonic() < deadline, f"the engine does not come to {count} requests within a minute"
        time.sleep(0.05)


def test_a_seed_is_repeatable_and_another_differs(server: VllmServer) -> None:
    """The same request gives the same text again, in a later connection too; other seeds give others."""
    first = asyncio.run(siblings(asked_of(server.url), [1, 2, 3, 1], together=False))
    again = asyncio.run(siblings(asked_of(server.url), [1, 2, 3], together=False))
    assert [one.text for one in again] == [one.text for one in first[:3]]
    assert first[3].text == first[0].text
    assert len({one.text for one in first}) == 3


def test_siblings_asked_together_share_their_prompt(server: VllmServer) -> None:
    """Requests of one node, each with its seed, differ in their answers and find the prompt computed."""
    found = asyncio.run(siblings(asked_of(server.url), list(range(20, 28)), together=True))
    assert len({one.text for one in found}) == len(found)
    (later,) = asyncio.run(siblings(asked_of(server.url), [99], together=True))
    assert later.prompt_tokens > 2 * BLOCK
    assert later.prompt_tokens - later.cached_tokens <= BLOCK


def test_one_request_for_several_siblings_is_answered_whole(server: VllmServer) -> None:
    """The engine also gives several answers to one request, which differ although their seed is one."""
    body = {"model": "tiny", "prompt": "import", "max_tokens": 12, "temperature": 1.0, "seed": 3, "n": 4}
    choices = server.post("/v1/completions", body)["choices"]
    assert isinstance(choices, list)
    assert len({choice["text"] for choice in choices}) == 4


def test_stop_strings_end_an_answer_before_themselves(server: VllmServer) -> None:
    """A string that the same seed is known to write ends the answer, as the first of four and as the fifth, which is applied here."""
    (whole,) = asyncio.run(ask(asked_of(server.url), CHAT, sampling=SAMPLING))
    word = whole.text[len(whole.text) // 2 :][:3]
    for stops in ((word,), ("<1>", "<2>", "<3>", "<4>", word)):
        sampling = Sampling(SAMPLING.temperature, SAMPLING.top_p, SAMPLING.top_k, SAMPLING.max_tokens, stops)
        (cut,) = asyncio.run(ask(asked_of(server.url), CHAT, sampling=sampling))
        assert cut.text == whole.text.partition(word)[0]
        assert cut.finish is Finish.STOP


def test_an_answer_cut_by_length_is_told(server: VllmServer) -> None:
    """The engine's limit is a finish of its own, with as many tokens as were asked for."""
    (completion,) = asyncio.run(ask(asked_of(server.url), CHAT, sampling=SAMPLING))
    assert (completion.finish, completion.completion_tokens) == (Finish.LENGTH, SAMPLING.max_tokens)


@pytest.mark.parametrize(
    ("question", "room"),
    [("word " * CONTEXT, 40), ("short", CONTEXT - 1), ("word " * CONTEXT, CONTEXT - 1)],
    ids=["prompt", "answer", "both"],
)
@pytest.mark.parametrize("prefill", ["```python\n", ""], ids=["continued", "free"])
def test_what_does_not_fit_is_an_overflow(server: VllmServer, question: str, room: int, prefill: str) -> None:
    """A prompt that is too long, or that leaves too little room for the answer, is told as such and never as an empty answer."""
    messages = (Message(Role.USER, question), *((Message(Role.ASSISTANT, prefill),) if prefill else ()))
    with pytest.raises(ContextOverflow):
        asyncio.run(ask(asked_of(server.url), Chat(messages, "t"), sampling=Sampling(max_tokens=room)))


def test_nobody_waiting_ends_the_request(server: VllmServer) -> None:
    """A call that is cancelled leaves the engine idle long before its answer is complete."""
    room = CONTEXT - 400

    async def leave() -> None:
        model = asked_of(server.url)
        call = asyncio.create_task(model.complete(CHAT, Sampling(max_tokens=room), 1))
        await asyncio.to_thread(wait_for_running, server, 1)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await model.close()

    before = server.metric("vllm:generation_tokens_total")
    asyncio.run(leave())
    wait_for_running(server, 0)
    assert server.metric("vllm:generation_tokens_total") - before < room
