"""A server model continues an open prefill exactly, in whichever way the server offers."""

import asyncio

import pytest
from asking import PROGRAM, SAMPLING, ask, check, continued, model_at
from openai_server import Ability, Answerer, OpenAIServer, Template, continuing

from gifmcts.errors import ContextOverflow
from gifmcts.models.catalog import OpenedModel
from gifmcts.reading import read_program
from gifmcts.types import Chat, Completion, Finish, Message, Program, Reading, Role, Sampling

SETUPS = {
    "token ids": (Ability.FULL, Template()),
    "token ids, thinking": (Ability.FULL, Template(thinks=True)),
    "token ids, trimming": (Ability.FULL, Template(trims=True)),
    "continue_final_message": (Ability.CONTINUES, Template()),
    "continue_final_message, trimming": (Ability.CONTINUES, Template(trims=True)),
    "continue_final_message, no system": (Ability.CONTINUES, Template(knows_system=False)),
    "token ids, no system": (Ability.FULL, Template(knows_system=False)),
    "instruction, no system": (Ability.IGNORES, Template(knows_system=False)),
    "instruction": (Ability.IGNORES, Template()),
    "instruction, trimming": (Ability.IGNORES, Template(trims=True)),
}


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("settled", range(len(PROGRAM.splitlines())))
def test_prefix_and_continuation_join_exactly(setup: str, settled: int) -> None:
    """Whatever the server can do, settled lines and answer give the program without a doubled, lost or shifted line."""
    ability, template = SETUPS[setup]
    prefix = "".join(PROGRAM.splitlines(keepends=True)[:settled])
    chat = continued("```python\n" + prefix)
    with OpenAIServer(continuing(PROGRAM), ability, template=template) as server:
        (completion,) = asyncio.run(ask(model_at(server), chat))
    reading, program = read_program(chat, completion)
    assert (reading, program) == (Reading.PROGRAM, Program(PROGRAM, settled))
    assert completion.text.endswith("```\n")
    # Only the new text is returned; a blank line after the prefix is the one place where a trimmed prefill cannot be told from it.
    assert prefix + completion.text.removesuffix("```\n") == PROGRAM


@pytest.mark.parametrize("setup", SETUPS)
def test_facts_say_how_a_prefill_is_continued(setup: str) -> None:
    """The probe finds the way that the server really has, and the run header can say so."""
    ability, template = SETUPS[setup]

    with OpenAIServer(continuing(PROGRAM), ability, template=template, context=5000) as server:
        model = model_at(server)
        asyncio.run(check(model))
        facts = model.facts()
        assert facts["continuation"].startswith(setup.partition(",")[0])
        assert facts["context"] == "5000"
        assert facts["servers"] == f"{server.url}/v1"
        assert ("reasoning" in facts) == template.thinks
        assert ("system" in facts) != template.knows_system


def test_token_ids_are_the_rendered_chat_and_the_prefix() -> None:
    """What is sent to be continued is the chat as the server's template renders it, and then the prefill to its last character."""
    chat = continued("```python\nif 1:\n")
    with OpenAIServer(continuing(PROGRAM)) as server:
        asyncio.run(ask(model_at(server), chat))
        (request,) = server.sent("/v1/completions")
    prompt = request.body["prompt"]
    assert isinstance(prompt, list)
    assert bytes(prompt).decode() == ("<|system|>\nWrite Python.<|end|>\n<|user|>\nA task.  \n<|end|>\n<|assistant|>\n```python\nif 1:\n")


def test_opened_reasoning_is_closed_before_the_prefill() -> None:
    """Where the template begins to think, the settled lines do not become thoughts."""
    with OpenAIServer(continuing(PROGRAM), template=Template(thinks=True)) as server:
        asyncio.run(ask(model_at(server), continued("```python\n")))
        (request,) = server.sent("/v1/completions")
    prompt = request.body["prompt"]
    assert isinstance(prompt, list)
    assert bytes(prompt).decode().endswith("<|assistant|>\n<think>\n\n</think>\n\n```python\n")


def test_the_user_says_what_no_system_can() -> None:
    """Where the template refuses a system message, its words open the user's."""
    with OpenAIServer(continuing(PROGRAM), template=Template(knows_system=False)) as server:
        asyncio.run(ask(model_at(server), continued("```python\n")))
        (request,) = server.sent("/v1/completions")
    prompt = request.body["prompt"]
    assert isinstance(prompt, list)
    assert bytes(prompt).decode() == "<|user|>\nWrite Python.\n\nA task.  \n<|end|>\n<|assistant|>\n```python\n"


