"""The user's main module: a supervisor is a new process, and runs none of it again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import asyncio
from sandbox import SCRIPT, IsolationRefused, Jail, Job
print("once")
async def main():
    async with Jail(workers=1) as jail:
        async for outcome in jail.run(Job("print(6 * 7)", SCRIPT, [b""])):
            print(outcome.stdout.decode(), end="")
try: asyncio.run(main())
except IsolationRefused: print("refused")
"""


def _done(place: Path, *arguments: str, text: str = "") -> str:
    environment = os.environ | {"PYTHONPATH": str(place)}  # a safe path leaves out where it stands
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=place, env=environment, input=text, capture_output=True, text=True, timeout=60, check=False)
    if done.stdout == "once\nrefused\n":
        pytest.skip("this machine offers no isolation")
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("how", ["file", "module", "text", "input"])
def test_a_script_needs_no_guard(how: str, tmp_path: Path) -> None:
    """As a file, a module, an argument and from standard input, what stands outside of any function runs once."""
    (tmp_path / "unguarded.py").write_text(SCRIPT)
    arguments = {"file": ["unguarded.py"], "module": ["-m", "unguarded"], "text": ["-c", SCRIPT], "input": []}[how]
    assert _done(tmp_path, *arguments, text=SCRIPT if how == "input" else "") == "once\n42\n"


def test_a_supervisor_starts_with_little() -> None:
    """It imports neither the event loop nor numpy nor this package's engine side."""
    heavy = {"asyncio", "numpy", "sandbox.pool", "sandbox.worker", "sandbox.drivers"}
    code = f"import sys, sandbox.supervisor; print(sorted({heavy!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
