"""From one row of the data set to a problem, or to the reason why there is none."""

import json
import re
from collections.abc import Mapping
from typing import Final, cast

import msgspec

from apps_eval.digits import unlimited_digits
from apps_eval.problem import Case, Json, Problem, joined
from sandbox.tagged import MAX_DEPTH, MAX_HEX, MAX_VALUES

LARGE_BYTES: Final = 1 << 20
"""From here on a line is read so as to take little memory."""

LONGEST_ID: Final = 128
"""Characters of a problem's id; it names files."""

NO_TESTS: Final = "no tests"
"""How the reason begins where there is nothing to run."""
UNEQUAL: Final = re.compile(r"\d+ inputs but \d+ outputs")
"""The reason where tests lack one half."""

_ID = re.compile(rf"(?!\.+$)[A-Za-z0-9._-]{{1,{LONGEST_ID}}}")
_WORD = re.compile(r"(?=.*\S)[A-Za-z0-9 _.-]{1,40}")


class BadRow(ValueError):
    """A row that poses no problem; the message is the reason shown in reports."""


def parse(text: str | bytes) -> Json:
    """Read JSON with integers of any length.

    Raises:
        BadRow: the text is not JSON, or is nested too deeply.
    """
    try:
        with unlimited_digits():
            return cast("Json", json.loads(text))
    except UnicodeDecodeError as error:
        raise BadRow(f"not UTF-8 at byte {error.start}") from error
    except ValueError as error:
        raise BadRow(f"not JSON: {error}") from error
    except RecursionError as error:
        raise BadRow("not JSON: nested too deeply") from error


def columns(text: str | bytes) -> Mapping[str, Json]:
    """Read one line of a jsonl file.

    Raises:
        BadRow: the line is not a JSON object.
    """
    plain = text.lstrip(b"\xef\xbb\xbf") if isinstance(text, bytes) else text.lstrip("\ufeff")
    row = _large(plain) if isinstance(plain, bytes) and len(plain) > LARGE_BYTES else parse(plain)
    if not isinstance(row, dict):
        raise BadRow("not a JSON object")
    return row


def _large(line: bytes) -> Json:
    """Read a long line without the text of the whole of it, which one wide character makes four times as large."""
    try:
        return cast("Json", msgspec.json.decode(line))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # What it does not take may be read all the same, such as integers of any length.
        return parse(line)


def row_id(row: Mapping[str, Json]) -> str:
    """The problem's name: ``problem_id``, or ``id`` as in the raw files.

    Raises:
        BadRow: there is none, or it is no name.
    """
    value = row.get("problem_id", row.get("id"))
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise BadRow("neither problem_id nor id")
    # A number that long is not even written.
    if isinstance(value, int) and value.bit_length() > 4 * LONGEST_ID:
        raise BadRow(f"a number of {value.bit_length()} bits is no problem id: at most {LONGEST_ID} characters are allowed")
    if not is_id(str(value)):
        raise BadRow(f"{str(value)[:80]!r} is no problem id: at most {LONGEST_ID} letters, digits, '.', '_' and '-' are allowed")
    return str(value)


def is_id(text: str) -> bool:
    """Whether a text can be a problem's id."""
    return _ID.fullmatch(text) is not None


def read_problem(row: Mapping[str, Json]) -> Problem:
    """Read one row: fields of the data set, unknown columns ignored.

    Raises:
        BadRow: no statement, no tests, unequal numbers of inputs and outputs, or JSON of the wrong form.
    """
    question = _text(row, "question")
    if not question.strip():
        raise BadRow("no statement: the question is empty")
    tests = _tests(row)
    fn_name = tests.get("fn_name") or ""
    if not isinstance(fn_name, str):
        raise BadRow("fn_name is not a text")
    return Problem(
        id=row_id(row),
        question=question,
        cases=_cases(tests, call=bool(fn_name)),
        difficulty=_difficulty(row.get("difficulty")),
        url=_text(row, "url"),
        starter_code=_text(row, "starter_code"),
        fn_name=fn_name,
        solutions=_solutions(row.get("solutions")),
    )


def _difficulty(value: Json) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else "unknown"


def _text(row: Mapping[str, Json], column: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"{column} is not a text")
    return value


def _tests(row: Mapping[str, Json]) -> dict[str, Json]:
    value = row.get("input_output")
    if isinstance(value, str):
        value = _inner(value, "input_output") if value.strip() else None
    if not value:
        raise BadRow(f"{NO_TESTS}: input_output is empty")
    if not isinstance(value, dict):
        raise BadRow("input_output is not a JSON object")
    return value


def _cases(tests: Mapping[str, Json], *, call: bool) -> tuple[Case, ...]:
    inputs, outputs = tests.get("inputs", []), tests.get("outputs", [])
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        raise BadRow("inputs or outputs is not a list")
    if len(inputs) != len(outputs):
        raise BadRow(f"{len(inputs)} inputs but {len(outputs)} outputs")
    if not inputs:
        raise BadRow(f"{NO_TESTS}: the list of inputs is empty")
    if call:
        for index, value in enumerate(inputs):
            if not isinstance(value, list):
                raise BadRow(f"test {index}: the input of a call is not a list of arguments")
            _travels(index, "input", value)
            _travels(index, "output", outputs[index])
        return tuple(map(Case, inputs, outputs))
    return tuple(Case(_stream(index, i), _stream(index, o)) for index, (i, o) in enumerate(zip(inputs, outputs, strict=True)))


def _travels(index: int, name: str, value: Json) -> None:
    """Refuse what could be neither given to a function nor returned by one."""
    level: list[Json] = [value]
    depth = count = 0
    while level:
        count += len(level)
        if depth > MAX_DEPTH - 1 or count > MAX_VALUES // 2:
            raise BadRow(f"test {index}: the {name} of a call is nested too deeply or holds too many values")
        if any(isinstance(item, int) and item.bit_length() > 4 * MAX_HEX for item in level):
            raise BadRow(f"test {index}: the {name} of a call holds an integer that is too long")
        lists = [item for item in level if isinstance(item, list)]
        objects = [item.values() for item in level if isinstance(item, dict)]
        level = [item for items in (*lists, *objects) for item in items]
        depth += 1


def _stream(index: int, value: Json) -> str:
    try:
        return joined(value)
    except TypeError as error:
        raise BadRow(f"test {index}: {error}") from error


def _solutions(value: Json) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _inner(value, "solutions") if value.strip() else []
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(source, str) for source in value):
        raise BadRow("solutions is not a list of texts")
    return tuple(cast("list[str]", value))


def _inner(text: str, column: str) -> Json:
    try:
        return parse(text)
    except BadRow as error:
        raise BadRow(f"{column} is {error}") from error
