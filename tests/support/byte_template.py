"""A chat template that can be read back into the chat."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gifmcts.types import Message, Role

_TURN = re.compile(r"<\|(system|user|assistant)\|>\n(.*?)(?:<\|end\|>\n|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"\A<think>\n.*?</think>\s*", re.DOTALL)


@dataclass
class Template:
    """How chats are rendered."""

    trims: bool = False
    """Whether messages are stripped, as some templates do."""
    thinks: bool = False
    """Whether the generation prompt opens a reasoning part."""
    knows_system: bool = True
    """Whether a system message is taken."""

    def render(self, messages: Iterable[Message], *, generation: bool, opened: bool) -> str:
        """The prompt; ``opened`` leaves the last message without its end."""
        turns = [f"<|{one.role.value}|>\n{one.content.strip() if self.trims else one.content}<|end|>\n" for one in messages]
        text = "".join(turns)
        if opened:
            text = text.removesuffix("<|end|>\n")
        if generation:
            text += "<|assistant|>\n" + ("<think>\n" if self.thinks else "")
        return text

    @staticmethod
    def read(prompt: str) -> tuple[Message, ...]:
        """The messages of a rendered prompt; an assistant's last message that is open is a prefill, and not there when it is empty."""
        messages = tuple(Message(Role(role), content) for role, content in _TURN.findall(prompt))
        if messages and messages[-1].role is Role.ASSISTANT:
            content = _THOUGHT.sub("", messages[-1].content)
            return messages[:-1] if content in ("", "<think>\n") else (*messages[:-1], Message(Role.ASSISTANT, content))
        return messages
