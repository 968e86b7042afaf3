"""Whether a prompt and the answer that it asks for fit into a model's context; where it is not known, whatever fits."""

from gifmcts.errors import ContextOverflow, ModelRefused
from gifmcts.types import Sampling


def refuse_roomless(sampling: Sampling, context: int | None) -> None:
    """Refuse an answer that would take the whole context: no prompt could be asked, and every attempt of a run would be lost.

    Raises:
        ModelRefused: so it is.
    """
    if context is not None and sampling.max_tokens >= context:
        told = f"--max-tokens {sampling.max_tokens} leaves no room for a prompt in the context of {context} tokens"
        raise ModelRefused(f"{told}: give fewer, or serve the model with a longer context")


def refuse_overlong(prompt: int, sampling: Sampling, context: int | None) -> None:
    """Refuse a prompt of that many tokens whose answer would be cut short in silence.

    Raises:
        ContextOverflow: so it is.
    """
    if context is not None and prompt + sampling.max_tokens > context:
        room = f"{prompt} prompt tokens and room for {sampling.max_tokens}"
        raise ContextOverflow(f"{room} do not fit into the context of {context} tokens")
