"""Interpreters that every user may run."""

import os
import sys
from pathlib import Path

import pytest


def everybodys_interpreter() -> str:
    """An interpreter that an ordinary user can run; skips the test where there is none."""
    if os.geteuid() != 0:
        return sys.executable
    for minor in sorted((13, 12, 11), key=lambda minor: minor != sys.version_info.minor):
        for path in (f"/usr/bin/python3.{minor}", f"/usr/local/bin/python3.{minor}"):
            if Path(path).exists() and _readable(Path(path).resolve()):
                return path
    pytest.skip("no interpreter of 3.11 to 3.13 stands where an ordinary user can read it")


def _readable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)
