"""Rows written to a file, a batch at a time: JSON lines, CSV, Parquet, or a folder that Hugging Face's ``datasets`` loads."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO

from gifmcts.errors import UsageError
from gifmcts.manifest import Manifest
from gifmcts.publishing.rows import COLUMNS, Row

_BATCH = 512
"""Rows of a group of Parquet: what is held in memory at once."""


class Form(StrEnum):
    """What an export can be."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HF = "hf"


_DATA = "data/train-00000-of-00001.parquet"
"""Named by the card, so that other files of a folder that was there are not loaded as attempts."""


def export(rows: Iterable[Row], form: Form, output: Path | None, card: str) -> int:
    """Write the rows to a file, a folder, or, of a text, to standard output where no output is named; how many there were.

    A file is there when it is whole: it is written beside its place and put there at the end. ``card`` describes a folder of data.

    Raises:
        UsageError: it cannot be written, or what it needs is not installed.
    """
    if output is None:
        if form not in _TEXTS:
            raise UsageError(f"--to {form} needs a place: add -o {'FOLDER' if form is Form.HF else 'FILE.parquet'}")
        return _TEXTS[form](rows, sys.stdout)
    try:
        if form is Form.HF:
            return _folder(rows, output, card)
        with _made(output.parent):
            if form is Form.PARQUET:
                return _whole(output, lambda draft: _parquet(rows, draft))
            return _whole(output, lambda draft: _text(rows, _TEXTS[form], draft))
    except OSError as error:
        raise UsageError(f"{output} cannot be written ({error.strerror}); choose another place by -o") from error


def card(run: str, manifest: Manifest) -> str:
    """What a folder of data says of itself."""
    config = manifest.config
    stamp = "\n**SIMULATED**: a stand-in for a language model answered; no number says anything about a real one.\n"
    return f"""---
configs:
- config_name: default
  data_files: {_DATA}
---
# Attempts of the run {run}
{stamp if manifest.simulated else ""}
Every model call of a program search by gifmcts: benchmark {config["benchmark"]}, strategy {config["strategy"]} ({config["preset"]}),
model {config["model"]}, budget {config["budget"]}, seed {config["seed"]}.
A row is a call; `solved` says whether its program passes every test.
Programs are untrusted: do not run them outside of a sandbox.
"""


def _folder(rows: Iterable[Row], output: Path, card: str) -> int:
    """A folder of data with its card; neither is put there before both are written."""

    def both(draft: Path) -> int:
        count = _parquet(rows, draft)
        _whole(output / "README.md", lambda page: page.write_text(card, encoding="utf-8"))
        return count

    with _made(output / "data"):
        return _whole(output / _DATA, both)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, and take it away again, with those above it that were made too, where the block fails and leaves it empty."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in made:
            with suppress(OSError):
                place.rmdir()
        raise


def _whole(file: Path, write: Callable[[Path], int]) -> int:
    """Write a file so that an interruption leaves no half of one; a device or a pipe is written to as it is."""
    file = file.resolve()
    if file.exists() and not file.is_file():
        return write(file)
    draft = file.with_name(f".{file.name}.part")
    try:
        count = write(draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _text(rows: Iterable[Row], write: Callable[[Iterable[Row], IO[str]], int], draft: Path) -> int:
    with draft.open("w", encoding="utf-8", newline="") as stream:
        return write(rows, stream)


def _jsonl(rows: Iterable[Row], stream: IO[str]) -> int:
    count = 0
    for row in rows:
        stream.write(json.dumps(row) + "\n")
        count += 1
    return count


def _csv(rows: Iterable[Row], stream: IO[str]) -> int:
    count, writer = 0, csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(row.values())
        count += 1
    return count


_TEXTS: Mapping[Form, Callable[[Iterable[Row], IO[str]], int]] = {Form.JSONL: _jsonl, Form.CSV: _csv}


def _parquet(rows: Iterable[Row], draft: Path) -> int:
    """Groups of rows with the types that a row has."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: install it by `pip install 'gifmcts[parquet]'`, or use --to jsonl") from error
    kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    count = 0
    with parquet.ParquetWriter(draft, schema) as writer:
        remaining = iter(rows)
        while batch := list(islice(remaining, _BATCH)):
            writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count
