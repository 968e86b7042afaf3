"""A jail for untrusted programs that knows no right answer."""

from sandbox.drivers import CALL, SCRIPT, TAGGED, call_input
from sandbox.errors import IsolationRefused, JailBroken, SandboxError
from sandbox.pool import Jail
from sandbox.survey import Survey, survey
from sandbox.types import Job, Level, Limits, Outcome, Sandbox, Sharing, Status

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
