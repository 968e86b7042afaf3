"""How a candidate is run under the strict rules: a plain script, or a function of a plain module."""

from typing import Final

from apps_eval.drivers.official import PREAMBLE
from apps_eval.problem import Kind, Problem
from sandbox.drivers import CALL, SCRIPT

# The statements of call-based problems take the imports of the judges they come from for granted: starter code says List[int].
# As built-in names they change neither the source nor its line numbers, and whatever the program defines hides them.
_NAMES: Final = f"""
import builtins as _builtins
{PREAMBLE.replace("import numpy as np", "")}
for _name, _value in list(globals().items()):
    if not _name.startswith("_"):
        _builtins.__dict__.setdefault(_name, _value)
"""

# Every test finds the module as it was written: where one child serves many tests, it is executed anew for each.
_AFRESH: Final = """
_load, _step = load, step

def load(program):
    return program

def step(program, data):
    if program.sharing == "fresh":
        return _step(_load(program), data)
    program.renew()
    names = _load(program)
    try:
        return _step(names, data)
    finally:
        program.leave(names)
"""

_CALL: Final = _NAMES + CALL + _AFRESH


def driver(problem: Problem) -> str:
    """The driver text for a problem."""
    return _CALL if problem.kind is Kind.CALL else SCRIPT
