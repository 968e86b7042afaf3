"""Where rows come from: files, directories, the bundled suite, and the public data set; always streamed."""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypeAlias, cast

from apps_eval.options import Split
from apps_eval.problem import Json
from apps_eval.row import BadRow
from gifmcts.errors import PreflightError, UsageError

Row: TypeAlias = "bytes | str | Mapping[str, Json] | BadRow"
"""A line to be parsed, columns that are already apart, or the reason why neither can be had."""

_REPOSITORY = re.compile(r"([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)(?:@([A-Za-z0-9._-]+))?")


class Source(Protocol):
    """A data set at rest."""

    @property
    def split(self) -> Split | None:
        """Which half it is; ``None`` where the data has no halves."""
        ...

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every row with its place (``line-17``), one at a time."""
        ...

    def checksum(self) -> str:
        """What pins the data: a digest of its bytes, or the revision of a public data set."""
        ...

    def count(self) -> int | None:
        """How many rows there are, where that is cheap to tell."""
        ...


def find_source(data: str, split: Split) -> Source:
    """The source that a user's words name.

    Raises:
        UsageError: there is nothing of that name.
    """
    path = Path(data)
    if data == "mini":
        return Directory(Path(str(files("apps_eval"))) / "mini")
    if path.is_dir():
        return _in_directory(path, split)
    if path.is_file():
        return Parquet(path) if path.suffix == ".parquet" else Lines(path)
    match = _REPOSITORY.fullmatch(data)
    if match and not data.startswith(".") and not data.endswith((".jsonl", ".gz", ".parquet", ".json")):
        return Hub(match[1], match[2], split)
    raise UsageError(
        f"no data at {data!r}: give mini, a jsonl or parquet file, a directory of problems, or a public data set such as codeparrot/apps"
    )


def _in_directory(path: Path, split: Split) -> Source:
    for name in (f"{split}.jsonl", f"{split}.jsonl.gz"):
        if (path / name).is_file():
            return Lines(path / name, split)
    if (path / f"{split}.parquet").is_file():
        return Parquet(path / f"{split}.parquet", split)
    return Directory(path / split, split) if (path / split).is_dir() else Directory(path)


@dataclass(frozen=True)
class Lines:
    """A jsonl file, plain or gzip; a bad line costs that line alone."""

    path: Path
    split: Split | None = None

    def rows(self) -> Iterator[tuple[str, Row]]:
        """One row a line; blank lines are skipped."""
        number = 0
        try:
            with gzip.open(self.path, "rb") if self._compressed() else self.path.open("rb") as file:
                while line := file.readline():
                    number += 1
                    if not line.isspace():
                        yield f"line-{number}", line
                    del line  # a row may be large, and the next one too
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield f"line-{number + 1}", BadRow(f"the gzip file is damaged here and the rest of it is lost: {error}")

    def checksum(self) -> str:
        """SHA-256 of the file."""
        return _sha256((self.path,))

    def count(self) -> int | None:
        """The lines of a plain file."""
        if self._compressed():
            return None
        with self.path.open("rb") as file:
            return sum(not line.isspace() for line in file)

    def _compressed(self) -> bool:
        """Whether the file is gzip, by its first two bytes, whatever its name says."""
        with self.path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"


@dataclass(frozen=True)
class Parquet:
    """A parquet file with the columns of the data set."""

    path: Path
    split: Split | None = None

    def rows(self) -> Iterator[tuple[str, Row]]:
        """One row at a time, read in small batches.

        Raises:
            UsageError: the file is not parquet.
        """
        from pyarrow import ArrowInvalid, parquet

        try:
            with parquet.ParquetFile(self.path) as file:
                number = 0
                for batch in file.iter_batches(batch_size=16):
                    for row in batch.to_pylist():
                        number += 1
                        yield f"row-{number}", cast("dict[str, Json]", row)
        except ArrowInvalid as error:
            raise UsageError(f"{self.path} cannot be read as parquet: {error}") from error

    def checksum(self) -> str:
        """SHA-256 of the file."""
        return _sha256((self.path,))

    def count(self) -> int | None:
        """Not told: only the file's end would say."""
        return None


