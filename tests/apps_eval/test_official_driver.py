"""What the reference scorer puts around a program."""

import pytest
from apps_rows import call_problem, stdin_problem
from hypothesis import given
from hypothesis import strategies as st

from apps_eval.drivers.official import PREAMBLE, Letter, dressed, read_reply, read_report, source_line, wrapped
from apps_eval.feedback import Fault

STDIN = stdin_problem(("1", "1"))
CALL = call_problem(([1], 1))
LINES = st.lists(st.sampled_from(["import os", "from a import b", "x = 1", "", "  y", "\tz", "imports = 3"]), min_size=1, max_size=8)


def test_the_wrapper_begins_at_the_first_line_that_is_no_import() -> None:
    """Imports above it stay outside; imports below it are indented like the rest."""
    source = "import os\nfrom math import *\nx = 1\nimport re\nprint(x)"
    assert wrapped(source) == (
        "import os\nfrom math import *\nstdin = sys.stdin\nstdout = sys.stdout\ndef code():\n\tx = 1\n\timport re\n\tprint(x)\n"
    )


def test_a_program_of_imports_alone_has_no_function() -> None:
    """Nothing is wrapped, so nothing can be called: code −2."""
    assert wrapped("import os") == "import os\n"


def test_a_call_is_only_given_the_preamble() -> None:
    """The source of a call-based problem is not wrapped."""
    assert dressed(CALL, "def f(x): return x") == f"{PREAMBLE}def f(x): return x"


@given(LINES)
def test_every_line_of_the_source_is_found_again(lines: list[str]) -> None:
    """Line numbers of the dressed source lead back to the source, one to one; added lines lead nowhere."""
    source = "\n".join(lines)
    for problem in (STDIN, CALL):
        whole = dressed(problem, source).split("\n")
        found = {source_line(problem, source, number): text for number, text in enumerate(whole[: len(whole)], start=1)}
        assert [found[number].strip() for number in range(1, len(lines) + 1)] == [line.strip() for line in lines]
        assert set(found) <= {None, *range(1, len(lines) + 1)}


@given(st.binary(max_size=20))
def test_a_reply_may_be_anything(reply: bytes) -> None:
    """Bytes that are no reply count as the end of the process, and no report makes the reader fail."""
    letter, rest = read_reply(reply)
    assert letter is Letter.DIED or reply == letter.value.encode() + rest
    assert isinstance(read_report(STDIN, "a\nb", rest), Fault)


@pytest.mark.parametrize("line", ["-1", "1e9", "9" * 50, "٣", ""])
def test_a_forged_line_number_is_no_line(line: str) -> None:
    """Only a line of the source is believed."""
    assert read_report(STDIN, "a\nb", f"Error\nmessage\n{line}".encode()).line_number is None
