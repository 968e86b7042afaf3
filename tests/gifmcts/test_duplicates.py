"""Programs that differ in layout alone are one program: evaluated once in a tree, counted, and shown as what they are."""

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
from finished_runs import finished
from hypothesis import given
from hypothesis import strategies as st
from scripted import Scripted, scrambled
from searching import TINY, bare, search

from gifmcts.cli.listing import show
from gifmcts.duplicates import Duplicates, form, transferred
from gifmcts.records import Header, TreeDigest, line
from gifmcts.tiny import TinyTask
from gifmcts.types import Attempt, Broken, Chat, Completion, Evaluation, Label, Program, Sampling, Stage

LAYOUTS = ["x = 1\nprint(x)\n", "x=1;print( x )", "# why\nx = (1)\n\n\nprint(\n    x,\n)  # what\n", "x = 1\nprint(x)"]


def test_layout_and_comments_make_no_other_program() -> None:
    """Spaces, brackets, comments, semicolons, quotes and the way in which a number is written."""
    assert len({form(text) for text in LAYOUTS}) == 1
    assert form("a = 'x'") == form('a = u"x"') == form('a = "" "x"')
    assert form("a = 1_000") == form("a = 0x3e8")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        *(("x = 1", "x = 2"), ("x = 1", "x = 1.0"), ("x = 1", "x = True"), ("a - (b - c)", "a - b - c"), ("f(a)", "f([a])")),
        *(("if a:\n b()\n c()", "if a:\n b()\nc()"), ("x =", "x = "), ("x", "# x"), ("f(*a)", "f(a)"), ("[[], []]", "[[[]]]")),
        *(("-1", "1"), ("'a'", "b'a'")),
    ],
)
def test_what_another_program_is(one: str, two: str) -> None:
    """Values, types, order, nesting, and any difference between texts that are no programs."""
    assert form(one) != form(two)


