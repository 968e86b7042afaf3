"""How an open assistant message is continued on servers that can do less than continue token ids."""

import re
from enum import StrEnum

from gifmcts.types import Chat, Message, Role

_FENCE = re.compile(r"^\s*```[\w+-]*\s*$")
_PYTHON = re.compile(r"^\s*```py")
_CODE = (
    "Your answer must hold the whole program in one ```python block. The first lines of the program are settled: begin the block with "
    "exactly these lines, unchanged and with their indentation, and write the rest of the program after them.\n\n"
)
_EMPTY = "Your answer must hold the whole program in one ```python block."
_HEADING = "Begin your answer with exactly these lines, and go on after them:\n\n"


class Way(StrEnum):
    """How a server continues an open assistant message, best first."""

    TOKENS = "token ids"
    CONTINUE = "continue_final_message"
    INSTRUCT = "instruction"


def instructed(chat: Chat) -> tuple[Message, ...]:
    """The chat without its prefill, which the last user message now asks for in words."""
    prefill, messages = chat.prefill, chat.messages[:-1]
    fence, _, settled = prefill.partition("\n")
    if not _FENCE.match(fence):
        words = _HEADING + prefill
    elif settled.strip():
        words = f"{_CODE}{fence}\n{settled.rstrip()}"
    else:
        words = _EMPTY
    if messages and messages[-1].role is Role.USER:
        return (*messages[:-1], Message(Role.USER, f"{messages[-1].content.rstrip()}\n\n{words}"))
    return (*messages, Message(Role.USER, words))


def without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The chat for a template that knows no system: the user says its words first."""
    if len(messages) < 2 or messages[0].role is not Role.SYSTEM or messages[1].role is not Role.USER:
        return messages
    return (Message(Role.USER, f"{messages[0].content.rstrip()}\n\n{messages[1].content}"), *messages[2:])


def after(prefill: str, text: str) -> str:
    """What an answer to the instruction holds after the prefill; the whole answer where it does not repeat the prefill.

    Lines are compared without trailing blanks. Any opened code block passes for the prefill's, the last one that says Python before
    those that do not.
    """
    wanted = [_normal(line) for line in prefill.splitlines()]
    lines = text.splitlines(keepends=True)
    found = [_normal(line) for line in lines]
    places = [start for start in range(len(found) - len(wanted) + 1) if found[start : start + len(wanted)] == wanted]
    if not places:
        return text
    tagged = [start for start in places if _PYTHON.match(lines[start])]
    start = tagged[-1] if tagged else places[0]
    return "".join(lines[start + len(wanted) :])


def mend_trimmed(prefill: str, text: str) -> str:
    """The continuation by a server whose template trimmed the prefill's last line ends, as if it had kept them.

    What the model wrote onto the last settled line is dropped: settled lines stay as they are.
    """
    trimmed = len(prefill) - len(prefill.rstrip("\n"))
    if not trimmed:
        return text
    if not text.startswith("\n"):
        _, _, text = text.partition("\n")
        trimmed -= 1
    while trimmed and text.startswith("\n"):
        text, trimmed = text[1:], trimmed - 1
    return text


def _normal(line: str) -> str:
    return "```" if _FENCE.match(line) else line.rstrip()
