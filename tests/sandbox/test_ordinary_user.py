"""The jail of a user who is not root, full and reduced, and root under an interpreter that others cannot read."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox

NOBODY = 65534
SUPPORT = Path(__file__).parents[1] / "support"
MODULES = ("attack.py", "attacks.py", "attacks_on_resources.py", "attacks_on_walls.py", "honest_programs.py", "run_attacks.py")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A directory that everybody can read, with the sandbox and the attacks in it and nothing else."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        directory = Path(name)
        shutil.copytree(Path(sandbox.__file__).parent, directory / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
        for module in MODULES:
            shutil.copy(SUPPORT / module, directory)
        for path in [directory, *directory.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield directory


def _interpreter() -> str:
    """An interpreter that an ordinary user can run; skips the test where there is none."""
    if os.geteuid() != 0:
        return sys.executable
    for minor in (13, 12, 11):
        for path in (f"/usr/bin/python3.{minor}", f"/usr/local/bin/python3.{minor}"):
            if Path(path).exists() and _readable(Path(path).resolve()):
                return path
    pytest.skip("no interpreter of 3.11 to 3.13 stands where an ordinary user can read it")


def _readable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def _run(place: Path, *features: str) -> dict[str, object]:
    identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    command = [_interpreter(), str(place / "run_attacks.py"), *features]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120, check=False, **identity)  # type: ignore[call-overload]
    if "IsolationRefused" in done.stderr:
        pytest.skip(f"this machine offers no isolation to an ordinary user: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_all_attacks_fail_in_an_ordinary_users_full_jail(place: Path) -> None:
    """Every attack and every honest program ends as it should without root."""
    found = _run(place, "namespaces", "landlock", "seccomp")
    assert found["user"] != 0
    if found["level"] != "full":
        pytest.skip("this machine refuses user namespaces")
    assert found["wrong"] == {}
    assert found["run"] > 100  # type: ignore[operator]


def test_all_attacks_fail_in_the_reduced_jail(place: Path) -> None:
    """The same where user namespaces are refused, but for what only namespaces can hide."""
    found = _run(place, "landlock", "seccomp")
    assert (found["level"], found["wrong"]) == ("reduced", {})