HOSTILE = [
    *("a\0b", "(" * 20_000, "-" * 16_000 + "1", "a" + ".a" * 8_000, "not " * 4_000 + "1", "x = " + "9" * 9_000, "x = 0x" + "f" * 9_000),
    *("'\\d' is 1", "'\ud800'", "# coding: nothing\nx", "\ufeffx", "lambda:" * 2_000 + "1", "f" + "()" * 8_000, "x" * 1_000_000, ""),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_compared_as_they_stand(text: str) -> None:
    """What cannot be parsed, warns or is too long or deep has a form of its own and takes nothing down."""
    assert form(text) == form(text)
    assert form(text) != form(text + "\nx")


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_any_text_has_a_form(text: str) -> None:
    """A text that parses has the form of its syntax tree written out again; any other is equal to itself alone."""
    assert len(form(text)) == 16
    try:
        again = ast.unparse(ast.parse(text))
    except (SyntaxError, ValueError):
        assert form(text) != form(f"{text} ")
    else:
        assert form(again) == form(text)


class Relayout(Scripted):
    """A model that knows four programs for all answers, and writes each in one of three layouts."""

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        answer = await super().complete(chat, sampling, seed % 4)
        return replace(answer, text=answer.text.replace(" = ", (" = ", "=", "  =  ")[seed % 3]))


@dataclass(frozen=True)
class Counting(TinyTask):
    """A task that does not look at blanks, and remembers what it evaluated."""

    seen: list[str] = field(default_factory=list)

    async def evaluate(self, program: Program) -> Evaluation:
        self.seen.append(program.source)
        plain = "\n".join(" = ".join(part.strip() for part in row.split("=")) for row in program.lines)
        return await super().evaluate(Program(plain))


def searched(
    window: int = 1, seed: int | None = None, recorded: Sequence[Attempt] = (), **changes: object
) -> tuple[list[Attempt], list[str]]:
    known = TINY.task(0)
    task = Counting(known.id, known.target)
    model = Relayout(TINY, 0.6, None if seed is None else scrambled(Random(seed)))
    found = search(model, "best-of-n", window=window, recorded=recorded, task=task, **changes)
    return found.tree.attempts, task.seen


@pytest.mark.parametrize("window", [1, 4, 8])
def test_a_program_is_evaluated_once_in_a_tree(window: int) -> None:
    """Whatever the order of the answers, the first of equal programs is evaluated and the others say so."""
    trees = [searched(window, seed) for seed in (1, 2, 3)]
    assert bare(trees[0][0]) == bare(trees[1][0]) == bare(trees[2][0])
    for attempts, seen in trees:
        forms = [form(attempt.program.source) for attempt in attempts if attempt.program]
        assert sorted(seen) == sorted(attempt.program.source for attempt in attempts if attempt.program and attempt.duplicate_of is None)
        assert len(seen) == len(set(forms)) < len(forms)
        for attempt in attempts:
            if attempt.duplicate_of is not None:
                first = attempts[attempt.duplicate_of]
                assert first.duplicate_of is None
                assert first.index < attempt.index
                assert first.evaluation == attempt.evaluation
                assert (attempt.seconds, attempt.footprint) == (0.0, None)


def digest(attempts: Sequence[Attempt]) -> str:
    found = TreeDigest(Header("tiny-0", {}, {}, "tiny", Label.HELD_OUT, ""))
    for attempt in attempts:
        found.add(line(attempt, ()))
    return found.value


def test_it_can_be_switched_off_and_changes_no_tree() -> None:
    """Every program is evaluated then, none is marked, and the digest is the same."""
    once, _ = searched()
    every, seen = searched(duplicates=Duplicates.EVERY)
    assert len(seen) == sum(attempt.program is not None for attempt in every)
    assert {attempt.duplicate_of for attempt in every} == {None}
    assert digest(once) == digest(every)
    assert Counter(attempt.duplicate_of is None for attempt in once)[False] > 5


@pytest.mark.parametrize("cut", [3, 11])
def test_a_resumed_search_knows_the_programs_of_before(cut: int) -> None:
    """Its attempts are those of a search never cut, and nothing known is evaluated again."""
    whole, _ = searched(4)
    again, seen = searched(4, recorded=whole[:cut])
    assert bare(again) == bare(whole)
    assert len(seen) == sum(attempt.program is not None and attempt.duplicate_of is None for attempt in whole[cut:])


def test_a_broken_line_is_named_where_it_stands() -> None:
    """The fix prompt of a duplicate shows the line of its own text."""
    first, again = "a = 1\nreturn a\n", "# first\n\na = 1\n\nreturn (a)\n"
    worth = Evaluation(0.0, Broken(Stage.COMPILE, "SyntaxError", "'return' outside function", 2, "return a"))
    moved = transferred(worth, first, again).broken
    assert moved is not None
    assert (moved.line_number, moved.line) == (5, "return (a)")
    assert transferred(worth, first, first) is worth


def test_a_duplicate_is_shown_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the tree, of the attempt, in the record, the summary and the report."""
    folder = finished(tmp_path / "run", Relayout, strategy="best-of-n", budget=20)
    attempts = folder.tree("tiny-0")[1]
    again = next(attempt for attempt in attempts if attempt.duplicate_of is not None)
    assert show(str(folder.path), "tiny-0") == 0
    assert f"same program as #{again.duplicate_of}" in capsys.readouterr().out
    assert show(str(folder.path), "tiny-0", attempt=again.index) == 0
    assert f"the same program as attempt {again.duplicate_of}" in capsys.readouterr().out
    counted = sum(attempt.duplicate_of is not None for task in folder.tasks() for attempt in folder.tree(task)[1])
    assert sum(row.duplicates for row in folder.summaries().values()) == counted
    assert show(str(folder.path)) == 0
    assert f"{counted} calls wrote a program that their tree had already" in capsys.readouterr().out
