"""Where the data for tests lies: beside the checkout, or where the environment says."""

import os
from pathlib import Path

import pytest


def shared_data(*parts: str) -> Path:
    """A file or directory of the shared data; skips the test, with the reason, where it is absent."""
    told = os.environ.get("GIFMCTS_TEST_DATA")
    roots = [Path(told)] if told else [parent.parent / "shared" / "data" for parent in Path(__file__).resolve().parents]
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    pytest.skip(f"{'/'.join(parts)} is absent: set GIFMCTS_TEST_DATA to the directory of the shared data")
