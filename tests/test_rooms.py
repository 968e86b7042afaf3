"""What the rooms may not speak of, beside what the law of imports keeps apart."""

import re
from pathlib import Path

import gifmcts
import sandbox
from cwmb_eval.catalog import ENTRIES


def test_the_engine_and_the_sandbox_name_no_environment() -> None:
    """No file of either room, whatever its kind, holds an environment's name or where environments come from."""
    names = re.compile(r"\b(" + "|".join([*(entry.name for entry in ENTRIES), "gymnasium", "mujoco", "cwmb"]) + r")\b", re.IGNORECASE)
    folders = [Path(found) for room in (gifmcts, sandbox) for found in room.__path__]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in {".py", ".html", ".js", ".css", ".jinja", ".toml"}]
    assert len(files) > 100
    assert [file.name for file in files if names.search(file.read_text(encoding="utf-8"))] == []
