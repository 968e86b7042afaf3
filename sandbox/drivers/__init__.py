"""The shipped drivers, as texts, and the contract that every driver keeps.

A driver is Python source that runs in the child, in a module of its own, as untrusted as the program. It defines

``load(program) -> state``
    called once in a child before its first input. ``program`` has ``source``, ``filename`` and ``code``, the program
    compiled under that file name and not yet run, and ``sharing``. ``run()`` runs it as a script; ``renew()`` before a run
    and ``leave(names)`` after it make every input of a shared child find what the first one found.
``step(state, data: bytes) -> bytes | None``
    called for each input. ``data`` is the input, which also stands at descriptor 0 and ``sys.stdin``; what is
    written to descriptors 1 and 2 is the outcome's ``stdout`` and ``stderr``; what is returned is its ``result``.

An exception that leaves either ends that input as ``error`` with a traceback that begins at the program's first frame.
``SystemExit`` means what it means to a script. After an exception in ``load`` the next input gets a new child. With
``Sharing.SHARED`` and ``Sharing.SESSION`` the standard streams are new for each input and everything else is kept.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from sandbox.tagged import pack

_HERE = Path(__file__).parent

TAGGED = _HERE.with_name("tagged.py").read_text(encoding="utf-8")
"""Encoder and decoder of tagged values, to be put in front of a driver that wants them."""

SCRIPT = (_HERE / "script.py").read_text(encoding="utf-8")
"""Runs the program as a script whose standard input is the input; in a shared child with fresh globals for each."""

CALL = (_HERE / "call.py").read_text(encoding="utf-8").replace("from sandbox.tagged import encode, unpack\n", TAGGED)
"""Calls a function of the program: input ``{"function": name, "arguments": tagged list}``, result a tagged value."""


def call_input(function: str, arguments: Iterable[object]) -> bytes:
    """The input of ``CALL``: call this function with these arguments."""
    return json.dumps({"function": function, "arguments": pack(list(arguments))}, separators=(",", ":")).encode("ascii")
