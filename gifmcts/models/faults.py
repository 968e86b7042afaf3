"""Faults that a programmer makes, as replacements of single lines of a program in canonical form (as ``ast.unparse`` writes it)."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What went wrong in a line."""

    CONSTANT = "constant"
    COMPARISON = "comparison"
    OPERATOR = "operator"
    VARIABLE = "variable"
    DROPPED = "dropped"
    OUTPUT = "output"
    SLIP = "slip"
    """A line that does not compile."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Line ``line`` (from 0) becomes ``text``, or is missing."""

    kind: Kind
    line: int
    text: str | None


_SWAPPED = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "in": "not in", "not in": "in", "is": "is not", "is not": "is"},
    **{"+": "-", "-": "+", "*": "+", "/": "//", "//": "/", "%": "//", "**": "*", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<"},
    **{"and": "or", "or": "and"},
}
_SIGN = re.compile(r"not in|is not|in|is|and|or|[<>=!]=|<<|>>|\*\*|//|[-+*/%<>&|^]")


def parsed(source: str) -> ast.Module | None:
    """The program's syntax tree; ``None`` for text that is no program."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def canonical(source: str) -> str | None:
    """The program without comments and layout, one simple statement a line; ``None`` for text that is no program."""
    tree = parsed(source)
    try:
        text = None if tree is None else ast.unparse(tree).strip()
    except (ValueError, RecursionError):
        return None
    return text or None


def faults_in(source: str) -> tuple[Fault, ...]:
    """Every single fault of a canonical program, in the order of its lines; none where the text is no program."""
    tree = parsed(source)
    if tree is None:
        return ()
    page = _Page(source)
    found = [fault for node in _code(tree) for fault in (*_in_expression(node, page), *_in_body(node, page))]
    return tuple(sorted(set(found), key=lambda fault: (fault.line, fault.kind, fault.text or "")))


def with_faults(lines: list[str], faults: list[Fault]) -> list[str]:
    """The lines with the faults; of several faults in one line the last counts."""
    changed = {fault.line: fault.text for fault in faults}
    kept = (changed.get(number, line) for number, line in enumerate(lines))
    return [line for line in kept if line is not None]


class _Page:
    """A program's lines, and edits at the places that syntax nodes name (columns count UTF-8 bytes)."""

    def __init__(self, source: str) -> None:
        self.lines = source.splitlines()
        self._raw = [line.encode("utf-8", errors="surrogatepass") for line in self.lines]
        tree = parsed(source)
        stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)} if tree else set()
        self.variables = sorted(stored)

    def cut(self, line: int, start: int, end: int) -> str:
        """The text between two columns."""
        return self._raw[line][start:end].decode("utf-8", errors="replace")

    def put(self, kind: Kind, line: int, start: int, end: int, text: str) -> Fault:
        """The fault that writes another text between two columns."""
        raw = self._raw[line]
        changed = raw[:start] + text.encode("utf-8", errors="surrogatepass") + raw[end:]
        return Fault(kind, line, changed.decode("utf-8", errors="surrogatepass"))

    def swap(self, kind: Kind, left: ast.expr, right: ast.expr) -> Iterator[Fault]:
        """The fault that writes another operator between two operands of one line."""
        line, start, end = left.lineno - 1, left.end_col_offset or 0, right.col_offset
        if left.end_lineno != right.lineno or left.end_lineno != left.lineno or start >= end:
            return
        gap = self.cut(line, start, end)
        sign = _SIGN.search(gap)
        if sign is not None and sign.group() in _SWAPPED:
            text = gap[: sign.start()] + _SWAPPED[sign.group()] + gap[sign.end() :]
            yield self.put(kind, line, start, end, text)


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those inside formatted strings, whose places are not reliable, and inside ``while`` loops, which would not end."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.JoinedStr | ast.While):
            waiting.extend(ast.iter_child_nodes(node))


def _in_expression(node: ast.AST, page: _Page) -> Iterator[Fault]:
    if isinstance(node, ast.Compare):
        yield from page.swap(Kind.COMPARISON, node.left, node.comparators[0])
    elif isinstance(node, ast.BinOp):
        yield from page.swap(Kind.OPERATOR, node.left, node.right)
    elif isinstance(node, ast.BoolOp):
        yield from page.swap(Kind.OPERATOR, node.values[0], node.values[1])
    elif isinstance(node, ast.AugAssign):
        yield from page.swap(Kind.OPERATOR, node.target, node.value)
    elif isinstance(node, ast.Constant) and type(node.value) is int and node.end_col_offset is not None and abs(node.value) < 10**12:
        for value in (node.value + 1, node.value - 1):
            if value >= 0:
                yield page.put(Kind.CONSTANT, node.lineno - 1, node.col_offset, node.end_col_offset, str(value))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in page.variables and len(page.variables) > 1:
        other = page.variables[page.variables.index(node.id) - 1]
        yield page.put(Kind.VARIABLE, node.lineno - 1, node.col_offset, node.end_col_offset or 0, other)


def _in_body(node: ast.AST, page: _Page) -> Iterator[Fault]:
    for body in (getattr(node, field, None) for field in ("body", "orelse", "finalbody")):
        if isinstance(body, list):
            for statement in body:
                if isinstance(statement, ast.stmt):
                    found = _in_statement(statement, page, alone=len(body) == 1)
                    yield from (fault for fault in found if fault.kind is not Kind.DROPPED or not isinstance(node, ast.While))


def _in_statement(statement: ast.stmt, page: _Page, *, alone: bool) -> Iterator[Fault]:
    number = statement.lineno - 1
    line = page.lines[number]
    if line.endswith((":", ")", "]")):
        yield Fault(Kind.SLIP, number, line[:-1])
    if statement.end_lineno != statement.lineno or line.endswith(":"):
        return
    margin = line[: len(line) - len(line.lstrip())]
    if not alone:
        yield Fault(Kind.SLIP, number, f" {line}")
    if isinstance(statement, ast.Return) and statement.value is not None:
        yield Fault(Kind.OUTPUT, number, f"{margin}return None")
    elif isinstance(statement, ast.Expr) and _prints(statement.value):
        yield Fault(Kind.OUTPUT, number, f"{margin}pass")
    elif isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Break | ast.Continue):
        yield Fault(Kind.DROPPED, number, f"{margin}pass" if alone else None)


def _prints(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    called = value.func
    return (isinstance(called, ast.Name) and called.id == "print") or (isinstance(called, ast.Attribute) and called.attr == "write")
