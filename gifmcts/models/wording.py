"""What the simulated model reads in a chat, and the sentences around the programs that it writes."""

import re
from dataclasses import dataclass
from enum import StrEnum

from gifmcts.types import Chat, Role

_FENCE = re.compile(r"^\s*```([\w+-]*)\s*$")


class Asked(StrEnum):
    """What a chat asks for."""

    CONTINUE = "continue"
    """Go on after the settled lines of an opened code block."""
    REWRITE = "rewrite"
    """Explain and rewrite the program that is shown."""
    ANSWER = "answer"
    """Write a program, in an answer of its own."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the program lines that come with it, and whether the answer stands in an opened block or heading."""

    asked: Asked
    lines: list[str]
    prefilled: bool
    ends_line: bool = True


def question(chat: Chat) -> Question:
    """Read a chat by its form: an opened block is continued, an opened heading or a shown program asks for a rewriting."""
    prefill = chat.prefill
    fence, _, settled = prefill.partition("\n")
    if _FENCE.match(fence):
        return Question(Asked.CONTINUE, settled.splitlines(), True, prefill.endswith("\n"))
    said = [message.content for message in chat.messages if message.role is Role.USER]
    shown, opened = _last_block(said[-1] if said else "")
    if prefill.strip():
        return Question(Asked.REWRITE, shown, True, prefill.endswith("\n"))
    if opened:
        return Question(Asked.CONTINUE, shown, False)
    return Question(Asked.REWRITE if shown else Asked.ANSWER, shown, False)


def _last_block(text: str) -> tuple[list[str], bool]:
    """The lines of the last Python block, and whether it is still open at the end of the text."""
    found: list[str] = []
    block: list[str] | None = None
    language = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if fence is None:
            if block is not None:
                block.append(line)
        elif block is None or fence.group(1):
            block, language = [], fence.group(1)
        else:
            found = block if language in ("python", "py", "python3") else found
            block = None
    opened = block is not None and language.startswith("py")
    return (block if opened and block is not None else found), opened


def block(lines: list[str]) -> str:
    """A program in a code block of its own."""
    return "```python\n" + "".join(f"{line}\n" for line in lines) + "```"


def solution(lines: list[str]) -> str:
    """A free answer."""
    return f"The input is read as described, and the answer is computed step by step from it.\n\n{block(lines)}\n"


def rewriting(mended: int, lines: list[str], *, prefilled: bool) -> str:
    """An explanation, a suggestion and the whole program; the first heading stands in the prefill already."""
    heading = "" if prefilled else "## Error explanation\n"
    count = f"{mended} place{'' if mended == 1 else 's'}" if mended else "no place that I can name"
    return (
        f"{heading}The program does not do what the statement asks in {count}.\n\n"
        f"## Suggested fix\nThese places are changed, the rest is kept.\n\n## Corrected program\n{block(lines)}\n"
    )


def prose() -> str:
    """An answer that forgets the program."""
    return "One can solve this by going through all the cases and keeping the best one; the details are left to the reader.\n"
