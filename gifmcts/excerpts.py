"""Chats written as what differs from the first chat of their tree, since most of each is the same statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from gifmcts.quantities import Count
from gifmcts.types import Message, Role


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A message that begins like message ``of`` of the first attempt's chat: its first ``chars`` characters, then ``text``."""

    role: Role
    text: str
    of: Count = 0
    chars: Count = 0


def excerpt(message: Message, first: Sequence[Message]) -> Excerpt:
    """The message relative to the first attempt's chat."""
    for index, other in enumerate(first):
        if other.role is message.role:
            chars = _shared(message.content, other.content)
            return Excerpt(message.role, message.content[chars:], index, chars)
    return Excerpt(message.role, message.content)


def whole(part: Excerpt, first: Sequence[Message]) -> Message:
    """The message of an excerpt; the inverse of ``excerpt``.

    Raises:
        LookupError: it refers to a message that is not there.
    """
    if not part.chars:
        return Message(part.role, part.text)
    if part.of >= len(first) or part.chars > len(first[part.of].content):
        raise LookupError("a chat refers to a message that is not there")
    return Message(part.role, first[part.of].content[: part.chars] + part.text)


def _shared(text: str, other: str) -> int:
    """The length of the longest common beginning, by bisection."""
    low, high = 0, min(len(text), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if text[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
