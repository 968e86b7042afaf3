"""Calls a function of the program, or a method of its class ``Solution``."""

import json
import sys
from types import ModuleType
from typing import Any

from sandbox.tagged import encode, unpack


def load(program: Any) -> dict[str, Any]:
    """Run the program once; its names are the state."""
    main = ModuleType("__main__")
    main.__dict__["__file__"] = program.filename
    sys.modules["__main__"] = main
    exec(program.code, main.__dict__)
    return main.__dict__


def step(names: dict[str, Any], data: bytes) -> bytes:
    """Call with the arguments and return the tagged result."""
    request = json.loads(data)
    solution = names.get("Solution")
    owner = solution() if isinstance(solution, type) else None
    name = request["function"]
    function = names[name] if owner is None else getattr(owner, name)
    return encode(function(*unpack(request["arguments"])))
