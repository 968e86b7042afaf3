"""The tables of system calls against the kernel's headers, where those are installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.jail import machines

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(machines.CAVEATS))
def test_a_table_is_what_the_headers_say(name: str) -> None:
    """Written anew, the table comes out the same, letter for letter."""
    script = ROOT / "tools" / "system_calls.py"
    done = subprocess.run([sys.executable, str(script), name], capture_output=True, text=True, check=False)
    if done.returncode and "install" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    assert done.stdout == Path(machines.__file__).with_name(f"numbers_{name}.py").read_text()


def test_a_machine_without_a_table_is_not_guessed() -> None:
    """Only what has a table is loaded."""
    with pytest.raises(KeyError):
        machines.load("riscv64")


def test_what_was_never_run_says_so() -> None:
    """The machine on which the attacks are run has no caveat, the other has one."""
    assert machines.load("x86_64").caveat == ""
    assert "never run" in machines.load("aarch64").caveat