def test_a_free_answer_without_room_is_not_written() -> None:
    """Where the server counts tokens, a chat that leaves too little room is an overflow before anything is computed."""
    chat = Chat(continued("").messages[:2], "t")
    with OpenAIServer(continuing(PROGRAM), context=500) as server:
        with pytest.raises(ContextOverflow, match="73 prompt tokens and room for 450 do not fit into the context of 500"):
            asyncio.run(ask(model_at(server), chat, sampling=Sampling(max_tokens=450)))
        assert not server.sent("/v1/chat/completions")


def test_rendered_ids_are_remembered() -> None:
    """Siblings and descendants of one problem render the chat once and each prefix once."""
    chats = [continued("```python\n"), continued("```python\n"), continued("```python\nimport sys\n"), continued("```python\n")]
    with OpenAIServer(continuing(PROGRAM)) as server:
        asyncio.run(ask(model_at(server), *chats))
        rendered = [request.body for request in server.sent("/tokenize")][2:]
        assert len(rendered) == 3
        assert len(server.sent("/v1/completions")) == 4


def test_settings_are_sent_as_given() -> None:
    """Seed, temperature, top_p, top_k, length and stop reach the server; what is left to the server is not sent."""
    given = Sampling(temperature=0.5, top_p=0.9, top_k=7, max_tokens=33, stop=("a", "b", "c", "d", "e"))
    left = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=34)
    with OpenAIServer(continuing(PROGRAM)) as server:
        model = model_at(server)
        asyncio.run(ask(model, continued("```python\n"), sampling=given))
        asyncio.run(ask(model, Chat((Message(Role.USER, "x"),), "t"), sampling=left))
        (first,), (second,) = server.sent("/v1/completions"), server.sent("/v1/chat/completions")
    expected = {"temperature": 0.5, "top_p": 0.9, "top_k": 7, "max_tokens": 33, "stop": ["a", "b", "c", "d"], "seed": 7, "model": "tiny"}
    assert {key: value for key, value in first.body.items() if key != "prompt"} == expected
    assert second.body.keys() == {"model", "messages", "max_tokens", "temperature", "seed"}


def test_stops_beyond_four_are_applied_here() -> None:
    """The fifth stop string, which servers refuse, still ends the answer before itself."""
    sampling = Sampling(stop=("1", "2", "3", "4", "main()"))
    with OpenAIServer(continuing(PROGRAM)) as server:
        (completion,) = asyncio.run(ask(model_at(server), continued("```python\n"), sampling=sampling))
    assert completion.text == "import sys\n\ndef "
    assert completion.finish is Finish.STOP


def test_the_task_is_never_sent() -> None:
    """The routing key of a chat stays here."""
    chat = Chat(continued("```python\n").messages, "secret-task")
    with OpenAIServer(continuing(PROGRAM)) as server:
        asyncio.run(ask(model_at(server), chat, Chat(chat.messages[:2], "secret-task")))
        assert "secret-task" not in repr(server.requests)


def test_tokens_are_counted_and_cached_ones_told_apart() -> None:
    """Usage as the server reports it, with the part of the prompt that it had computed before."""
    chat = continued("```python\nimport sys\n")
    with OpenAIServer(continuing(PROGRAM)) as server:
        first, second = asyncio.run(ask(model_at(server), chat, chat))
    assert first.prompt_tokens == second.prompt_tokens > 60
    assert first.cached_tokens < second.cached_tokens <= second.prompt_tokens
    assert first.completion_tokens == len(first.text)
    assert first.seconds > 0


def seeded(texts: list[str]) -> Answerer:
    """A model that writes its seed."""

    async def answer(chat: Chat, sampling: Sampling, seed: int) -> Completion:
        texts.append(str(seed))
        return Completion(str(seed), 1, 1, Finish.LENGTH)

    return answer


def test_seeds_reach_the_server_repeatably() -> None:
    """The same seed is the same request; a 63-bit seed is sent in 31 bits, which every server takes; length is told."""
    chat, seeds = continued("```python\n"), [5, 2**62 + 1, 2**62 + 2, 5]

    async def run(model: OpenedModel) -> list[Completion]:
        completions = [await model.complete(chat, SAMPLING, seed) for seed in seeds]
        await model.close()
        return completions

    with OpenAIServer(seeded([])) as server:
        completions = asyncio.run(run(model_at(server)))
    assert [completion.text for completion in completions] == ["5", "1", "2", "5"]
    assert {completion.finish for completion in completions} == {Finish.LENGTH}
