"""The jail of a user who is not root, full and reduced, and of root under the system's own interpreter."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from interpreters import everybodys_interpreter

NOBODY = 65534
SUPPORT = Path(__file__).parents[1] / "support"
MODULES = ("run_attacks.py", "honest_programs.py", "meeting.py", *(path.name for path in SUPPORT.glob("attack*.py")))
LIBRARIES = ("multiprocess", "_multiprocess", "dill")
"""What the trusted side imports beside the standard library."""
FULL, REDUCED = ("namespaces", "landlock", "seccomp"), ("landlock", "seccomp")
WHOLE = pytest.mark.attack_full


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A virtual environment that everybody can read, with the sandbox and the attacks beside it and nothing else."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        directory = Path(name)
        for package in ("sandbox", *LIBRARIES):
            if (spec := find_spec(package)) is not None and spec.submodule_search_locations:
                source = spec.submodule_search_locations[0]
                shutil.copytree(source, directory / package, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        for module in MODULES:
            shutil.copy(SUPPORT / module, directory)
        environment = [everybodys_interpreter(), "-m", "venv", "--without-pip", str(directory / "environment")]
        subprocess.run(environment, check=True, env={"PATH": "/usr/bin:/bin"}, capture_output=True)
        for path in [directory, *directory.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        yield directory


def _run(place: Path, part: str, features: tuple[str, ...], *, root: bool) -> dict[str, object]:
    if root and os.geteuid() != 0:
        pytest.skip("only root can be root")
    identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 and not root else {}
    environment = {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    command = [str(place / "environment" / "bin" / "python"), str(place / "run_attacks.py"), part, *features]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=240, check=False, **identity)  # type: ignore[call-overload]
    if "IsolationRefused" in done.stderr:
        pytest.skip(f"this machine offers no isolation to this user: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    assert (found["user"] == 0) is root
    assert found["run"] > (200 if part == "whole" else 20)  # type: ignore[operator]
    assert found["heard"] == ["True []\n"] * 2
    return found


@pytest.mark.parametrize(("root", "part"), [(False, "smoke"), (True, "smoke"), pytest.param(False, "whole", marks=WHOLE)])
def test_all_attacks_fail_in_a_full_jail(place: Path, root: bool, part: str) -> None:
    """Every attack and every honest program ends as it should, whoever starts it, and no worker hears of another."""
    found = _run(place, part, FULL, root=root)
    if found["level"] != "full":
        pytest.skip("this machine refuses user namespaces")
    assert found["wrong"] == {}


@pytest.mark.parametrize(
    ("root", "part"),
    [(False, "smoke"), (True, "smoke"), pytest.param(False, "whole", marks=WHOLE), pytest.param(True, "whole", marks=WHOLE)],
)
def test_all_attacks_fail_in_the_reduced_jail(place: Path, root: bool, part: str) -> None:
    """The same where user namespaces are refused, but for what only namespaces can hide."""
    found = _run(place, part, REDUCED, root=root)
    assert (found["level"], found["wrong"]) == ("reduced", {})


def test_no_process_outlives_its_job_in_the_reduced_jail(place: Path) -> None:
    """Nor as a zombie, which counts against the limit on threads for as long as the machine's first process lets it lie."""
    assert not _run(place, "smoke", REDUCED, root=False)["left"]
