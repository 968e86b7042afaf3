"""From answers to programs: prefix and continuation are joined without doubling or losing a line or its indentation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifmcts.reading import read_program
from gifmcts.types import Chat, Completion, Finish, Message, Program, Reading, Role

PREFIX = ["def solve():", "    total = 0", "    for value in range(3):"]
REST = ["        total += value", "", "    return total", "print(solve())"]
WHOLE = "\n".join([*PREFIX, *REST]) + "\n"


def read(prefill: str, text: str, finish: Finish = Finish.STOP) -> tuple[Reading, Program | None]:
    messages = [Message(Role.USER, "write")] + ([Message(Role.ASSISTANT, prefill)] if prefill else [])
    return read_program(Chat(tuple(messages), "t"), Completion(text, 1, 1, finish))


def opened(lines: list[str]) -> str:
    return "```python\n" + "".join(f"{line}\n" for line in lines)


REPEATED_LAST = "\n".join([PREFIX[-1], *REST])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(REST), id="plain"),
        pytest.param("\n".join(REST) + "\n```", id="closed"),
        pytest.param("\n".join(REST) + "\n```\nThis works because...\n```\nexample\n```", id="prose after"),
        pytest.param("\r\n".join(REST) + "\r\n```", id="windows line ends"),
        pytest.param("```python\n" + WHOLE + "```", id="answers again"),
        pytest.param("Here is the program:\n```python\n" + WHOLE + "```\nDone.", id="answers again with prose"),
        pytest.param("```\n" + WHOLE + "```", id="answers again without a tag"),
        pytest.param("```python\n" + "\n".join(REST) + "\n```", id="only the rest in a block of its own"),
        pytest.param("```python\n" + REPEATED_LAST + "\n```", id="repeats the last settled line"),
    ],
)
def test_a_continuation_is_joined_to_its_prefix(text: str) -> None:
    """Whatever form the continuation takes, the program is the settled lines and the rest, each once."""
    assert read(opened(PREFIX), text) == (Reading.PROGRAM, Program(WHOLE, len(PREFIX)))


def test_another_program_replaces_the_prefix_and_says_so() -> None:
    """A model that wrote another whole program instead of continuing keeps none of the settled lines."""
    assert read(opened(PREFIX), "```python\nimport sys\nprint(1)\n```") == (Reading.PROGRAM, Program("import sys\nprint(1)\n", 0))


def test_a_partial_line_is_continued_in_its_middle() -> None:
    """A prefill that ends inside a line is continued there."""
    assert read("```python\nx = ", "1\nprint(x)\n```") == (Reading.PROGRAM, Program("x = 1\nprint(x)\n", 0))


@given(st.integers(0, len(PREFIX + REST)), st.lists(st.sampled_from(PREFIX + REST + ["", "\tx"]), max_size=4))
def test_any_cut_of_any_program_joins_exactly(cut: int, more: list[str]) -> None:
    """Cut at any line end, prefix and rest give the program back."""
    lines = ["import sys", *more, *PREFIX, *REST]
    reading, program = read(opened(lines[:cut]), "\n".join(lines[cut:]) + "\n```")
    assert program is not None
    assert program.source == "\n".join(lines) + "\n"


def test_an_answer_cut_by_length_keeps_whole_lines() -> None:
    """The last partial line is dropped, the rest is the program, and it says that it was cut."""
    assert read(opened(["a = 1"]), "b = 2\nprint(a +", Finish.LENGTH) == (Reading.CUT, Program("a = 1\nb = 2\n", 1))


def test_a_cut_after_the_block_was_closed_loses_nothing() -> None:
    """What was cut was prose."""
    assert read(opened([]), "b = 2\n```\nThe idea", Finish.LENGTH) == (Reading.PROGRAM, Program("b = 2\n", 0))


def test_the_last_python_block_of_an_explanation_is_the_program() -> None:
    """Earlier blocks are excerpts, later ones without a tag are sample output."""
    text = "```python\nwrong\n```\nfixed:\n```python\nprint(3)\n```\nprints\n```\n3\n```"
    assert read("## Error explanation\n", text) == (Reading.PROGRAM, Program("print(3)\n", 0))


@pytest.mark.parametrize("text", ["", "I cannot do that.", "```python\n\n```", "```json\n{}\n```"])
def test_an_answer_without_a_program_is_unreadable(text: str) -> None:
    """No program is made up from prose or other languages."""
    assert read("## Error explanation\n", text) == (Reading.UNREADABLE, None)


@pytest.mark.parametrize("text", ["", "```", "\n```\nnothing to add"])
def test_a_continuation_of_nothing_is_unreadable(text: str) -> None:
    """Settled lines alone are no attempt of the model's."""
    assert read(opened(PREFIX), text) == (Reading.UNREADABLE, None)


def test_an_overflow_has_no_program() -> None:
    """A chat that did not fit has no answer."""
    assert read(opened([]), "", Finish.OVERFLOW) == (Reading.OVERFLOW, None)


@given(st.text(), st.sampled_from([Finish.STOP, Finish.LENGTH]), st.sampled_from(["", "```python\n", "```python\nx = 1\n", "## Why\n"]))
def test_no_answer_breaks_the_reader(text: str, finish: Finish, prefill: str) -> None:
    """Every text is read as something, and a program is never empty."""
    reading, program = read(prefill, text, finish)
    assert (program is not None and program.source.strip() != "") == (reading in (Reading.PROGRAM, Reading.CUT))
