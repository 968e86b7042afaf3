"""The installed command as a real process."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

GIFMCTS = str(Path(sys.executable).with_name("gifmcts"))


def environment(**extra: str) -> dict[str, str]:
    """The environment without settings of the user's own."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIFMCTS_")} | {"COLUMNS": "160"} | extra


def gifmcts(place: Path, *words: str, timeout: float = 300, **extra: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end in a folder."""
    return subprocess.run(
        [GIFMCTS, *words], cwd=place, env=environment(**extra), capture_output=True, text=True, timeout=timeout, check=False
    )


def result(place: Path, *words: str, **extra: str) -> dict[str, object]:
    """The object that a command prints with ``--json``; the command must succeed."""
    done = gifmcts(place, *words, "--json", **extra)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def started(place: Path, *words: str) -> "subprocess.Popen[str]":
    """A command that runs on."""
    return subprocess.Popen([GIFMCTS, *words], cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def attempts(place: Path, run: str) -> int:
    """How many attempts a run has written."""
    files = (place / "runs" / run / "trees").glob("*.jsonl")
    return sum(max(0, file.read_bytes().count(b"\n") - 1) for file in files)


def wait_for_attempts(place: Path, run: str, count: int, process: "subprocess.Popen[str]", seconds: float = 120) -> None:
    """Return when the run has written that many attempts, while its process is alive."""
    deadline = time.monotonic() + seconds
    while attempts(place, run) < count:
        assert process.poll() is None, "the command ended before it was to be stopped"
        assert time.monotonic() < deadline, f"only {attempts(place, run)} attempts after {seconds:g} s"
        time.sleep(0.01)
