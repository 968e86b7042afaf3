"""What can go wrong with the jail itself; a program that fails is an ``Outcome``, never one of these.

SandboxError
├── IsolationRefused   the machine offers no isolation and the user did not waive it
└── JailBroken         a supervisor, zygote or runner died or answered nonsense, twice for the same input
"""


class SandboxError(Exception):
    """The jail failed; nothing is known about the program."""


class IsolationRefused(SandboxError):
    """This machine cannot isolate untrusted programs and the user did not say ``--unsafe-no-isolation``."""


class JailBroken(SandboxError):
    """A supervisor, zygote or runner died or answered nonsense, and again on a fresh one."""
