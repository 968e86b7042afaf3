"""Seeds derived by hashing what they are for, so that no result depends on order or time; there is no global generator."""

import json
from hashlib import blake2b
from random import Random

from gifmcts.types import Chat, Sampling

_BITS = 63


def derive(*parts: str | int) -> int:
    """A seed in [0, 2^63) that depends on every part, on its kind and on its place: BLAKE2b over the parts as JSON."""
    digest = blake2b(json.dumps(parts, separators=(",", ":")).encode("ascii"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _BITS)


def chat_key(chat: Chat, sampling: Sampling) -> str:
    """What is asked and how tokens are drawn, without the task: 32 hexadecimal digits, equal for equal requests."""
    drawn = (float(sampling.temperature), None if sampling.top_p is None else float(sampling.top_p), sampling.top_k, sampling.max_tokens)
    asked = [[message.role, message.content] for message in chat.messages]
    text = json.dumps([asked, drawn, sampling.stop], separators=(",", ":"))
    return blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def completion_seed(run_seed: int, task: str, key: str, repeat: int) -> int:
    """The seed of one model call; ``repeat`` counts the attempts of this tree that asked exactly the same before."""
    return derive("completion", run_seed, task, key, repeat)


def attempt_rng(run_seed: int, task: str, index: int, purpose: str) -> Random:
    """A generator of its own for one purpose at one attempt of one task's tree."""
    return Random(derive("attempt", run_seed, task, index, purpose))
