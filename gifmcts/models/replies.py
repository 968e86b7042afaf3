"""What servers of the OpenAI and vLLM API reply, and what of it is an answer."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct, field

from gifmcts.types import Completion, Finish

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
"""A number of tokens that can be meant."""
TokenId = Annotated[int, Meta(ge=0, lt=2**31)]
"""A place in a vocabulary."""
_CLOSE = "</think>"
_OPEN = "<think>"


class CachedTokens(Struct):
    """The part of a prompt that the server had computed before."""

    cached_tokens: Count | None = None


class Usage(Struct):
    """Tokens that a request cost."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: CachedTokens | None = None


class TextChoice(Struct):
    """One continuation of a prompt."""

    text: str
    finish_reason: str | None = None


class TextReply(Struct):
    """The reply of ``/v1/completions``."""

    choices: list[TextChoice]
    usage: Usage | None = None


class Spoken(Struct):
    """What the assistant said; ``reasoning`` by the name of today's or of yesterday's vLLM."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None

    @property
    def thought(self) -> str:
        """The reasoning that the server told apart from the answer."""
        return self.reasoning or self.reasoning_content or ""


class ChatChoice(Struct):
    """One answer to a chat."""

    message: Spoken
    finish_reason: str | None = None


class ChatReply(Struct):
    """The reply of ``/v1/chat/completions``."""

    choices: list[ChatChoice]
    usage: Usage | None = None


class Served(Struct):
    """One model that a server offers."""

    id: str
    max_model_len: Annotated[int, Meta(ge=0)] | None = None


class ServedList(Struct):
    """The reply of ``/v1/models``."""

    data: list[Served]


class Tokens(Struct):
    """The reply of vLLM's ``/tokenize``."""

    tokens: list[TokenId] = field(default_factory=list)
    max_model_len: int | None = None


class Detokenized(Struct):
    """The reply of vLLM's ``/detokenize``."""

    prompt: str = ""


class Version(Struct):
    """The reply of vLLM's ``/version``."""

    version: str = ""


@dataclass(frozen=True, slots=True)
class Wrote:
    """The new text of one answer, its reasoning, and why it ended."""

    text: str
    reasoning: str
    finish: Finish

    def completion(self, usage: Usage | None, seconds: float, prompt_tokens: int = 0) -> Completion:
        """The completion with the tokens that the server counted; ``prompt_tokens`` stand in where it did not."""
        used = usage or Usage()
        details = used.prompt_tokens_details or CachedTokens()
        return Completion(
            text=self.text,
            prompt_tokens=prompt_tokens if used.prompt_tokens is None else used.prompt_tokens,
            completion_tokens=used.completion_tokens or 0,
            finish=self.finish,
            seconds=seconds,
            cached_tokens=details.cached_tokens or 0,
            reasoning=self.reasoning,
        )


def finish_of(reason: str | None) -> Finish:
    """Why the server says that it stopped; all but the length limit is an end."""
    return Finish.LENGTH if reason == "length" else Finish.STOP


def answered(choice: ChatChoice, *, thinking: bool) -> Wrote:
    """A free answer without its reasoning; reasoning that never ended leaves no answer.

    ``thinking`` says that the server's template opens the reasoning itself, so that the opening never appears in the text.
    """
    finish = finish_of(choice.finish_reason)
    text, thought = choice.message.content or "", choice.message.thought
    if _CLOSE in text:
        before, _, text = text.rpartition(_CLOSE)
        thought = thought or before.strip().removeprefix(_OPEN)
    elif not thought and (text.lstrip().startswith(_OPEN) or (thinking and finish is Finish.LENGTH)):
        thought, text = text.strip().removeprefix(_OPEN), ""
    return Wrote(text.lstrip("\n") if thought else text, thought.strip(), finish)


def continued(choice: ChatChoice) -> Wrote:
    """The continuation of a prefill by a chat route, where a reasoning parser may take the code for reasoning."""
    spoken = choice.message
    text = spoken.content if spoken.content is not None else spoken.thought
    return Wrote(text, "", finish_of(choice.finish_reason))


def cut_at(text: str, stops: tuple[str, ...]) -> str | None:
    """The text before the first of the stop strings; ``None`` where none occurs."""
    found = [place for place in (text.find(stop) for stop in stops if stop) if place >= 0]
    return text[: min(found)] if found else None
