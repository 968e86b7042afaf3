"""Commands that are stopped in the middle, politely or not: nothing half made is taken for whole, nothing is left running."""

import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command import gifmcts, started

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
COLLECT = (
    "cwmb",
    "collect",
    "--envs",
    "RTFM,RTFM-full",
    "--out",
    "sets",
    "--seed",
    "3",
    "--ladder",
    "1,8",
    "--strongest",
    "2",
    "--steps",
    "40",
)
PLAN = ("cwmb", "plan", "reference", "--envs", "RTFM", "--workers", "2", "--json")


def stopped(process: "subprocess.Popen[str]", number: signal.Signals) -> list[str]:
    """End a command and read what it says; this returns when no process holds its output any more."""
    process.send_signal(number)
    told = process.communicate(timeout=120)[1]
    assert process.returncode == (-number if number is signal.SIGKILL else 130), told
    assert "Traceback" not in told
    return told.splitlines()


@pytest.mark.parametrize("number", ENDINGS, ids=str)
def test_a_collection_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    """After its first set: the command that it names collects the others, and all are what they had been without the stop."""
    process = started(tmp_path, *COLLECT)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("RTFM: ")
    told = stopped(process, number)
    command = COLLECT if number is signal.SIGKILL else tuple(shlex.split(told[-1])[1:])
    if number is not signal.SIGKILL:
        assert command == tuple("RTFM-full" if word == "RTFM,RTFM-full" else word for word in COLLECT)
    (tmp_path / "sets" / ".RTFM-full.npz.1").write_bytes(b"half")
    done = gifmcts(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert gifmcts(tmp_path, *("whole" if word == "sets" else word for word in COLLECT)).returncode == 0
    made, whole = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("sets", "whole"))
    assert made == whole


@pytest.mark.parametrize("number", ENDINGS, ids=str)
def test_planning_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    """While the oracle plays thousands of episodes: its processes end with the command, and what was kept is taken up."""
    process, deadline = started(tmp_path, *PLAN, "--episodes", "3000"), time.monotonic() + 120
    while not list((tmp_path / "cwmb-returns").glob("RTFM.oracle.*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    told = stopped(process, number)
    if number is not signal.SIGKILL:
        assert shlex.split(told[-1]) == ["gifmcts", *PLAN, "--episodes", "3000"]
    resumed = gifmcts(tmp_path, *PLAN, "--episodes", "12")
    fresh = gifmcts(tmp_path, *PLAN, "--episodes", "12", "--cache", "other")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == fresh.stdout
