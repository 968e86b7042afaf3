"""Returns of a run's programs, kept in its folder, each with the program that it is of."""

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Final

from cwmb_eval.planning.table import Row
from gifmcts import records
from gifmcts.errors import StoreError
from gifmcts.store import RunFolder, write_whole

FILE: Final = "returns.jsonl"


def fingerprint(source: str) -> str:
    """What tells a program from another."""
    return sha256(source.encode("utf-8", "replace")).hexdigest()[:16]


def keep(run: RunFolder, rows: Sequence[Row]) -> None:
    """Write rows down; the latest of an environment counts.

    Raises:
        StoreError: the folder cannot be written, or its file is damaged.
    """
    known = {row.environment: row for row in [*_read(run), *rows]}
    try:
        write_whole(run.path / FILE, b"".join(records.encode(row) + b"\n" for _, row in sorted(known.items())))
    except OSError as error:
        raise StoreError(f"the returns cannot be kept in {run.path} ({error.strerror}): a report will not have them") from error


def kept(run: RunFolder, environments: Collection[str]) -> dict[str, Row]:
    """Rows by environment, of programs that the run still chooses.

    Raises:
        StoreError: the file, or a tree, is damaged.
    """
    found = {row.environment: row for row in _read(run) if row.environment in environments}
    summaries = run.summaries() if found else {}
    chosen = {}
    for name, row in found.items():
        best = summaries[name].best if name in summaries else None
        program = None if best is None else run.tree(name)[1][best].program
        if program is not None and fingerprint(program.source) == row.program:
            chosen[name] = row
    return chosen


def _read(run: RunFolder) -> list[Row]:
    file = run.path / FILE
    if not file.is_file():
        return []
    return [records.decode(line, Row, f"{file}:{number}") for number, line in enumerate(file.read_bytes().splitlines(), 1)]
