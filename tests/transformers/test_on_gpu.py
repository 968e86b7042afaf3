"""A model in this process on a GPU."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from asking import PROGRAM, ask, continued

from gifmcts.types import Completion, Sampling

pytest.importorskip("transformers", reason="needs torch and transformers: tox -e transformers")
pytestmark = [pytest.mark.transformers, pytest.mark.gpu]
GREEDY = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=200)


@pytest.fixture(autouse=True)
def gpu(torch: ModuleType) -> None:
    """Skip where there is none."""
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")


def timeless(completions: list[Completion]) -> list[Completion]:
    """The completions without what they took."""
    return [replace(completion, seconds=0.0) for completion in completions]


def test_it_is_chosen_by_itself(learned: Path, opened: Callable) -> None:
    """Without being told, and with the type in which the checkpoint was saved."""
    model = opened(learned)
    (completion,) = asyncio.run(ask(model, continued("```python\n"), sampling=GREEDY))
    assert completion.text == f"{PROGRAM}```\n"
    assert (model.facts()["device"], model.facts()["dtype"]) == ("cuda", "float32")


def test_half_precision_continues_exactly(learned: Path, opened: Callable) -> None:
    """What a checkpoint knows well it also knows in bfloat16, from every settled line."""
    lines = PROGRAM.splitlines(keepends=True)
    chats = [continued("```python\n" + "".join(lines[:settled])) for settled in range(len(lines))]

    async def together() -> list[Completion]:
        model = opened(learned, dtype="bfloat16")
        try:
            return list(await asyncio.gather(*(model.complete(chat, GREEDY, 1) for chat in chats)))
        finally:
            await model.close()

    for chat, completion in zip(chats, asyncio.run(together()), strict=True):
        assert chat.prefill + completion.text == f"```python\n{PROGRAM}```\n"


def test_draws_are_those_of_a_cpu(unlearned: Path, opened: Callable) -> None:
    """The generators are of no device: in double precision the same seeds write the same answers."""
    sampling = Sampling(temperature=1.0, top_p=0.95, top_k=50, max_tokens=40)
    chats = [continued("```python\n" + "x = 1\n" * number) for number in range(5)]
    there, here = (
        timeless(asyncio.run(ask(opened(unlearned, dtype="float64", device=device), *chats, sampling=sampling)))
        for device in ("cuda", "cpu")
    )
    assert there == here


def test_closing_gives_the_memory_back(torch: ModuleType, unlearned: Path, opened: Callable) -> None:
    """Nothing of the weights stays on the GPU."""
    before = torch.cuda.memory_allocated()
    asyncio.run(ask(opened(unlearned), continued("a"), sampling=replace(GREEDY, max_tokens=2)))
    assert torch.cuda.memory_allocated() == before
