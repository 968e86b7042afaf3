"""Prefill and answer joined on servers that cannot continue token ids."""

from hypothesis import given
from hypothesis import strategies as st

from gifmcts.models.joining import after, instructed, mend_trimmed
from gifmcts.types import Chat, Message, Role

LINE = st.text(alphabet="ab :()=", min_size=1, max_size=6).filter(str.strip)
LINES = st.lists(LINE.map(str.rstrip), max_size=5)


def text_of(lines: list[str]) -> str:
    """Each line with its end."""
    return "".join(f"{line}\n" for line in lines)


@given(LINES, LINES)
def test_a_repeated_prefill_is_taken_off(settled: list[str], rest: list[str]) -> None:
    """An answer that begins its block with the settled lines leaves exactly the rest."""
    answer = f"Gladly.\n\n```py\n{text_of(settled)}{text_of(rest)}```\nDone."
    assert after("```python\n" + text_of(settled), answer) == f"{text_of(rest)}```\nDone."


def test_an_answer_that_begins_otherwise_is_left_whole() -> None:
    """Nothing is cut off an answer that does not hold the settled lines; the reader decides."""
    answer = "```python\ny = 2\n```"
    assert after("```python\nx = 1\n", answer) == answer


def test_the_python_block_is_the_one_continued() -> None:
    """With nothing settled, an example in a block of its own before the program is not taken for it."""
    assert after("```python\n", "Input:\n```\n3\n```\nso\n```python\nx = 1\n```\n") == "x = 1\n```\n"


def test_a_repeated_heading_is_taken_off() -> None:
    """The first heading stands in the prefill and is not doubled."""
    assert after("## Error explanation\n", "## Error explanation\nIt is wrong.") == "It is wrong."


@given(LINES, LINES)
def test_a_trimmed_prefill_is_mended(settled: list[str], rest: list[str]) -> None:
    """A template that trims takes the last line end, which the model writes first; joined they are one line end."""
    prefill = "```python\n" + text_of(settled)
    written = "\n" + text_of(rest)
    assert prefill + mend_trimmed(prefill, written) == prefill.rstrip("\n") + written


def test_settled_lines_stay_as_they_are() -> None:
    """What a model writes onto a trimmed last settled line is dropped, the lines after it are kept."""
    assert mend_trimmed("```python\nimport sys\n", ", os\nx = 1\n") == "x = 1\n"
    assert mend_trimmed("```python\nimport sys", ", os\nx = 1\n") == ", os\nx = 1\n"


def test_the_instruction_shows_the_settled_lines_to_the_user_turn() -> None:
    """The prefill is asked for in words by the last user message, with its indentation, and no assistant message is left."""
    asked = (Message(Role.SYSTEM, "s"), Message(Role.USER, "u"))
    code = instructed(Chat((*asked, Message(Role.ASSISTANT, "```python\nif x:\n    y\n")), "t"))
    assert [message.role for message in code] == [Role.SYSTEM, Role.USER]
    assert code[-1].content.startswith("u\n\n")
    assert code[-1].content.endswith("```python\nif x:\n    y")
    heading = instructed(Chat((*asked, Message(Role.ASSISTANT, "## Error\n")), "t"))
    assert heading[-1].content.endswith("## Error\n")
    alone = instructed(Chat((asked[0], Message(Role.ASSISTANT, "```python\n")), "t"))
    assert [message.role for message in alone] == [Role.SYSTEM, Role.USER]
