"""Checkpoints of a few hundred thousand weights, made on the spot with a tokenizer of their own: no network, no download."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from asking import PROGRAM
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast, Qwen2Config

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% if thinks %}<think>\n{% endif %}{% endif %}"
)
_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_STEPS = 400

# Matrices this small are slower on several threads, and tests run beside each other.
torch.set_num_threads(1)


def tokenizer(template: str = CHATML, merges: int = 0) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer with some merged tokens; without any, a text has the same ids however it is cut."""
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + len(_SPECIAL) + merges,
        special_tokens=_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    plain.train_from_iterator([PROGRAM, "```python\n", "Write Python. A task."], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=template or None
    )


def word_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer whose tokens hold the space before a word and lose it at the beginning of a text, as those of Llama 2."""
    plain = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    plain.decoder = decoders.Sequence(steps)
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=["<unk>", "</s>"], show_progress=False)
    plain.train_from_iterator([CHATML, "x = 1 + 2", "system Write Python. A task."], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="</s>", unk_token="<unk>", chat_template=CHATML)


def make(
    place: Path,
    *,
    knows: Sequence[str] = (),
    words: PreTrainedTokenizerFast | None = None,
    kind: type[PretrainedConfig] = Qwen2Config,
    template: str = CHATML,
    merges: int = 0,
    context: int = 512,
    **recommended: float,
) -> Path:
    """A checkpoint in a folder: random weights, or trained until it knows by heart a text whose pieces are given.

    Each piece is made tokens by itself. ``recommended`` goes into ``generation_config.json``, where checkpoints recommend how to sample.
    """
    words = words or tokenizer(template, merges)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = kind(
            vocab_size=len(words),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=context,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        )
        model = AutoModelForCausalLM.from_config(config)
        if knows:
            _learn(model, [one for piece in knows for one in words(piece, add_special_tokens=False)["input_ids"]])
    model.save_pretrained(place)
    words.save_pretrained(place)
    file = place / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | recommended))
    return place


def _learn(model: PreTrainedModel, ids: list[int]) -> None:
    """Train until every token follows from those before it."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    text = torch.tensor([ids])
    for _ in range(_STEPS):
        loss = model(input_ids=text, labels=text).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.01:
            return
