"""A real vLLM continues code at the character at which it was cut, whatever the chat template of the checkpoint is."""

import asyncio
from pathlib import Path

import pytest
from asking import ask, asked_of, check
from recording_proxy import RecordingProxy
from tiny_checkpoints import TEMPLATES
from vllm_servers import CONTEXT, VllmServer

from gifmcts.reading import read_program
from gifmcts.types import Chat, Message, Role, Sampling

pytestmark = pytest.mark.vllm

SETTLED = "import sys\n\ndef main():\n    for line in sys.stdin:\n        if line.strip():\n"
ASKED = (Message(Role.SYSTEM, "You write Python."), Message(Role.USER, "  Echo every line that is not blank.\n"))
CHAT = Chat((*ASKED, Message(Role.ASSISTANT, f"```python\n{SETTLED}")), "t")
SAMPLING = Sampling(temperature=1.0, top_p=0.9, top_k=50, max_tokens=48)


def rendered(checkpoint: Path, style: str) -> str:
    """The prompt up to the answer, by the checkpoint's own tokenizer in this process."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    messages = [{"role": message.role.value, "content": message.content} for message in ASKED]
    if style == "without_system":
        messages = [{"role": "user", "content": "\n\n".join(message["content"] for message in messages)}]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, style=style)
    assert isinstance(text, str)
    return text


def spelled(checkpoint: Path, ids: object) -> str:
    """The text of token ids, special tokens included."""
    from transformers import AutoTokenizer

    text = AutoTokenizer.from_pretrained(checkpoint).decode(ids, skip_special_tokens=False)
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("style", TEMPLATES)
def test_the_prompt_is_the_rendered_chat_and_every_settled_character(server: VllmServer, checkpoints: Path, style: str) -> None:
    """What the engine continues ends with the settled lines, to the last line end, and no turn is closed after them."""
    with RecordingProxy(server.url) as proxy:
        model = asked_of(proxy.url, chat={"style": style})
        asyncio.run(ask(model, CHAT, sampling=SAMPLING))
    assert str(model.facts()["continuation"]).startswith("token ids")
    prompt = proxy.bodies("/v1/completions")[-1]["prompt"]
    closed = "\n</think>\n\n" if style == "thinking" else ""
    assert spelled(checkpoints / "tiny", prompt) == rendered(checkpoints / "tiny", style) + f"{closed}```python\n{SETTLED}"


@pytest.mark.parametrize("style", TEMPLATES)
def test_the_program_begins_with_the_settled_lines(server: VllmServer, style: str) -> None:
    """The answer is read as the rest of a program whose first lines are untouched, and only whole lines of a cut answer stay."""
    (completion,) = asyncio.run(ask(asked_of(server.url, chat={"style": style}), CHAT, sampling=SAMPLING))
    reading, program = read_program(CHAT, completion)
    assert completion.completion_tokens > 0
    assert program is None or program.source.startswith(SETTLED.rstrip() if not program.kept else SETTLED)
    assert reading.value in ("program", "cut", "unreadable")


@pytest.mark.parametrize("style", TEMPLATES)
def test_the_facts_say_what_the_template_is_like(server: VllmServer, style: str) -> None:
    """The probe tells a template that thinks and one that knows no system message, and finds the context."""
    model = asked_of(server.url, chat={"style": style})
    asyncio.run(check(model))
    facts = model.facts()
    assert facts["context"] == str(CONTEXT)
    assert ("reasoning" in facts) == (style == "thinking")
    assert ("system" in facts) == (style == "without_system")


def test_a_free_answer_of_a_thinking_model_that_never_ends_to_think_is_none(reasoning: VllmServer) -> None:
    """Where the template opens the reasoning and the length ends it, everything written is reasoning and no answer."""
    model = asked_of(reasoning.url, chat={"style": "thinking"})
    (completion,) = asyncio.run(ask(model, Chat(ASKED, "t"), sampling=SAMPLING))
    assert completion.text == ""
    assert completion.reasoning


def test_a_template_is_told_what_a_model_file_says(reasoning: VllmServer) -> None:
    """Where the template can be told not to think, it is told so with every chat, and nothing has to be closed."""
    model = asked_of(reasoning.url, chat={"style": "thinking", "enable_thinking": False})
    (completion,) = asyncio.run(ask(model, CHAT, sampling=SAMPLING))
    assert completion.completion_tokens > 0
    assert "reasoning" not in model.facts()


def test_an_adapter_answers_under_its_own_name(server: VllmServer) -> None:
    """``base:adapter`` asks the adapter, which writes otherwise than its base."""
    greedy = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=24)
    texts = [asyncio.run(ask(asked_of(server.url, name), CHAT, sampling=greedy))[0].text for name in ("tiny", "tiny:loud", "loud")]
    assert texts[0] != texts[1] == texts[2]
