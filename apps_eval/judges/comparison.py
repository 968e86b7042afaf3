"""A strict comparison together with what a model may read of it."""

from dataclasses import dataclass

from apps_eval.feedback import Fault, readable, written
from apps_eval.problem import Json
from apps_eval.rules.strict import same_output, same_result
from sandbox.tagged import decode

NO_RESULT = Fault("no result", "the function's return value could not be read")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether two values are the same; if not, what was got, or why there was nothing to compare."""

    same: bool
    got: str = ""
    fault: Fault | None = None


def compare_output(stdout: bytes, expected: str) -> Comparison:
    """A program's standard output against the expected text."""
    return Comparison(True) if same_output(stdout, expected) else Comparison(False, readable(stdout))


def compare_result(reply: bytes, expected: Json) -> Comparison:
    """A function's tagged result against the stored output."""
    try:
        value = decode(reply)
    except ValueError:
        return Comparison(False, fault=NO_RESULT)
    return Comparison(True) if same_result(value, expected) else Comparison(False, written(value))
