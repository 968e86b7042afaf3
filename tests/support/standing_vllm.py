"""An interpreter that finds a stand-in where vLLM is looked for."""

import stat
import sys
from pathlib import Path

HERE = Path(__file__).parent


def interpreter(place: Path) -> Path:
    """A command in a folder that is this Python, with the stand-in before everything that is installed."""
    file = place / "python"
    file.write_text(f'#!/bin/sh\nPYTHONPATH={HERE / "vllm_stand_in"}:{HERE} exec {sys.executable} "$@"\n')
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file
