"""A jail for untrusted programs that knows no right answer."""

from importlib import import_module
from typing import TYPE_CHECKING

from sandbox.errors import IsolationRefused, JailBroken, SandboxError
from sandbox.types import Job, Level, Limits, Outcome, Sandbox, Sharing, Status

if TYPE_CHECKING:
    from sandbox.drivers import CALL, SCRIPT, TAGGED, call_input
    from sandbox.pool import Jail
    from sandbox.surveying import Survey, survey

__all__ = [
    "CALL",
    "SCRIPT",
    "TAGGED",
    "IsolationRefused",
    "Jail",
    "JailBroken",
    "Job",
    "Level",
    "Limits",
    "Outcome",
    "Sandbox",
    "SandboxError",
    "Sharing",
    "Status",
    "Survey",
    "call_input",
    "survey",
]

_LATER = {
    "CALL": "drivers",
    "SCRIPT": "drivers",
    "TAGGED": "drivers",
    "call_input": "drivers",
    "Jail": "pool",
    "Survey": "surveying",
    "survey": "surveying",
}
"""What a supervisor, which is a new process of this package, starts sooner without."""


def __getattr__(name: str) -> object:
    """Import what only the engine needs when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = found
    return found
