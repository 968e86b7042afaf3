"""The examples that stand in a statement: which tests everybody who reads the problem has seen."""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from apps_eval.problem import Json, Kind, Problem

_SECTION = re.compile(r"^-{3,}\s*(.*?)\s*-{3,}$")
_MARK = re.compile(r"^(?:(?:sample|example)s?\s*)?(input|output)\s*#?\d*\s*:?$", re.IGNORECASE)
_SHOWN = re.compile(r"sample|example", re.IGNORECASE)
_CALL = re.compile(r"Input\s*:\s*(.+?)\s*Output\s*:", re.DOTALL)
_LONGEST_CALL = 2000
_WORDS = {"true": True, "false": False, "null": None}


def shown_tests(problem: Problem) -> frozenset[int]:
    """Which tests have an input that the statement shows as an example; compared without regard to white space."""
    if problem.kind is Kind.STDIN:
        shown = {tuple(text.split()) for text in _stdin_examples(problem.question)} - {()}
        return frozenset(index for index in range(len(problem.cases)) if tuple(problem.stdin(index).split()) in shown)
    calls = list(_call_examples(problem.question, problem.fn_name))
    return frozenset(index for index in range(len(problem.cases)) if any(_is_call(call, problem.arguments(index)) for call in calls))


def shown_pairs(problem: Problem) -> list[tuple[str, str]]:
    """The examples of a statement about standard input, as input and what stands below ``Output``; an input without output is left out."""
    blocks = list(_stdin_blocks(problem.question)) if problem.kind is Kind.STDIN else []
    return [
        (text, after)
        for (name, text), (next_name, after) in pairwise(blocks)
        if name == "input" and next_name == "output" and text.split() and after.split()
    ]


def _stdin_examples(question: str) -> Iterator[str]:
    return (text for name, text in _stdin_blocks(question) if name == "input")


def _stdin_blocks(question: str) -> Iterator[tuple[str, str]]:
    """Example inputs and outputs: what follows a section called sample or example, or an ``Input`` line inside an example section."""
    lines: list[str] | None = None
    name = ""
    shown = False
    for raw in question.splitlines():
        line = raw.strip()
        section = _SECTION.match(line)
        if section:
            shown = bool(_SHOWN.search(section[1]))
        mark = _MARK.match(section[1] if section else line)
        if mark and not shown and not _SHOWN.match(line):
            mark = None  # the description of inputs in general
        if section or mark:
            if lines is not None:
                yield name, "\n".join(lines)
            name = mark[1].lower() if mark else ""
            lines = [] if mark else None
        elif lines is not None:
            lines.append(raw)
    if lines is not None:
        yield name, "\n".join(lines)


def _call_examples(question: str, fn_name: str) -> Iterator[list[tuple[str, Json]]]:
    """Example calls as pairs of source text and value: ``Input: x = 1, y = [2]`` before ``Output:``, or ``name(1, [2])``."""
    for match in _CALL.finditer(question):
        arguments = _arguments(f"f({' '.join(match[1].split())})")
        if arguments is not None:
            yield arguments
    wanted = fn_name.replace("_", "").lower()
    for match in re.finditer(r"([A-Za-z_]\w*)\(", question):
        if match[1].replace("_", "").lower() == wanted:
            yield from _first_call(question[match.start() : match.start() + _LONGEST_CALL])


def _first_call(text: str) -> Iterator[list[tuple[str, Json]]]:
    for end in [match.end() for match in re.finditer(r"\)", text)][:40]:
        arguments = _arguments(text[:end])
        if arguments is not None:
            yield arguments
            return


def _arguments(text: str) -> list[tuple[str, Json]] | None:
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        nodes = [*call.args, *(keyword.value for keyword in call.keywords)]
        return [(ast.get_source_segment(text, node) or "", _value(node)) for node in nodes]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> Json:
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {_key(key): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.Name) and node.id in _WORDS:
        return _WORDS[node.id]
    value = ast.literal_eval(node)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError("no JSON value")


def _key(node: ast.expr | None) -> str:
    """A dictionary's key as JSON stores it."""
    key = _value(node) if node is not None else None
    if isinstance(key, str | int):
        return str(key)
    raise ValueError("no JSON key")


def _is_call(example: Sequence[tuple[str, Json]], arguments: Sequence[Json]) -> bool:
    """Whether the example calls with these arguments; some stored arguments are the text of a literal, quotes included."""
    return len(example) == len(arguments) and all(
        _same(value, given) or text == given for (text, value), given in zip(example, arguments, strict=True)
    )


def _same(left: Json, right: Json) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return isinstance(left, bool) == isinstance(right, bool) and left == right
