"""What a model may read about a failure: shortened, and free of what differs from process to process."""

import re
import signal
from dataclasses import dataclass
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec, Form
from cwmb_eval.transitions import Array
from sandbox.types import Limits, Outcome, Status

SHOWN: Final = 600
"""Characters of one text, at most; the middle of a longer one is left out."""
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_FRAME: Final = re.compile(r'^ {2,}File "solution\.py", line (\d{1,9})(?!\d)', re.MULTILINE)


def shorten(text: str, limit: int = SHOWN) -> str:
    """The text without memory addresses, or its two ends."""
    masked = _ADDRESS.sub("0x…", text)
    return masked if len(masked) <= limit else f"{masked[: limit // 2]} … {masked[-limit // 2 :]}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a program gave no answer: an exception, or a limit that it exceeded."""

    error: str
    message: str = ""
    line_number: int | None = None
    """Counted from 1 in the program's source."""
    line: str = ""
    at: str = ""
    """``build``, ``set_state`` or ``step``; empty where that is unknown."""

    @classmethod
    def of(cls, error: str, message: str, number: int | None, source: str, at: str = "") -> "Fault":
        """A fault whose line is looked up in the source."""
        lines = source.split("\n")
        known = number if number is not None and 0 < number <= len(lines) else None
        where = at if at in ("build", "set_state", "step") else ""
        return cls(shorten(error, 100), shorten(message), known, shorten(lines[known - 1].strip(), 200) if known else "", where)

    def __str__(self) -> str:
        told = f"{self.error}: {self.message}" if self.message else self.error
        place = f" (line {self.line_number}: {self.line})" if self.line_number else ""
        return f"{told}{place}{f', in {_PLACES[self.at]}' if self.at else ''}"


_PLACES: Final = {"build": "building the environment", "set_state": "set_state", "step": "step"}


def fault_of(outcome: Outcome, limits: Limits, source: str) -> Fault:
    """Why an input has no result."""
    match outcome.status:
        case Status.TIME:
            return Fault("time limit", f"more than {limits.cpu_seconds:g} s of processor time; no step may run on for so long")
        case Status.MEMORY:
            return Fault("memory limit", f"more than {limits.memory_bytes >> 20} MiB")
        case Status.OUTPUT:
            return Fault("output limit", f"more than {limits.output_bytes >> 20} MiB were written")
        case Status.CRASH:
            return Fault("crash", f"ended by {_signal(outcome.exit_code)}")
    text = outcome.stderr.decode("utf-8", "replace").rstrip()
    numbers = _FRAME.findall(text)
    error, _, message = (text.splitlines() or [f"exit status {outcome.exit_code}"])[-1].partition(":")
    return Fault.of(error.strip(), message.strip(), int(numbers[-1]) if numbers else None, source)


def _signal(exit_code: int) -> str:
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def written(row: Array, spec: EnvironmentSpec) -> str:
    """An observation as a program meets it."""
    seen = spec.observations
    if not np.isfinite(row.astype(np.float64)).all() and seen.form is not Form.VECTOR:
        return "(nothing of the right form)"
    if seen.form is Form.VECTOR:
        return shorten(f"[{', '.join(f'{value:.7g}' for value in row.tolist())}]")
    numbers = [int(value) if float(value).is_integer() else float(value) for value in row.tolist()]
    if seen.form is Form.INTEGER:
        return str(numbers[0])
    if seen.form is Form.TUPLE:
        return str(tuple(numbers))
    return _grid([seen.words[int(n)] if 0 <= n < len(seen.words) else "(unknown word)" for n in numbers])


def _grid(words: list[str]) -> str:
    """Words without those that say nothing, each with its place."""
    pairs = list(zip(words[::2], words[1::2], strict=False))
    told = [
        f"{divmod(place, 6)}: {first}{f' holding {second}' if second != 'empty' else ''}"
        for place, (first, second) in enumerate(pairs[:36])
    ]
    rest = [f"{first} – {second}" for first, second in pairs[36:]]
    return "; ".join([words for words in told if not words.endswith((": empty", ": wall"))] + rest)


def acted(action: Array, spec: EnvironmentSpec) -> str:
    """An action as a program is given it."""
    return str(int(action[0])) if spec.actions.discrete else shorten(f"[{', '.join(f'{value:.7g}' for value in action.tolist())}]")