@dataclass(frozen=True)
class Directory:
    """One directory a problem, as the data set was first published; or jsonl files side by side."""

    path: Path
    split: Split | None = None

    def rows(self) -> Iterator[tuple[str, Row]]:
        """One row a problem, by name.

        Raises:
            UsageError: there is no problem below the directory.
        """
        found = False
        for path in self._entries():
            found = True
            if path.is_dir():
                yield path.name, _directory_row(path)
            else:
                yield from Lines(path).rows()
        if not found:
            raise UsageError(f"no problems in {self.path}: expected directories with a question.txt, or jsonl files")

    def checksum(self) -> str:
        """SHA-256 over the names and contents of all files."""
        paths = []
        for entry in self._entries():
            paths.extend(sorted(entry.iterdir()) if entry.is_dir() else [entry])
        return _sha256(tuple(path for path in paths if path.is_file()))

    def count(self) -> int | None:
        """Problem directories, and the lines of files beside them."""
        counts = [1 if path.is_dir() else Lines(path).count() for path in self._entries()]
        return None if None in counts else sum(number for number in counts if number is not None)

    def _entries(self) -> list[Path]:
        inside = sorted(self.path.iterdir())
        if (self.path / "question.txt").is_file():
            return [self.path]
        return [path for path in inside if (path / "question.txt").is_file() or path.name.endswith((".jsonl", ".jsonl.gz"))]


@dataclass(frozen=True)
class Hub:
    """A public data set whose raw jsonl files are streamed; its loading script no longer runs."""

    repository: str
    revision: str | None
    split: Split

    def rows(self) -> Iterator[tuple[str, Row]]:
        """One row a line of the raw file of the split.

        Raises:
            PreflightError: the data set cannot be reached.
        """
        return text_rows(f"hf://datasets/{self.repository}@{self.checksum()}/{self.split}.jsonl")

    def checksum(self) -> str:
        """The revision, as a full commit.

        Raises:
            PreflightError: the data set cannot be reached.
        """
        return _revision(self.repository, self.revision)

    def count(self) -> int | None:
        """Not told: it would have to be downloaded."""
        return None


def text_rows(location: str) -> Iterator[tuple[str, Row]]:
    """Stream the lines of a remote or local file; the text builder is used because the json builder loses all rows at one bad line.

    Raises:
        PreflightError: the file cannot be reached.
    """
    from datasets import load_dataset

    with _reaching(location):
        lines = load_dataset("text", data_files=location, split="train", streaming=True)
        for number, row in enumerate(lines, start=1):
            if row["text"] and not row["text"].isspace():
                yield f"line-{number}", cast("str", row["text"])


@cache
def _revision(repository: str, revision: str | None) -> str:
    from huggingface_hub import HfApi

    with _reaching(f"the public data set {repository}"):
        return str(HfApi().dataset_info(repository, revision=revision).sha)


@contextmanager
def _reaching(what: str) -> Iterator[None]:
    """Turn whatever a download fails with into words; which library sends the requests, and so its errors, changes with versions."""
    try:
        yield
    except Exception as error:
        raise PreflightError(
            f"{what} cannot be reached ({error}); check its name and the connection, or download it and pass its path as --data"
        ) from error


def _directory_row(path: Path) -> Row:
    try:
        row: dict[str, Json] = {"problem_id": path.name, "question": (path / "question.txt").read_text(encoding="utf-8")}
        for column, name in (("input_output", "input_output.json"), ("solutions", "solutions.json"), ("starter_code", "starter_code.py")):
            if (path / name).is_file():
                row[column] = (path / name).read_text(encoding="utf-8")
        if (path / "metadata.json").is_file():
            row |= json.loads((path / "metadata.json").read_text(encoding="utf-8"))
    except (ValueError, TypeError, OSError) as error:
        return BadRow(f"unreadable problem directory: {error}")
    return row


@cache
def _sha256(paths: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if len(paths) > 1:
            digest.update(f"{path.parent.name}/{path.name}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
