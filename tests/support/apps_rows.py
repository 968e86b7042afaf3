"""Rows in the form of the data set, small and made up."""

import json
from pathlib import Path

from apps_eval.problem import Case, Json, Problem

SUM = "Print the sum of two numbers.\n\n-----Examples-----\nInput\n1 2\n\nOutput\n3\n\nInput\n5 5\n\nOutput\n10\n"


def row(name: str = "1", **columns: object) -> dict[str, object]:
    """A row of a problem with three tests; columns may be replaced or added."""
    tests = {"inputs": ["1 2\n", "5 5\n", "10 20\n"], "outputs": ["3\n", "10\n", "30\n"]}
    whole: dict[str, object] = {
        "problem_id": name,
        "question": SUM,
        "solutions": json.dumps(["print(sum(map(int, input().split())))"]),
        "input_output": json.dumps(tests),
        "difficulty": "interview",
        "url": "https://example.org/1",
        "starter_code": "",
    }
    return whole | columns


def write_lines(path: Path, *rows: "dict[str, object] | str") -> Path:
    """A jsonl file of rows, or of lines as they are."""
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in rows), encoding="utf-8")
    return path


def stdin_problem(*pairs: tuple[str, str], question: str = "Do it.") -> Problem:
    """A problem whose programs read standard input."""
    return Problem("p", question, tuple(Case(given, expected) for given, expected in pairs))


def call_problem(*pairs: tuple[list[Json], Json], fn_name: str = "f", question: str = "Do it.") -> Problem:
    """A call-based problem."""
    return Problem("p", question, tuple(Case(given, expected) for given, expected in pairs), fn_name=fn_name)
