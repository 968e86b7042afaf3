"""Tokens are drawn as asked: exactly the distribution, cut where it should be, each answer by its own generator."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from asking import continued

from gifmcts.types import Completion, Sampling

pytest.importorskip("transformers", reason="needs torch and transformers: tox -e transformers")
pytestmark = pytest.mark.transformers
LIKELY = [0.05, 0.4, 0.0, 0.3, 0.15, 0.1]
PLAIN = Sampling(temperature=1.0, top_p=None, top_k=None)


def shares(torch: ModuleType, sampling: Sampling, draws: int = 1000) -> list[float]:
    """How often each token is drawn when the uniform numbers are spread evenly."""
    from gifmcts.models.drawing import draw

    scores = torch.tensor([LIKELY]).log().repeat(draws, 1)
    drawn = draw(scores, sampling, [(index + 0.5) / draws for index in range(draws)])
    return [count / draws for count in torch.bincount(drawn, minlength=len(LIKELY)).tolist()]


def normed(values: list[float]) -> list[float]:
    """The values divided by their sum."""
    return [value / sum(values) for value in values]


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (PLAIN, LIKELY),
        (replace(PLAIN, temperature=0.5), normed([value**2 for value in LIKELY])),
        (replace(PLAIN, temperature=0.0), [0, 1, 0, 0, 0, 0]),
        (replace(PLAIN, top_k=2), normed([0, 0.4, 0, 0.3, 0, 0])),
        (replace(PLAIN, top_k=100), LIKELY),
        (replace(PLAIN, top_p=0.75), normed([0, 0.4, 0, 0.3, 0.15, 0])),
        (replace(PLAIN, top_p=0.69), normed([0, 0.4, 0, 0.3, 0, 0])),
        (replace(PLAIN, top_p=0.01), [0, 1, 0, 0, 0, 0]),
        (replace(PLAIN, top_k=3, top_p=0.8), normed([0, 0.4, 0, 0.3, 0, 0])),
    ],
    ids=lambda value: str(value)[:60],
)
def test_tokens_are_drawn_by_their_probability(torch: ModuleType, sampling: Sampling, expected: list[float]) -> None:
    """Temperature first, then the k highest, then the nucleus of these; a token of probability 0 never."""
    assert shares(torch, sampling) == pytest.approx(expected, abs=0.002)


def test_rows_are_drawn_apart(torch: ModuleType) -> None:
    """Each row by its own number and its own scores."""
    from gifmcts.models.drawing import draw

    scores = torch.tensor([[0.0, 0.0, -9e9], [-9e9, 0.0, 0.0], [0.0, -9e9, -9e9]])
    assert draw(scores, PLAIN, [0.2, 0.2, 0.99]).tolist() == [0, 1, 0]
    assert draw(scores, PLAIN, [0.8, 0.8, 0.0]).tolist() == [1, 2, 0]


def written(model: object, seeds: list[int], sampling: Sampling, together: bool = True) -> list[Completion]:
    """The completions of a chat a seed, each chat with a prefill of another length, without what they took."""

    async def write() -> list[Completion]:
        chats = [(continued("```python\n" + "x = 1\n" * (seed % 7)), seed) for seed in seeds]
        asked = [model.complete(chat, sampling, seed) for chat, seed in chats]  # type: ignore[attr-defined]
        try:
            return list(await asyncio.gather(*asked)) if together else [await one for one in asked]
        finally:
            await model.close()  # type: ignore[attr-defined]

    return [replace(completion, seconds=0.0) for completion in asyncio.run(write())]


SAMPLED = Sampling(temperature=1.0, top_p=0.95, top_k=50, max_tokens=40)


def test_an_answer_does_not_depend_on_the_batch(unlearned: Path, opened: Callable) -> None:
    """Answers that are written together are those that are written alone, one after another."""
    seeds = list(range(12))
    together = written(opened(unlearned, dtype="float64"), seeds, SAMPLED)
    assert together == written(opened(unlearned, dtype="float64"), seeds, SAMPLED, together=False)
    assert together[5] == written(opened(unlearned, dtype="float64"), [5], SAMPLED)[0]
    assert {completion.completion_tokens for completion in together} != {40}, "no answer ended before the others"


def test_a_seed_decides_an_answer(unlearned: Path, opened: Callable) -> None:
    """The same seed writes the same text, another seed another; without temperature the seed decides nothing."""
    texts = [completion.text for completion in written(opened(unlearned), [7, 7, 14, 21], SAMPLED)]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3
    greedy = replace(SAMPLED, temperature=0.0)
    assert len({completion.text for completion in written(opened(unlearned), [7, 14, 21], greedy)}) == 1


def test_asked_otherwise_is_batched_apart(unlearned: Path, opened: Callable) -> None:
    """Calls with another sampling that come at the same time are answered by theirs."""
    model = opened(unlearned, dtype="float64")
    samplings = [replace(SAMPLED, max_tokens=count) for count in (3, 5, 3, 8)]

    async def write() -> list[Completion]:
        try:
            return list(await asyncio.gather(*(model.complete(continued("a"), sampling, 1) for sampling in samplings)))
        finally:
            await model.close()

    assert [completion.completion_tokens for completion in asyncio.run(write())] == [3, 5, 3, 8]


def test_what_a_checkpoint_recommends_is_not_drawn_by(make: Callable[..., Path], opened: Callable) -> None:
    """Only the settings that are recorded decide: a penalty in ``generation_config.json`` changes no answer."""
    greedy = replace(SAMPLED, temperature=0.0)
    plain, urged = make(merges=100), make(merges=100, repetition_penalty=5.0, temperature=0.3, top_k=3, do_sample=True)
    assert json.loads((urged / "generation_config.json").read_text())["repetition_penalty"] == 5.0
    assert written(opened(urged), [0, 1], greedy) == written(opened(plain), [0, 1], greedy)
