"""The bundled suite: rows in the form of the data set, whose statements, tests and references agree with one another."""

import ast
import json
import re
from collections import Counter
from importlib.resources import files

import pytest

from apps_eval.problem import Json, Kind, Problem
from apps_eval.row import columns, read_problem

LINES = files("apps_eval").joinpath("mini/problems.jsonl").read_text(encoding="utf-8").splitlines()
PROBLEMS = [read_problem(columns(line)) for line in LINES]
FIELDS = ["problem_id", "question", "solutions", "input_output", "difficulty", "url", "starter_code"]
CALL_EXAMPLE = re.compile(r"^Input: (.+)\nOutput: (.+)$", re.MULTILINE)
STDIN_EXAMPLE = re.compile(r"^Input\n(.+?)\n\nOutput\n(.+?)\n(?=\n|\Z)", re.MULTILINE | re.DOTALL)

each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.id)


def examples(problem: Problem) -> list[tuple[Json, Json]]:
    """The inputs and outputs that the statement shows: texts without outer white space, or arguments and a result."""
    if problem.kind is Kind.STDIN:
        section = problem.question.split("-----Examples-----\n")[1].split("-----Note-----")[0]
        return [(given, expected) for given, expected in STDIN_EXAMPLE.findall(section)]
    return [(literals(given), ast.literal_eval(expected)) for given, expected in CALL_EXAMPLE.findall(problem.question)]


def literals(arguments: str) -> list[Json]:
    """The values in ``x = 1, y = [2]``."""
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    return [ast.literal_eval(keyword.value) for keyword in call.keywords]


def shown(problem: Problem, index: int) -> tuple[Json, Json]:
    """One test as a statement would show it."""
    if problem.kind is Kind.STDIN:
        return problem.stdin(index).strip(), problem.stdout(index).strip()
    return problem.arguments(index), problem.cases[index].expected


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_rows_have_the_fields_of_the_data_set(line: str) -> None:
    """Every row has the seven fields in their types, is small, and holds its solutions and tests as JSON texts."""
    row = json.loads(line)
    assert list(row) == FIELDS
    assert type(row["problem_id"]) is int
    assert {type(row[field]) for field in FIELDS[1:]} == {str}
    assert len(line.encode()) <= 20_000
    tests = json.loads(row["input_output"])
    assert set(tests) - {"fn_name"} == {"inputs", "outputs"}
    assert type(json.loads(row["solutions"])) is list


def test_ids_are_unique_and_in_order() -> None:
    """Problems are numbered from 0, so that a selection by id means the same everywhere."""
    assert [problem.id for problem in PROBLEMS] == [str(index) for index in range(len(PROBLEMS))]


def test_the_suite_covers_levels_and_kinds() -> None:
    """Six problems of each level; several call-based, one with a class, one with a dictionary, one with nested lists."""
    assert Counter(problem.difficulty for problem in PROBLEMS) == {"introductory": 6, "interview": 6, "competition": 6}
    calls = [problem for problem in PROBLEMS if problem.kind is Kind.CALL]
    firsts = [problem.arguments(0)[0] for problem in calls]
    assert len(calls) >= 4
    assert sum("class Solution" in problem.starter_code for problem in calls) == 1
    assert sum(isinstance(first, dict) for first in firsts) == 1
    assert sum(isinstance(first, list) and isinstance(first[0], list) for first in firsts) == 1


@each_problem
def test_tests_are_many_and_different(problem: Problem) -> None:
    """At least eight tests with different inputs, whose answers do not all agree."""
    inputs = {json.dumps(case.input) for case in problem.cases}
    answers = {json.dumps(case.expected) for case in problem.cases}
    assert len(inputs) == len(problem.cases) >= 8
    assert len(answers) >= 4


@each_problem
def test_streams_end_with_a_newline_and_expect_something(problem: Problem) -> None:
    """What a program reads and writes are whole lines; a test never expects silence."""
    if problem.kind is Kind.CALL:
        assert all(case.expected is not None for case in problem.cases)
        return
    for index in range(len(problem.cases)):
        assert problem.stdin(index).endswith("\n")
        assert problem.stdout(index).endswith("\n")
        assert problem.stdout(index).strip()


@each_problem
def test_examples_are_the_first_tests(problem: Problem) -> None:
    """The statement shows at least two examples, and they are the first tests, outputs included."""
    found = examples(problem)
    assert len(found) >= 2
    assert found == [shown(problem, index) for index in range(len(found))]


@each_problem
def test_statements_have_their_sections(problem: Problem) -> None:
    """A statement for standard input has the sections of the data set; one for calls names the function, as does its starter code."""
    if problem.kind is Kind.STDIN:
        sections = re.findall(r"^-----(\w+)-----$", problem.question, re.MULTILINE)
        assert sections[:3] == ["Input", "Output", "Examples"]
        assert problem.starter_code == ""
    else:
        assert f"def {problem.fn_name}(" in problem.starter_code
        assert "Solution" in problem.starter_code or f"`{problem.fn_name}(" in problem.question


@each_problem
def test_references_are_several_and_different(problem: Problem) -> None:
    """Three to five references, no two of which are the same program, a long one among them and one clearly shorter."""
    programs = {ast.dump(ast.parse(source)) for source in problem.solutions}
    assert len(programs) == len(problem.solutions)
    assert 3 <= len(programs) <= 5
    lengths = sorted(source.count("\n") for source in problem.solutions)
    assert lengths[0] + 5 <= lengths[-1] >= 20


@each_problem
def test_references_compile_and_define_what_is_called(problem: Problem) -> None:
    """Every reference is a plain script, and for a call it defines the function, in a class where the starter code has one."""
    for source in problem.solutions:
        tree = ast.parse(source)
        compile(tree, "<reference>", "exec")
        if problem.kind is Kind.CALL:
            scopes = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Solution")]
            named = [node for node in scopes[-1] if isinstance(node, ast.FunctionDef) and node.name == problem.fn_name]
            assert len(named) == 1
            assert ("class Solution" in source) == ("class Solution" in problem.starter_code)


@each_problem
def test_references_run_inside_the_reference_wrapper_too(problem: Problem) -> None:
    """At least two references have neither a main guard nor a global statement nor raw buffers, which the reference scorer breaks."""
    plain = [source for source in problem.solutions if not re.search(r"__main__|^\s*global |\.buffer|\bexit\(", source, re.MULTILINE)]
    assert len(plain) >= 2
