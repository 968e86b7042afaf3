"""What a model reads of a failure."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from apps_eval.feedback import SHOWN, Fault, fault, mask, read_traceback, readable, shorten, signal_name, written

TRACEBACK = b"""noise on standard error
Traceback (most recent call last):
  File "solution.py", line 7, in <module>
    main()
  File "solution.py", line 3, in main
    return int(text)
           ^^^^^^^^^
  File "/usr/lib/python3.11/json/decoder.py", line 9, in decode
    raise ValueError
ValueError: invalid literal:
 second line
"""
SYNTAX = b"""  File "solution.py", line 2
    if x = 1:
       ^^^^^
SyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='?
"""


def test_addresses_are_masked() -> None:
    """What differs from process to process is gone; numbers that a program writes in hexadecimal stay."""
    assert mask("<__main__.A object at 0x7f0a1b2c3d4e> and 0x7f0a1b2c3d4e") == "<__main__.A object at 0x…> and 0x…"
    assert mask("<A at 0x1f>") == "<A at 0x…>"
    assert mask("cannot import name 'gcd' from 'fractions' (/usr/lib/fractions.py)") == "cannot import name 'gcd' from 'fractions' (…)"
    assert mask("0xff 0xdeadbeef what0x7f0a1b2c3d4e") == "0xff 0xdeadbeef what0x7f0a1b2c3d4e"


def test_two_processes_give_the_same_feedback() -> None:
    """The representation of an object reads the same whatever its address."""
    one, two = (readable(f"<A object at {hex(id(value))}>".encode()) for value in (object(), [1]))
    assert one == two


@given(st.text(max_size=3000), st.integers(20, 700))
def test_long_values_lose_their_middle(text: str, limit: int) -> None:
    """Both ends are kept, the note says how much is missing, and a short value is untouched."""
    short = shorten(text, limit)
    if len(text) <= limit:
        assert short == text
    else:
        assert short.startswith(text[: limit // 2])
        assert short.endswith(text[-(limit // 2) :])
        assert f"[{len(text) - 2 * (limit // 2)} characters left out]" in short
        assert len(short) <= limit + 60


@given(st.binary(max_size=3000))
def test_any_output_can_be_shown(output: bytes) -> None:
    """Binary junk becomes text that any encoder takes."""
    assert len(readable(output).encode()) <= 4 * (SHOWN + 60)


def test_outputs_of_megabytes_are_cheap_to_show() -> None:
    """Only the ends of a flood are kept."""
    assert len(readable(b"0x7f0a1b2c3d4e " * 1_000_000)) < SHOWN + 100


def test_a_traceback_is_reduced_to_type_message_and_line() -> None:
    """The last line of the program's own, not of the library below it."""
    assert read_traceback(TRACEBACK) == ("ValueError", "invalid literal:\n second line", 3)


def test_a_syntax_error_is_read_alike() -> None:
    """The form without the word Traceback."""
    error, message, line = read_traceback(SYNTAX) or ("", "", None)
    assert (error, line) == ("SyntaxError", 2)
    assert message.startswith("invalid syntax")


def test_text_that_is_no_traceback_is_none() -> None:
    """A program may write anything on its standard error."""
    for text in (b"", b"oh no", b'  File "solution.py", line 3', b"\xff\x00", b'  File "solution.py", line 3\n    indented'):
        assert read_traceback(text) is None


def test_a_line_number_of_any_length_is_no_exception() -> None:
    """What only looks like a traceback is none: its line is no line."""
    text = b'  File "solution.py", line ' + b"9" * 5000 + b", in f\n    x\nValueError: y\n"
    assert read_traceback(text) is None
    assert read_traceback(TRACEBACK + text) is not None


def test_a_fault_reads_as_a_sentence() -> None:
    """Type, message and the line of the source, looked up and stripped; a line that does not exist is left out."""
    assert str(fault("ValueError", "bad", 2, "a\n  b = int(c)\n")) == "ValueError: bad (line 2: b = int(c))"
    assert fault("ValueError", "bad", 99, "a\n") == Fault("ValueError", "bad")
    assert str(Fault("MemoryError")) == "MemoryError"


def test_values_are_written_as_python_writes_them() -> None:
    """Long integers are told by their size, in containers too; addresses are masked."""
    assert written([1, "a", None]) == "[1, 'a', None]"
    assert "characters left out" in written(10**1000)
    assert written(1 << 3_000_000) == "<an integer of 3000001 bits>"
    assert written({"a": (1, {1 << 5000, -1 << 5000})}) == "{'a': (1, {<an integer of 5001 bits>, <an integer of 5001 bits>})}"
    assert written([Fraction(1, 3 << 5000), 2]) == "[<an integer of 5002 bits>, 2]"
    assert written(object()) == "<object object at 0x…>"


def test_signals_have_names() -> None:
    """A negative exit status is a signal, known or not."""
    assert signal_name(-11) == "SIGSEGV"
    assert signal_name(-99) == "signal 99"
