"""``gifmcts compare``: two runs over the same problems."""

import json as jsonlib
import sys
from pathlib import Path

import msgspec

from gifmcts.cli.contrasting import print_comparison
from gifmcts.cli.listing import find
from gifmcts.comparison import compare as compared


def compare(first: str, second: str, /, *, runs: Path = Path("runs"), seed: int = 0, json: bool = False) -> int:
    """Compare two runs over the problems that both have judged: settings, flips, and differences with intervals.

    Parameters
    ----------
    first
        The run that the other is compared with: its name, or the path of its folder.
    second
        The other run.
    runs
        Where run folders stand.
    seed
        The seed of the bootstrap.
    json
        Print one JSON object instead of text.
    """
    found = compared(find(first, runs), find(second, runs), seed)
    if json:
        sys.stdout.write(jsonlib.dumps(msgspec.to_builtins(found)) + "\n")
    else:
        print_comparison(found)
    return 0
