"""A model in this process continues an open prefill exactly, and ends where it should."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import PROGRAM, ask, continued

from gifmcts.errors import ContextOverflow, PreflightError
from gifmcts.reading import read_program
from gifmcts.types import Chat, Finish, Message, Program, Reading, Role, Sampling

pytest.importorskip("transformers", reason="needs torch and transformers: tox -e transformers")
pytestmark = pytest.mark.transformers
GREEDY = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=200)
QUESTION = Message(Role.USER, "A task.")


def test_prefix_and_continuation_join_exactly(learned: Path, opened: Callable) -> None:
    """Whatever is settled, lines and answer give the program without a doubled, lost or shifted character."""
    lines = PROGRAM.splitlines(keepends=True)
    chats = [continued("```python\n" + "".join(lines[:settled])) for settled in range(len(lines))]
    for settled, (chat, completion) in enumerate(zip(chats, asyncio.run(ask(opened(learned), *chats, sampling=GREEDY)), strict=True)):
        assert chat.prefill + completion.text == f"```python\n{PROGRAM}```\n"
        assert read_program(chat, completion) == (Reading.PROGRAM, Program(PROGRAM, settled))


def test_a_space_after_the_prefix_is_kept(make: Callable[..., Path], opened: Callable) -> None:
    """Where a tokenizer drops the space at the beginning of a text, the continuation still begins with it: indentation is code."""
    from tiny_checkpoint import word_tokenizer
    from transformers import LlamaConfig

    words = word_tokenizer()
    said = [{"role": message.role.value, "content": message.content} for message in continued("").messages[:-1]]
    asked = words.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    path = make(knows=[asked, "x =", "1 + 2", "</s>"], words=words, kind=LlamaConfig)
    assert words.decode(words("1 + 2")["input_ids"]) == "1 + 2"
    (completion,) = asyncio.run(ask(opened(path), continued("x ="), sampling=GREEDY))
    assert completion.text == " 1 + 2"
    assert completion.finish is Finish.STOP


def test_a_free_answer_is_the_answer_alone(learned: Path, opened: Callable) -> None:
    """Without a prefill the text begins at its first character, and the token that ends it is counted but not shown."""
    (completion,) = asyncio.run(ask(opened(learned), Chat(continued("").messages[:-1], "t"), sampling=GREEDY))
    assert completion.text == f"```python\n{PROGRAM}```\n"
    assert completion.finish is Finish.STOP
    assert completion.completion_tokens == len(completion.text) + 1
    assert completion.prompt_tokens > 40
    assert completion.seconds > 0


def test_a_prompt_is_the_rendered_chat_and_the_prefix(unlearned: Path, opened: Callable) -> None:
    """The ids are those of the template's text and, after them, those of the prefill, which is left open."""
    from tiny_checkpoint import tokenizer

    from gifmcts.models.checkpoint import Checkpoint, Place

    chat = continued("```python\nif 1:\n")
    ids = Checkpoint(str(unlearned), Place(), {}, None).prompt(chat)
    words = tokenizer(merges=100)
    rendered = "<|im_start|>system\nWrite Python.<|im_end|>\n<|im_start|>user\nA task.  \n<|im_end|>\n<|im_start|>assistant\n"
    assert list(ids) == words(rendered)["input_ids"] + words("```python\nif 1:\n")["input_ids"]


@pytest.mark.parametrize("stop", ["sys.stdin", "\n\n", "()", "main"])
def test_a_stop_string_ends_an_answer_before_itself(learned: Path, opened: Callable, stop: str) -> None:
    """It is not part of the answer, and nothing is written after it."""
    sampling = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=200, stop=("<never>", stop))
    (completion,) = asyncio.run(ask(opened(learned), continued("```python\n"), sampling=sampling))
    assert completion.text == PROGRAM.partition(stop)[0]
    assert completion.finish is Finish.STOP
    assert completion.completion_tokens == len(completion.text) + len(stop)


def test_an_answer_ends_at_its_limit(learned: Path, opened: Callable) -> None:
    """With the number of tokens that was asked for, and it says so."""
    sampling = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=9)
    (completion,) = asyncio.run(ask(opened(learned), continued("```python\n"), sampling=sampling))
    assert (completion.text, completion.completion_tokens, completion.finish) == (PROGRAM[:9], 9, Finish.LENGTH)


def test_opened_reasoning_is_closed_before_the_prefill(make: Callable[..., Path], opened: Callable) -> None:
    """Where the template begins to think, the settled lines do not become thoughts; what the template is told comes from the settings."""
    from gifmcts.models.checkpoint import Checkpoint, Place

    path = make()
    thinks = Checkpoint(str(path), Place(), {"thinks": True}, None)
    plain = Checkpoint(str(path), Place(), {"thinks": False}, None)
    chat = continued("```python\n")
    closed = bytes("<think>\n\n</think>\n\n```python\n", "ascii")
    assert (thinks.thinking, plain.thinking) == (True, False)
    assert len(thinks.prompt(chat)) - len(plain.prompt(chat)) == len(closed) - len("```python\n")
    model = opened(path, chat={"thinks": True})
    asyncio.run(checked(model))
    assert model.facts()["reasoning"] == "closed before the prefill"


def test_a_template_without_a_system_role_gets_it_from_the_user(make: Callable[..., Path]) -> None:
    """What the system message says is asked all the same."""
    from gifmcts.models.checkpoint import Checkpoint, Place

    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    path = make(template=refusing + "{% for message in messages %}[{{ message.content }}]{% endfor %}")
    ids = Checkpoint(str(path), Place(), {}, None).prompt(continued("x"))
    assert len(ids) == len("[Write Python.\n\nA task.  \n]x")


def test_what_does_not_fit_is_told(unlearned: Path, opened: Callable) -> None:
    """A chat beyond the context is an overflow, by the checkpoint's context or by a smaller one that was set."""
    sampling = Sampling(max_tokens=500)
    with pytest.raises(ContextOverflow, match="room for 500 do not fit into the context of 512"):
        asyncio.run(ask(opened(unlearned), continued("```python\n"), sampling=sampling))
    with pytest.raises(ContextOverflow, match="context of 64"):
        asyncio.run(ask(opened(unlearned, context=64), continued("```python\n"), sampling=Sampling(max_tokens=60)))


async def checked(model: object) -> None:
    """The model's preflight, and the model closed."""
    try:
        await model.preflight()  # type: ignore[attr-defined]
    finally:
        await model.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "cuda:99"}, "--device cuda:99: PyTorch sees"),
        ({"device": "toaster"}, "--device toaster"),
        ({"dtype": "int8"}, "--dtype int8: use auto"),
        ({"context": 100_000}, "more than the 512"),
    ],
    ids=str,
)
def test_what_cannot_be_loaded_says_why(unlearned: Path, opened: Callable, settings: dict[str, object], message: str) -> None:
    """Devices, types and contexts that are not there."""
    with pytest.raises(PreflightError, match=message):
        asyncio.run(checked(opened(unlearned, **settings)))


def test_a_path_without_a_checkpoint_says_so(tmp_path: Path, opened: Callable) -> None:
    """Before anything is written."""
    with pytest.raises(PreflightError, match="cannot be loaded"):
        asyncio.run(checked(opened(tmp_path)))


def test_a_checkpoint_without_a_template_is_refused(make: Callable[..., Path], opened: Callable) -> None:
    """How a chat is to be rendered would be a guess."""
    with pytest.raises(PreflightError, match="has no chat template"):
        asyncio.run(checked(opened(make(template=""))))
