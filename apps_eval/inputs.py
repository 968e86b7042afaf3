"""What a program is given in one test, as bytes for the jail: never anything of what is expected."""

from apps_eval.problem import Json, Kind, Problem
from apps_eval.rules import official
from sandbox.drivers import call_input


def program_input(problem: Problem, test: int) -> bytes:
    """Standard input, or the call with integer keys restored in every argument that is a dictionary."""
    if problem.kind is Kind.STDIN:
        return _text(problem, test)
    return call_input(problem.fn_name, [_restored(argument) for argument in problem.arguments(test)])


def official_input(problem: Problem, test: int) -> bytes:
    """The same as the reference scorer gives it: only a first argument is restored, and then stands alone."""
    if problem.kind is Kind.STDIN:
        return _text(problem, test)
    return call_input(problem.fn_name, official.arguments(problem.arguments(test)))


def _text(problem: Problem, test: int) -> bytes:
    return problem.stdin(test).encode("utf-8", "surrogatepass")


def _restored(argument: Json) -> object:
    if not isinstance(argument, dict):
        return argument
    restored = official.integer_keys(argument)
    return argument if restored is None else restored
