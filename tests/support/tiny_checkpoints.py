"""A tiny checkpoint with random weights, a tokenizer trained on Python's own library, and the chat templates that models come with.

Usage: python tiny_checkpoints.py PLACE, by an interpreter that has transformers and torch. The folder ``tiny`` is a checkpoint whose
template is the one that ``style`` names when a chat is rendered, so that one server serves them all; ``adapter`` is a LoRA adapter of it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

_TURNS = "{% for message in messages %}"
_CHATML = _TURNS + (
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TRIMMING = _CHATML.replace("message.content", "message.content | trim")
_THINKING = _TURNS + (
    "<|im_start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' %}{{ message.content.split('</think>')[-1].lstrip('\n') }}{% else %}{{ message.content }}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}{% endif %}"
)
_LLAMA = (
    "<|begin_of_text|>"
    + _TURNS
    + "<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n{{ message.content | trim }}<|eot_id|>{% endfor %}"
    + "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
_WITHOUT_SYSTEM = (
    "<bos>{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + _TURNS
    + "{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    + "<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}\n{{ message.content | trim }}<end_of_turn>\n"
    + "{% endfor %}"
    + "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
TEMPLATES = {"chatml": _CHATML, "llama": _LLAMA, "trimming": _TRIMMING, "thinking": _THINKING, "without_system": _WITHOUT_SYSTEM}
"""Chat templates by their style."""

_SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<bos>",
    "<start_of_turn>",
    "<end_of_turn>",
]
_THOUGHTS = ["<think>", "</think>"]
_VOCABULARY = 4096
_TRAINED_ON = 200
"""How many files of the standard library the tokenizer learns from."""


def write(place: Path) -> None:
    """Write the checkpoint and the adapter below a folder."""
    place.mkdir(parents=True, exist_ok=True)
    tokens = place / "tokenizer.json"
    _train(tokens)
    _checkpoint(place / "tiny", tokens)
    _adapter(place / "adapter", place / "tiny")


def template() -> str:
    """Every template, chosen by ``style``; the first where none is named."""
    (usual, first), *others = TEMPLATES.items()
    chosen = "".join(f"{{% elif style == '{style}' %}}{words}" for style, words in others)
    return f"{{% if style is not defined or style == '{usual}' %}}{first}{chosen}{{% endif %}}"


def _library() -> Iterator[str]:
    files = sorted(Path(json.__file__).parent.parent.glob("*.py"))
    return (file.read_text(encoding="utf-8", errors="replace") for file in files[:_TRAINED_ON])


def _train(file: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY - len(_THOUGHTS), special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_library(), trainer)
    tokenizer.add_tokens(_THOUGHTS)
    tokenizer.save(str(file))


def _checkpoint(place: Path, tokens: Path) -> None:
    import torch
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tokens), eos_token="<|im_end|>", pad_token="<|endoftext|>", clean_up_tokenization_spaces=False
    )
    tokenizer.chat_template = template()
    tokenizer.save_pretrained(place)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=_VOCABULARY,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    Qwen2ForCausalLM(config).save_pretrained(place)


def _adapter(place: Path, base: Path) -> None:
    """Low-rank changes of the attention's projections, large enough to change every answer (Hu et al. 2021)."""
    import torch
    from safetensors.torch import save_file

    rank, wide = 32, 128
    torch.manual_seed(1)
    weights = {}
    for layer in range(4):
        for part in ("q_proj", "v_proj"):
            name = f"base_model.model.model.layers.{layer}.self_attn.{part}"
            weights[f"{name}.lora_A.weight"] = torch.randn(rank, wide) * 0.2
            weights[f"{name}.lora_B.weight"] = torch.randn(128 if part == "q_proj" else 64, rank) * 0.2
    place.mkdir(parents=True, exist_ok=True)
    save_file(weights, place / "adapter_model.safetensors")
    said = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(base),
        "r": rank,
        "lora_alpha": rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": ["q_proj", "v_proj"],
    }
    (place / "adapter_config.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
