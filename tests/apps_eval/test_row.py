"""Rows of the data set, good and bad."""

import json
import sys

import pytest
from apps_rows import row

from apps_eval.inputs import program_input
from apps_eval.problem import Kind
from apps_eval.row import LARGE_BYTES, BadRow, columns, parse, read_problem
from sandbox.tagged import MAX_DEPTH


def packed(**parts: object) -> str:
    """The text of an ``input_output`` column."""
    return json.dumps(parts)


def nested(levels: int) -> object:
    """A list or a dictionary in another, so many of them."""
    value: object = 1
    for level in range(levels):
        value = [value] if level % 2 else {"k": value}
    return value


def test_a_good_row_becomes_a_problem() -> None:
    """Every column of the data set arrives, and unknown columns are ignored."""
    problem = read_problem(row("2361", whatever=[1, 2]))
    assert (problem.id, problem.difficulty, problem.kind) == ("2361", "interview", Kind.STDIN)
    assert (len(problem.cases), len(problem.solutions)) == (3, 1)
    assert problem.stdin(2) == "10 20\n"
    assert problem.stdout(2) == "30\n"


def test_the_raw_files_name_the_id_differently() -> None:
    """``id`` as a number serves where ``problem_id`` is missing."""
    cells = row()
    del cells["problem_id"]
    assert read_problem(cells | {"id": 17}).id == "17"


def test_lists_of_lines_are_joined() -> None:
    """An input or output given as a list of lines is one text."""
    problem = read_problem(row(input_output=packed(inputs=[["1 2", "3"]], outputs=[["3", ""]])))
    assert (problem.stdin(0), problem.stdout(0)) == ("1 2\n3", "3\n")


def test_columns_may_be_objects_already() -> None:
    """Tests and solutions need not be JSON inside JSON."""
    problem = read_problem(row(input_output={"fn_name": "f", "inputs": [[1, 2]], "outputs": [3]}, solutions=["pass"]))
    assert problem.kind is Kind.CALL
    assert problem.arguments(0) == [1, 2]
    assert problem.solutions == ("pass",)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"input_output": ""}, "no tests"),
        ({"input_output": None}, "no tests"),
        ({"input_output": "{}"}, "no tests"),
        ({"input_output": packed(inputs=[], outputs=[])}, "no tests"),
        ({"input_output": packed(inputs=["1"], outputs=[])}, "1 inputs but 0 outputs"),
        ({"input_output": packed(inputs="1", outputs="1")}, "not a list"),
        ({"input_output": packed(inputs=[7], outputs=["7"])}, "test 0"),
        ({"input_output": packed(inputs=["7", "8"], outputs=["7", [1]])}, "test 1"),
        ({"input_output": packed(fn_name="f", inputs=[7], outputs=[7])}, "not a list of arguments"),
        ({"input_output": packed(fn_name=["f"], inputs=[[7]], outputs=[7])}, "fn_name"),
        ({"input_output": '{"inputs": ["1'}, "input_output is not JSON"),
        ({"input_output": "[1]"}, "not a JSON object"),
        ({"input_output": "[" * 100_000}, "nested too deeply"),
        ({"question": "  "}, "no statement"),
        ({"question": 7}, "question is not a text"),
        ({"solutions": "{"}, "solutions is not JSON"),
        ({"solutions": [1]}, "solutions is not a list of texts"),
        ({"problem_id": None}, "neither problem_id nor id"),
        ({"problem_id": True}, "neither problem_id nor id"),
        ({"problem_id": "../../etc"}, "no problem id"),
        ({"problem_id": ".."}, "no problem id"),
        ({"problem_id": "7" * 129}, "no problem id"),
        ({"problem_id": 10**10_000}, "no problem id"),
        ({"input_output": {"fn_name": "f", "inputs": [[nested(900)]], "outputs": [1]}}, "test 0: the input of a call is nested"),
        ({"input_output": {"fn_name": "f", "inputs": [[1]], "outputs": [nested(900)]}}, "test 0: the output of a call is nested"),
        ({"input_output": {"fn_name": "f", "inputs": [[1 << 5_000_000]], "outputs": [1]}}, "integer that is too long"),
    ],
)
def test_a_bad_row_says_why(changed: dict[str, object], reason: str) -> None:
    """Each kind of malformed row is refused with its own reason."""
    with pytest.raises(BadRow, match=reason):
        read_problem(row(**changed))


@pytest.mark.parametrize("line", [b"", b"[]", b"7", b'{"a": ', b"\xff\xfe", b'"\\ud800"', b"[" * 100_000])
def test_a_line_that_is_no_row_is_refused(line: bytes) -> None:
    """Broken JSON, broken UTF-8, values that are no objects, and deep nesting are refused alike."""
    with pytest.raises(BadRow):
        columns(line)


def test_a_byte_order_mark_is_no_data() -> None:
    """A file saved with a byte order mark is read."""
    assert columns(b'\xef\xbb\xbf{"a": 1}') == columns('\ufeff{"a": 1}') == {"a": 1}


def test_integers_of_ten_thousand_digits_are_read_and_the_limit_stays() -> None:
    """The limit on digits is lifted for the reading and then is as it was."""
    before = sys.get_int_max_str_digits()
    value = parse("[" + "7" * 10_000 + "]")
    assert isinstance(value, list)
    assert value[0] % 10 == 7
    assert sys.get_int_max_str_digits() == before
    with pytest.raises(BadRow):
        parse("{")
    assert sys.get_int_max_str_digits() == before


@pytest.mark.parametrize("odd", ['"\\ud800"', "NaN", "1" * 5000, "1e999", '"\\u2264"', "[1.5, null, true]", "18446744073709551616"])
def test_a_long_line_is_read_as_a_short_one(odd: str) -> None:
    """Whatever it holds; and refused for the same reason."""
    text = f'{{"question": "%s", "odd": {odd}, "id": 1}}'
    short, long = columns((text % "x").encode()), columns((text % ("x" * LARGE_BYTES)).encode())
    assert list(long) == list(short)
    assert type(long["odd"]) is type(short["odd"])
    assert long["odd"] == short["odd"] or odd == "NaN"
    for bad in (b"\xff", b"{", b"[" * 100_000):
        with pytest.raises(BadRow) as reason:
            columns(b" " * LARGE_BYTES + bad)
        assert "not JSON" in str(reason.value) or "not UTF-8" in str(reason.value)


def test_what_is_not_refused_can_be_given_to_a_function() -> None:
    """The deepest arguments that a row may hold are encoded."""
    deepest = MAX_DEPTH - 2
    problem = read_problem(row(input_output={"fn_name": "f", "inputs": [[nested(deepest)]], "outputs": [1]}))
    assert program_input(problem, 0)
    with pytest.raises(BadRow, match="nested too deeply"):
        read_problem(row(input_output={"fn_name": "f", "inputs": [[nested(deepest + 1)]], "outputs": [1]}))


@pytest.mark.parametrize(
    ("difficulty", "group"),
    [
        ("very hard_1.5-x", "very hard_1.5-x"),
        ("a\nb", "unknown"),
        ("<b>", "unknown"),
        ("x" * 41, "unknown"),
        (" ", "unknown"),
        (7, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_difficulty_is_a_plain_word(difficulty: object, group: str) -> None:
    """Anything else is unknown."""
    assert read_problem(row(difficulty=difficulty)).difficulty == group
