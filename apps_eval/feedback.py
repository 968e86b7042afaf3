"""What a model may read about a failure: shortened, and free of what differs from process to process."""

import re
import signal
from dataclasses import dataclass
from fractions import Fraction

SHOWN = 600
"""Characters of one value that a prompt shows; the middle of a longer one is left out."""

ERROR_LINES = 10
"""Of an error stream, from its end, as far as ``SHOWN`` characters hold them."""

SHOWN_BITS = 4000
"""Longer integers are told by their size: writing them in base ten takes quadratic time."""

_ADDRESS = re.compile(r"(?<=\bat )0x[0-9a-fA-F]+|\b0x[0-9a-fA-F]{9,16}\b")
_LIBRARY = re.compile(r"\(/[^()\n]*\.(?:py|so)\)")
_FRAME = re.compile(r'^ {2,}File "(?P<file>[^"\n]*)", line (?P<line>\d{1,9})(?!\d)')


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that left a program: what a traceback's reader looks for."""

    error: str
    message: str = ""
    line_number: int | None = None
    """Counted from 1 in the program's source."""
    line: str = ""

    def __str__(self) -> str:
        text = f"{self.error}: {self.message}" if self.message else self.error
        if self.line_number is None:
            return text
        place = f"line {self.line_number}: {self.line}" if self.line else f"line {self.line_number}"
        return f"{text} ({place})"


def shorten(text: str, limit: int = SHOWN) -> str:
    """The text, or its two ends around a note of how many characters were left out."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} … [{len(text) - 2 * half} characters left out] … {text[-half:]}"


def mask(text: str) -> str:
    """The text with memory addresses written as ``0x…``, and without the places of libraries on this machine."""
    return _LIBRARY.sub("(…)", _ADDRESS.sub("0x…", text))


def readable(output: bytes) -> str:
    """What a program wrote, masked and shortened; bytes that are no text become replacement characters."""
    return _masked_ends(output.decode("utf-8", "replace"))


def last_lines(stderr: bytes) -> str:
    """The end of what a program wrote to its error stream, masked."""
    text = stderr[-4 * SHOWN :].decode("utf-8", "replace").strip()
    return mask("\n".join(text.splitlines()[-ERROR_LINES:]))[-SHOWN:]


def _masked_ends(text: str) -> str:
    # Only the two ends are shown, so only they are masked; the slack keeps an address at the cut whole.
    if len(text) > 4 * SHOWN:
        text = f"{mask(text[: 2 * SHOWN])}{text[2 * SHOWN : -2 * SHOWN]}{mask(text[-2 * SHOWN :])}"
        return shorten(text)
    return shorten(mask(text))


def written(value: object) -> str:
    """A value as Python writes it, masked and shortened; an integer of more than ``SHOWN_BITS`` bits is told by its size."""
    try:
        text = repr(_sized(value) if _holds_long(value) else value)
    except RecursionError:
        text = "(a value nested too deeply to be shown)"
    except (ArithmeticError, LookupError, TypeError, ValueError, MemoryError):
        text = "(a value that cannot be shown)"
    return _masked_ends(text)


@dataclass(frozen=True, slots=True)
class _LongInteger:
    """Stands for an integer that is too long to be written."""

    bits: int
    place: int
    """Keeps apart the members of a set and the keys of a dictionary."""

    def __repr__(self) -> str:
        return f"<an integer of {self.bits} bits>"


def _bits(value: object) -> int:
    if isinstance(value, int):
        return value.bit_length()
    if isinstance(value, Fraction):
        return max(value.numerator.bit_length(), value.denominator.bit_length())
    return 0


def _holds_long(value: object) -> bool:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif _bits(value) > SHOWN_BITS:
            return True
    return False


def _sized(value: object, place: int = 0) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)([_sized(item, index) for index, item in enumerate(value)])
    if isinstance(value, dict):
        return {_sized(key, index): _sized(item) for index, (key, item) in enumerate(value.items())}
    bits = _bits(value)
    return _LongInteger(bits, place) if bits > SHOWN_BITS else value


def read_traceback(stderr: bytes, filename: str = "solution.py") -> tuple[str, str, int | None] | None:
    """Type, message and the program's last line of the exception at the end of standard error; ``None`` when there is none."""
    lines = stderr.decode("utf-8", "replace").splitlines()
    frames = [(index, match) for index, line in enumerate(lines) if (match := _FRAME.match(line))]
    if not frames:
        return None
    rest = [index for index in range(frames[-1][0] + 1, len(lines)) if lines[index][:1].strip()]
    if not rest:
        return None
    error, _, message = "\n".join(lines[rest[0] :]).partition(":")
    numbers = [int(match["line"]) for _, match in frames if match["file"] == filename]
    return error.strip(), message.strip(), numbers[-1] if numbers else None


def fault(error: str, message: str, number: int | None, source: str) -> Fault:
    """A masked, shortened fault whose line is looked up in the source."""
    lines = source.splitlines()
    if number is not None and not 0 < number <= len(lines):
        number = None
    line = lines[number - 1].strip() if number else ""
    return Fault(shorten(mask(error), 200), shorten(mask(message)), number, shorten(line, 200))


def signal_name(exit_code: int) -> str:
    """The name of the signal that a negative exit status stands for."""
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
