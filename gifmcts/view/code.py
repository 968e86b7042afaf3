"""Programs as marked-up lines: highlighted, and compared with the program that they were made from."""

from dataclasses import dataclass
from difflib import unified_diff
from itertools import groupby, islice

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from gifmcts.types import Program
from gifmcts.view.texts import LONGEST
from gifmcts.wording import harmless

_HIGHLIGHTED = 20_000
"""Characters; longer programs are shown without colours."""
_GAP = 50
"""Lines; the time that it takes to highlight grows with the square of the blank lines between two others."""
_MOST_LINES = 2_000
"""Longer programs are not compared: the time that it takes grows with the square of the lines."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line as markup, and what is special about it: ``settled``, ``broken``, ``add``, ``gone``, ``place`` or nothing."""

    markup: Markup
    kind: str = ""


def program_lines(source: str, kept: int, broken_at: int | None) -> list[CodeLine]:
    """A program, highlighted; the lines that were settled before the model wrote, and the one that does not compile, are marked.

    Its control characters must have been made harmless.
    """
    lines = []
    for number, markup in enumerate(_highlighted(source), 1):
        kind = "broken" if number == broken_at else "settled" if number <= kept else ""
        lines.append(CodeLine(markup, kind))
    return lines


def difference(before: Program, after: Program) -> list[CodeLine] | None:
    """What changed from one program to the other, with three lines around; ``None`` where they are too long to compare."""
    if any(len(program.source) > LONGEST or program.source.count("\n") > _MOST_LINES for program in (before, after)):
        return None
    old, new = ([harmless(line) for line in program.lines] for program in (before, after))
    kinds = {"+": "add", "-": "gone", "@": "place"}
    return [CodeLine(escape(line), kinds.get(line[0], "")) for line in islice(unified_diff(old, new, lineterm=""), 2, None)]


def _highlighted(source: str) -> list[Markup]:
    """Lines of markup; the formatter escapes every character that it does not write itself, and closes its marks at each line's end."""
    lines = source.removesuffix("\n").split("\n")
    gaps = (len(list(gap)) for blank, gap in groupby(lines, lambda line: not line.strip()) if blank)
    if len(source) > _HIGHLIGHTED or max(gaps, default=0) > _GAP:
        return [escape(line) for line in lines]
    markup = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, classprefix="k-"))
    return [Markup(line) for line in markup.removesuffix("\n").split("\n")]
