"""Programs on which the reference scorer is known to be wrong."""

import subprocess
import sys
from pathlib import Path

from command import environment

SCRIPT = Path(__file__).parents[3] / "tools" / "rule_probes.py"


def test_both_rule_sets_say_what_is_written_down(tmp_path: Path) -> None:
    """The official rules repeat the reference scorer's mistakes, the strict rules make none of them."""
    done = subprocess.run([sys.executable, str(SCRIPT)], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, "UNEXPECTED" in done.stdout) == (0, False), done.stdout + done.stderr
    rows = [line[42:].split()[:2] for line in done.stdout.splitlines()[1:]]
    assert rows.count(["pass", "wrong"]) >= 6
    assert sum(row[0] != "pass" and row[1] == "pass" for row in rows) >= 8
