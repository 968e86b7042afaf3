"""Interpreters that every user may run."""

import os
import sys
from pathlib import Path

import pytest


def everybodys_interpreter() -> str:
    """One of this version that an ordinary user can run, since libraries are built for one; skips the test where there is none."""
    if os.geteuid() != 0:
        return sys.executable
    name = f"python3.{sys.version_info.minor}"
    for path in (Path("/usr/bin") / name, Path("/usr/local/bin") / name):
        if path.exists() and _readable(path.resolve()):
            return str(path)
    pytest.skip(f"no {name} stands where an ordinary user can read it")


def _readable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)
