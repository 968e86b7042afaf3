"""Programs of one tree that are the same program in another layout: found by their syntax trees, evaluated once."""

import ast
import asyncio
from dataclasses import replace
from enum import StrEnum
from hashlib import blake2b

from gifmcts.models.faults import parsed
from gifmcts.types import Evaluation, Program

_LONGEST = 16_384
"""Characters of the longest program whose form is looked for; longer ones are compared as they stand."""
_LAYOUT = ("kind", "type_comment")
"""Fields of syntax nodes that say how something is written and not what it is."""


class Duplicates(StrEnum):
    """What becomes of a program that its tree has already."""

    ONCE = "once"
    """It has the evaluation of the first."""
    EVERY = "every"
    """It is not looked for: every program is evaluated."""


def form(source: str) -> bytes:
    """Equal for programs that differ in layout and comments alone; text that is no program, or too long or deep, equals itself only."""
    tree = parsed(source) if len(source) <= _LONGEST else None
    try:
        text = source if tree is None else _outline(tree)
    except ValueError:
        text, tree = source, None  # an integer too long to be written out
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=b"bytes" if tree is None else b"tree").digest()


def _outline(tree: ast.AST) -> str:
    """Every node's kind and values, depth first and without recursion."""
    parts: list[str] = []
    waiting: list[object] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.AST):
            parts.append(type(item).__name__)
            waiting += [getattr(item, name, None) for name in item._fields if name not in _LAYOUT]
        elif isinstance(item, list):
            parts.append(f"[{len(item)}")
            waiting += item
        else:
            parts.append(repr(item))
    return "\n".join(parts)


def transferred(worth: Evaluation, first: str, again: str) -> Evaluation:
    """The first program's evaluation as that of its duplicate: a broken line is named where it stands in the duplicate."""
    broken = worth.broken
    if broken is None or broken.line_number is None or first == again:
        return worth
    before, after = parsed(first), parsed(again)
    if before is None or after is None:
        return worth
    pairs = zip(ast.walk(before), ast.walk(after), strict=False)
    places = {getattr(one, "lineno", None): getattr(two, "lineno", None) for one, two in pairs}
    number = places.get(broken.line_number)
    lines = again.split("\n")
    line = lines[number - 1] if number is not None and number <= len(lines) else ""
    return replace(worth, broken=replace(broken, line_number=number, line=line))


class Originals:
    """Which program of a tree came first in its form; programs are entered in the order of their attempts, whenever they come."""

    def __init__(self) -> None:
        self._first: dict[bytes, int] = {}
        self._texts: dict[str, bytes] = {}
        self._entered = 0
        self._gates: dict[int, asyncio.Event] = {}

    async def original(self, index: int, program: Program | None) -> int:
        """Enter an attempt's program once all earlier attempts are entered; the first attempt with the same program, or its own index."""
        if index > self._entered:
            await self._gates.setdefault(index, asyncio.Event()).wait()
        return self.enter(index, program)

    def enter(self, index: int, program: Program | None) -> int:
        """Enter the next attempt's program, the attempt being the next; otherwise as ``original``."""
        self._entered = index + 1
        if gate := self._gates.pop(self._entered, None):
            gate.set()
        if program is None:
            return index
        key = self._texts.get(program.source) or self._texts.setdefault(program.source, form(program.source))
        return self._first.setdefault(key, index)
