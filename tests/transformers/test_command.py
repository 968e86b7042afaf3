"""The command with a model in this process."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import continued
from command import gifmcts, result

from gifmcts.models.batching import Asked
from gifmcts.types import Sampling

pytest.importorskip("transformers", reason="needs torch and transformers: tox -e transformers")
pytestmark = pytest.mark.transformers
OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def test_a_run_is_repeatable(make: Callable[..., Path], tmp_path: Path) -> None:
    """Two runs have the same digest and count their tokens; the report says what was asked."""
    path = make(merges=100, context=8192)
    sampling = ("--temperature", "0.7", "--top-p", "0.9", "--top-k", "20", "--max-tokens", "24", "--dtype", "float64")
    command = ("run", "apps", "--limit", "2", "--budget", "3", "--window", "2", "--model", f"transformers/{path}", *sampling)
    first = result(tmp_path, *command, "--name", "one", **OFFLINE)
    again = result(tmp_path, *command, "--name", "two", "--concurrency", "1", **OFFLINE)
    assert first["digest"] == again["digest"]
    tokens = first["tokens"]
    assert isinstance(tokens, dict)
    assert 0 < tokens["completion"] <= 6 * 24
    assert tokens["prompt"] > 1000
    shown = gifmcts(tmp_path, "show", "one").stdout
    for words in ("temperature 0.7", "top_p 0.9", "top_k 20", "max_tokens 24"):
        assert words in shown


def test_check_tells_what_is_asked(unlearned: Path, tmp_path: Path) -> None:
    """Device, type, context and versions; a path or a name that leads nowhere fails before anything is written."""
    done = gifmcts(tmp_path, "check", "--model", f"transformers/{unlearned}", **OFFLINE)
    assert done.returncode == 0, done.stdout
    for words in ("device: ", "dtype: ", "context: 512", "continuation: token ids", "version: torch "):
        assert words in done.stdout
    for name, status, told in (("./nowhere", 2, "there is nothing at ./nowhere"), ("no/where", 3, "no/where cannot be loaded")):
        lost = gifmcts(tmp_path, "run", "apps", "--model", f"transformers/{name}", **OFFLINE)
        assert (lost.returncode, "Traceback" in lost.stderr) == (status, False), lost.stderr
        assert told in lost.stderr
    assert not any((tmp_path / "runs").glob("*"))


def test_an_abandoned_answer_ends_at_once(unlearned: Path) -> None:
    """Its line ends with the token that is being written, and the others of its batch go on."""
    from gifmcts.models.checkpoint import Checkpoint, Place, Prompt

    checkpoint = Checkpoint(str(unlearned), Place(), {}, None)
    sampling = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=30)
    prompt = Prompt(checkpoint.prompt(continued("a")), sampling, 1)
    loop = asyncio.new_event_loop()
    left, kept = loop.create_future(), loop.create_future()
    left.cancel()
    gone, whole, closing = checkpoint.write([Asked(prompt, left, bool), Asked(prompt, kept, bool), Asked(prompt, kept, lambda: True)])
    loop.close()
    assert (gone.tokens, whole.tokens, closing.tokens) == (1, 30, 1)


def test_a_batch_that_everybody_left_ends(unlearned: Path, opened: Callable) -> None:
    """A model whose caller is cancelled in the middle of an answer can be closed, and asked again afterwards."""
    long = Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=440)

    async def leave() -> int:
        model = opened(unlearned)
        asking = asyncio.create_task(model.complete(continued("a"), long, 1))
        await model.complete(continued("a"), Sampling(max_tokens=1), 1)
        asking.cancel()
        await model.close()
        assert asking.cancelled()
        try:
            return (await model.complete(continued("b"), Sampling(max_tokens=1), 1)).completion_tokens
        finally:
            await model.close()

    assert asyncio.run(leave()) == 1
