"""Small gradings for tests: programs, problems, and what a folder of a grading holds."""

import json
import subprocess
import time
from pathlib import Path

from apps_rows import row, write_lines

RIGHT = "print(sum(map(int, input().split())))"
WRONG = "print(0)"
BROKEN = "print("
EXITS = "print(sum(map(int, input().split())))\nexit()"
"""Right to a judge; the reference scorer knows no ``exit``."""
LOOSE = "print(*[sum(map(int, input().split()))] * 2)"
"""The right number twice: the reference scorer ignores how often a token comes."""


def data(place: Path, *names: str) -> Path:
    """A file of problems that ask for the sum of two numbers."""
    return write_lines(place / "problems.jsonl", *(row(name) for name in names))


def programs(place: Path, *items: "tuple[str, str] | str", name: str = "programs.jsonl") -> Path:
    """A file of programs: pairs of problem and source, or lines as they are."""
    rows: list[dict[str, object] | str] = [item if isinstance(item, str) else {"problem_id": item[0], "source": item[1]} for item in items]
    return write_lines(place / name, *rows)


def lines(file: Path) -> list[dict[str, object]]:
    """The rows of a jsonl file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def executions(folder: Path) -> list[tuple[str, str, str]]:
    """What a log holds, sorted: problem, program and mode."""
    return sorted(_key(line["row"]) for line in lines(folder / "log.jsonl"))


def _key(found: object) -> tuple[str, str, str]:
    assert isinstance(found, dict)
    return found["problem"], found["program"], found["mode"]


def wait_for_executions(folder: Path, count: int, process: "subprocess.Popen[str]") -> None:
    """Return when a log holds that many executions, while its process is alive."""
    wait_for_lines(folder / "log.jsonl", count, process)


def wait_for_lines(file: Path, count: int, process: "subprocess.Popen[str]") -> None:
    """Return when a file has that many lines, while the process that writes it is alive."""
    deadline = time.monotonic() + 120
    while not file.is_file() or file.read_bytes().count(b"\n") < count:
        assert process.poll() is None, "the command ended before it was to be stopped"
        assert time.monotonic() < deadline, f"fewer than {count} lines in {file} after two minutes"
        time.sleep(0.01)
