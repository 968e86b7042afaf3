"""From a model's answer to a program: the settled lines and the continuation joined without doubling or losing one."""

import re
from dataclasses import dataclass

from gifmcts.types import Chat, Completion, Finish, Program, Reading

_FENCE = re.compile(r"^\s*(?:```|~~~)\s*([\w+.-]*)[^\n`]*$")
_PYTHON = {"python", "python3", "py", "py3"}


@dataclass(frozen=True, slots=True)
class _Block:
    """One fenced block of an answer: its tag, its lines, and whether it was closed."""

    tag: str
    lines: list[str]
    closed: bool


def read_program(chat: Chat, completion: Completion) -> tuple[Reading, Program | None]:
    """The program of an answer, or why there is none.

    A prefill that ends inside a code block is continued: the program is its settled lines and the text up to the closing fence, unless
    the model began a block of its own. Otherwise the program is the last Python block of the answer. An answer cut by length keeps its
    whole lines.
    """
    if completion.finish is Finish.OVERFLOW:
        return Reading.OVERFLOW, None
    cut = completion.finish is Finish.LENGTH
    prefix = _open_block(chat.prefill)
    if prefix is None:
        block = _answer_block(_blocks((chat.prefill + completion.text).replace("\r\n", "\n").split("\n")))
        if block is None:
            return Reading.UNREADABLE, None
        lines, kept = block.lines, 0
    else:
        block, kept = _continuation(prefix, completion.text.replace("\r\n", "\n"))
        lines = block.lines
    cut = cut and not block.closed
    if cut and len(lines) > kept:
        lines = lines[:-1]
    if not any(line.strip() for line in lines[kept:]):
        return Reading.UNREADABLE, None
    if not kept:
        lines = lines[next(index for index, line in enumerate(lines) if line.strip()) :]
    source = "\n".join(lines).rstrip() + "\n"
    return (Reading.CUT if cut else Reading.PROGRAM), Program(source, kept)


def _open_block(prefill: str) -> list[str] | None:
    """The complete lines of the code block that the prefill leaves open, with a last partial line; ``None`` when none is open."""
    blocks = _blocks(prefill.split("\n"))
    return blocks[-1].lines if blocks and not blocks[-1].closed else None


def _blocks(lines: list[str]) -> list[_Block]:
    """All fenced blocks in order; the last may be open."""
    blocks: list[_Block] = []
    current: list[str] | None = None
    tag = ""
    for line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            if current is not None:
                current.append(line)
        elif current is None:
            current, tag = [], fence[1].lower()
        elif fence[1]:
            current.append(line)
        else:
            blocks.append(_Block(tag, current, closed=True))
            current = None
    if current is not None:
        blocks.append(_Block(tag, current, closed=False))
    return blocks


def _answer_block(blocks: list[_Block]) -> _Block | None:
    """The last block that says Python; without one, the last that says nothing."""
    for wanted in (_PYTHON, {""}):
        for block in reversed(blocks):
            if block.tag in wanted:
                return block
    return None


def _continuation(prefix: list[str], text: str) -> tuple[_Block, int]:
    """The whole program and how many of its first lines are the settled ones; ``prefix`` ends with the partial line to continue."""
    lines = text.split("\n")
    fence = next((index for index, line in enumerate(lines) if _FENCE.match(line)), None)
    if fence is not None and _restarts(lines, fence):
        block = _answer_block(_blocks(lines))
        if block is not None:
            return _joined(prefix[:-1], block)
    settled, partial = prefix[:-1], prefix[-1]
    body = lines if fence is None else lines[:fence]
    whole = [*settled, partial + body[0], *body[1:]] if body else list(settled)
    return _Block("python", whole, closed=fence is not None), len(settled)


def _restarts(lines: list[str], fence: int) -> bool:
    """Whether the first fence opens a block of the model's own instead of closing the one that it was to continue."""
    match = _FENCE.match(lines[fence])
    if match and match[1]:
        return True
    nothing_before = not any(line.strip() for line in lines[:fence])
    later = [line for line in lines[fence + 1 :] if _FENCE.match(line)]
    return nothing_before and bool(later)


def _joined(settled: list[str], block: _Block) -> tuple[_Block, int]:
    """A block of the model's own, joined to the settled lines where it repeats all or the last of them, or is plainly their rest."""
    ours, theirs = [line.rstrip() for line in settled], [line.rstrip() for line in block.lines]
    while theirs and not theirs[0] and (not ours or ours[0]):
        theirs = theirs[1:]
    lines = block.lines[len(block.lines) - len(theirs) :]
    if theirs[: len(ours)] == ours:
        return _Block(block.tag, [*settled, *lines[len(ours) :]], block.closed), len(settled)
    overlap = next((size for size in range(min(len(ours), len(theirs)), 0, -1) if ours[-size:] == theirs[:size]), 0)
    if overlap or (lines and lines[0][:1].isspace()):
        return _Block(block.tag, [*settled, *lines[overlap:]], block.closed), len(settled)
    return _Block(block.tag, lines, block.closed), 0
