"""What a model may read about a failure: shortened, and free of what differs from process to process."""

import re
import signal
from dataclasses import dataclass

from apps_eval.digits import unlimited_digits

SHOWN = 600
"""Characters of one value that a prompt shows; the middle of a longer one is left out."""

_ADDRESS = re.compile(r"(?<=\bat )0x[0-9a-fA-F]+|\b0x[0-9a-fA-F]{9,16}\b")
_LIBRARY = re.compile(r"\(/[^()\n]*\.(?:py|so)\)")
_FRAME = re.compile(r'^ {2,}File "(?P<file>[^"\n]*)", line (?P<line>\d+)')


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
    # Only the two ends are shown, so only they are masked; the slack keeps an address at the cut whole.
    text = output.decode("utf-8", "replace")
    if len(text) > 4 * SHOWN:
        text = f"{mask(text[: 2 * SHOWN])}{text[2 * SHOWN : -2 * SHOWN]}{mask(text[-2 * SHOWN :])}"
        return shorten(text)
    return shorten(mask(text))


def written(value: object) -> str:
    """A value as Python writes it, masked and shortened."""
    with unlimited_digits():
        try:
            text = repr(value)
        except RecursionError:
            text = "(a value nested too deeply to be shown)"
    return shorten(mask(text))


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
