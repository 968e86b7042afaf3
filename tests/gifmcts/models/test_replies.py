"""What of a server's reply is an answer, and what is reasoning."""

import asyncio

import pytest
from openai_server import JSON, Ability, OpenAIServer, continuing

from gifmcts.models.catalog import ModelSettings
from gifmcts.models.replies import ChatChoice, Spoken, answered
from gifmcts.models.server import Server
from gifmcts.types import Chat, Completion, Finish, Message, Role, Sampling

CODE = "```python\nx = 1\n```"
CASES = {
    "plain": (Spoken(CODE), "stop", False, CODE, ""),
    "parsed": (Spoken(CODE, reasoning="hm"), "stop", False, CODE, "hm"),
    "parsed by an older server": (Spoken(CODE, reasoning_content="hm"), "stop", True, CODE, "hm"),
    "in the text": (Spoken(f"<think>\nhm\n</think>\n\n{CODE}"), "stop", False, CODE, "hm"),
    "opened by the template": (Spoken(f"hm\n</think>\n\n{CODE}"), "stop", True, CODE, "hm"),
    "twice": (Spoken(f"<think>a</think>b</think>\n{CODE}"), "stop", False, CODE, "a</think>b"),
    "unfinished": (Spoken(f"<think>\nmaybe {CODE}"), "length", False, "", f"maybe {CODE}"),
    "unfinished, opened by the template": (Spoken(f"maybe {CODE}"), "length", True, "", f"maybe {CODE}"),
    "unfinished, parsed": (Spoken(None, reasoning=f"maybe {CODE}"), "length", False, "", f"maybe {CODE}"),
    "nothing": (Spoken(None), "stop", False, "", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_reasoning_is_told_from_the_answer(case: str) -> None:
    """Finished reasoning is kept apart; unfinished reasoning is no answer, whatever code it holds."""
    spoken, reason, thinking, text, thought = CASES[case]
    wrote = answered(ChatChoice(spoken, reason), thinking=thinking)
    assert (wrote.text, wrote.reasoning) == (text, thought)
    assert wrote.finish is (Finish.LENGTH if reason == "length" else Finish.STOP)


def ask(server: OpenAIServer, *messages: Message) -> Completion:
    """One completion by the model ``tiny`` at the server."""

    async def run() -> Completion:
        model = Server.open("tiny", ModelSettings(base_url=(server.url,)), lambda task: (), 0)
        try:
            return await model.complete(Chat(messages, "t"), Sampling(), 1)
        finally:
            await model.close()

    return asyncio.run(run())


def as_reasoning(reply: JSON) -> JSON:
    """A chat reply as a reasoning parser leaves it that took the whole text for reasoning."""
    (choice,) = reply["choices"]  # type: ignore[misc]
    choice["message"] = {"role": "assistant", "content": None, "reasoning": choice["message"]["content"]}
    return reply


def test_code_that_a_parser_took_for_reasoning_is_found() -> None:
    """A continued prefill holds code already: what a reasoning parser makes of the rest is still the rest."""
    prefill = Message(Role.ASSISTANT, "```python\nif True:\n")
    server = OpenAIServer(continuing("if True:\n    x = 1\n"), Ability.CONTINUES, reply=as_reasoning)
    with server:
        completion = ask(server, Message(Role.USER, "x"), prefill)
    assert completion.text == "    x = 1\n```\n"
    assert completion.reasoning == ""


def test_unpaired_surrogates_do_not_stop_a_search() -> None:
    """A reply with half of a surrogate pair, which strict decoders refuse, is an answer like any other."""

    async def answer(chat: Chat, sampling: Sampling, seed: int) -> Completion:
        return Completion("a\ud800b", 1, 1, Finish.STOP)

    with OpenAIServer(answer) as server:
        assert ask(server, Message(Role.USER, "x\udfff")).text == "a?b"


def test_a_server_that_counts_nothing_is_no_error() -> None:
    """Without usage the tokens that can be known are reported, and the others are zero."""
    server = OpenAIServer(continuing("x = 1\n"), Ability.IGNORES, reply=lambda reply: {**reply, "usage": None})
    with server:
        completion = ask(server, Message(Role.USER, "x"))
    assert (completion.prompt_tokens, completion.completion_tokens, completion.cached_tokens) == (0, 0, 0)
    assert completion.text
