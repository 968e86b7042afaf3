"""Which programs a command speaks of: a file, the chosen programs of a run, or the references."""

import sys
from collections.abc import Collection
from pathlib import Path

from cwmb_eval.references import reference
from gifmcts.cli.listing import find
from gifmcts.cli.progress import SIMULATED
from gifmcts.errors import UsageError

REFERENCE = "reference"


def programs(program: str, runs: Path, names: Collection[str]) -> dict[str, str]:
    """Sources by environment, of those that are named; programs of a simulated model are stamped on standard error.

    Raises:
        UsageError: there is no such run, or it has none of these environments; a file is given for more than one.
    """
    if program == REFERENCE:
        return {name: known for name in names if (known := reference(name))}
    file = Path(program)
    if file.is_file():
        if len(names) != 1:
            raise UsageError("a file is a world model of one environment: add --envs NAME")
        return dict.fromkeys(names, file.read_text(encoding="utf-8", errors="replace"))
    folder = find(program, runs)
    if folder.manifest().simulated:
        print(SIMULATED, file=sys.stderr)
    found = {}
    for name, summary in folder.summaries().items():
        if name in names and summary.best is not None:
            chosen = folder.tree(name)[1][summary.best].program
            if chosen is not None:
                found[name] = chosen.source
    if not found:
        raise UsageError(f"the run {program} has no program for {', '.join(names)}")
    return found
