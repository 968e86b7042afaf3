"""What a grading holds in memory is bounded by the largest row, never by how many rows or programs there are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import environment
from grading_folders import RIGHT

MEASURED = """
import pathlib, re, sys
from gifmcts.cli import main
status = main(sys.argv[1:])
print(status, int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024, file=sys.stderr)
"""
ALLOWED = 70 + 2 * 3 * 40
"""Peak resident memory in MB: the command's own, and two of the largest rows, each as a line, as tests, and as what the jail is sent."""


def peak(place: Path, *words: str) -> tuple[dict[str, object], int]:
    """What the command prints, and the peak of its own process in MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words, "--json"], cwd=place, env=environment(), capture_output=True, text=True, check=False
    )
    if "offers no isolation" in done.stderr:
        pytest.skip("this machine offers no isolation")
    status, megabytes = done.stderr.split()[-2:]
    assert status == "0", done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found, int(megabytes)


def problem(number: int, size: int) -> str:
    """A row with four tests of about so many bytes together, and a character that is wide in memory."""
    padding = "x" * (size // 8)
    tests = {"inputs": [f"1 2\n{padding}"] * 4, "outputs": [f"3{' ' * len(padding)}"] * 4}
    row = {"id": number, "question": "Sum \U0001f600.", "input_output": json.dumps(tests), "difficulty": "interview"}
    return json.dumps(row, ensure_ascii=False)


@pytest.mark.slow
def test_a_large_file_of_problems_is_streamed(tmp_path: Path) -> None:
    """Hundreds of megabytes, with two rows of 40 MB side by side and one bad line."""
    ordinary = problem(0, 200_000).removeprefix('{"id": 0')
    with (tmp_path / "problems.jsonl").open("w", encoding="utf-8") as file:
        for number in range(1500):
            line = problem(number, 40 << 20) if number in (7, 8) else f'{{"id": {number}{ordinary}'
            file.write("{bad\n" if number == 9 else line + "\n")
    with (tmp_path / "programs.jsonl").open("w") as file:
        for number in range(20):
            file.write(json.dumps({"problem_id": number, "source": RIGHT}) + "\n")
    found, megabytes = peak(tmp_path, "grade", "programs.jsonl", "--data", "problems.jsonl", "--rules", "strict")
    assert (found["problems"], found["strict_accuracy"]) == (19, 1.0)
    assert (found["unscorable"], found["unknown_problems"]) == ({"line-10": found["unscorable"]["line-10"]}, {"9": 1})  # type: ignore[index]
    assert megabytes < ALLOWED


@pytest.mark.slow
def test_many_programs_take_no_more_than_few(tmp_path: Path) -> None:
    """A hundred megabytes of them, as rows and in the original form."""
    (tmp_path / "problems.jsonl").write_text(problem(0, 1000) + "\n", encoding="utf-8")
    filler = "# a line that is no program\n" * 18
    with (tmp_path / "few.jsonl").open("w") as few, (tmp_path / "many.jsonl").open("w") as many:
        few.write(json.dumps({"problem_id": 0, "source": RIGHT}) + "\n")
        many.write(json.dumps({"problem_id": 0, "source": RIGHT}) + "\n")
        for number in range(200_000):
            many.write(json.dumps({"problem_id": 1 + number % 5000, "source": f"{filler}print({number})"}) + "\n")
    sources = {str(number): [RIGHT] if number == 0 else [f"{filler}print({number}, {k})" for k in range(40)] for number in range(4000)}
    (tmp_path / "all_codes.json").write_text(json.dumps(sources))
    few_mb, many_mb, original_mb = (
        peak(tmp_path, "grade", name, "--data", "problems.jsonl", "--rules", "strict")[1]
        for name in ("few.jsonl", "many.jsonl", "all_codes.json")
    )
    assert max(many_mb, original_mb) < few_mb + 20
