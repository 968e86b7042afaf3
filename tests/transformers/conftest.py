"""Small checkpoints for the tests of models in this process."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from asking import PROGRAM, continued

from gifmcts.models.catalog import ModelSettings, open_model
from gifmcts.models.transformers import Transformers

Open = Callable[..., Transformers]


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch; modules whose tests need it skip themselves where it is missing."""
    import torch

    return torch


@pytest.fixture(scope="session")
def make(torch: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """What makes a checkpoint in a new folder."""
    from tiny_checkpoint import make

    return lambda **options: make(tmp_path_factory.mktemp("checkpoint"), **options)


@pytest.fixture(scope="session")
def unlearned(make: Callable[..., Path]) -> Path:
    """A checkpoint with random weights and tokens of several characters."""
    return make(merges=100)


@pytest.fixture(scope="session")
def learned(make: Callable[..., Path]) -> Path:
    """A checkpoint that knows by heart how it answers one question: with a program in a block, then the end token."""
    from tiny_checkpoint import tokenizer

    said = [{"role": message.role.value, "content": message.content} for message in continued("").messages[:-1]]
    asked = tokenizer().apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    return make(knows=[f"{asked}```python\n{PROGRAM}```\n<|im_end|>"])


@pytest.fixture
def opened(torch: ModuleType) -> Open:
    """What opens a checkpoint as a model."""

    def opened(path: Path, **settings: object) -> Transformers:
        model = open_model(f"transformers/{path}", ModelSettings(**settings), lambda task: (), 0)  # type: ignore[arg-type]
        assert isinstance(model, Transformers)
        return model

    return opened
