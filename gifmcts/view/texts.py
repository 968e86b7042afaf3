"""The texts of an attempt by name: whole for who asks for one, and cut to what a page has room for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gifmcts.records import GradeRow, Header
from gifmcts.types import Attempt
from gifmcts.wording import harmless, printed

LONGEST = 60_000
"""How many characters of one text are shown."""
_LONGEST_NAME = 2_000
"""How many characters are shown of what is no text but stands for something, such as a model or a group."""
_ROOM = 600_000
"""How many characters of texts a page shows in all."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is shown of a text, how many characters are left out, and the address of the whole."""

    shown: str
    left: int
    address: str


def bounded(value: object) -> object:
    """A value as a page prints it: names harmless and cut, markup as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__") and len(value) > _LONGEST_NAME:
        value = f"{value[:_LONGEST_NAME]}…"
    return printed(value)


class Sheet:
    """The room that a page has for the texts of an attempt; ``None`` for those of the problem."""

    def __init__(self, run: str, task: str, attempt: int | None = None) -> None:
        self._address = f"/text/{quote(run, safe='')}/{quote(task, safe='')}"
        self._attempt = {} if attempt is None else {"attempt": str(attempt)}
        self._room = _ROOM

    def cut(self, text: str, name: str) -> Text:
        """The beginning of a text, fit to be shown."""
        length = min(len(text), LONGEST, self._room)
        self._room -= length
        return Text(harmless(text[:length]), len(text) - length, f"{self._address}?{urlencode({**self._attempt, 'name': name})}")


def texts(header: Header, attempt: Attempt | None, grade: GradeRow | None) -> Mapping[str, str]:
    """Every text of a problem and of one of its attempts, whole, by name."""
    found = {f"field {key}": text for key, text in header.fields.items()}
    return found if attempt is None else found | dict(_of_attempt(header, attempt, grade))


def _of_attempt(header: Header, attempt: Attempt, grade: GradeRow | None) -> Iterator[tuple[str, str]]:
    if attempt.program is not None:
        yield "program", attempt.program.source
    if broken := attempt.evaluation.broken:
        place = "" if broken.line_number is None else f" (line {broken.line_number})"
        yield "broken", f"{broken.error}: {broken.message}{place}"
    for number, check in enumerate(attempt.evaluation.checks):
        for key, text in {**header.cases.get(check.name, {}), **check.detail}.items():
            yield f"test {number} {key}", text
    yield "stderr", _stderr(attempt, grade)
    yield "answer", attempt.completion.text
    yield "reasoning", attempt.completion.reasoning
    yield from ((f"message {number}", message.content) for number, message in enumerate(attempt.chat))


def _stderr(attempt: Attempt, grade: GradeRow | None) -> str:
    """The end of the error stream of the first failed test that wrote to it."""
    if attempt.footprint and attempt.footprint.stderr:
        return attempt.footprint.stderr
    return next((check.footprint.stderr for check in grade.checks if check.footprint and check.footprint.stderr), "") if grade else ""
