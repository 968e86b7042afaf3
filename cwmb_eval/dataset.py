"""Sets of transitions on disk: one npz file without pickles an environment, and a manifest that says what is in them."""

import fcntl
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from cwmb_eval.contents import refuse
from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.transitions import Array, Split, Transitions, transitions
from gifmcts.errors import UsageError
from gifmcts.store import write_whole

MANIFEST: Final = "manifest.json"
LOCK: Final = ".manifest.lock"
"""Held by who changes the folder, so that collections into one wait for each other, and a draft that is found is of one that was killed."""
FORMAT: Final = 1
"""Of the manifest and the columns; another one is another version's."""
NEEDED: Final = (Split.SEARCH, Split.HELD_OUT)
"""Without these there is nothing to search with or nothing to report."""
SHIPPED: Final = Path(__file__).with_name("data")
MOST_BYTES: Final = 1 << 30
"""Of the arrays of a file together; a file of a stranger must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manifest says of one environment's file."""

    spec: EnvironmentSpec
    file: str
    sha256: str
    seed: int
    counts: Mapping[str, int]
    """Transitions a split."""
    ceilings: Mapping[str, float]
    """Accuracy of the true environment that sees no more than the observation, a split; absent where it is stochastic."""
    ladder: tuple[int, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no collection writes."""
        if not self.file.isprintable() or Path(self.file).name != self.file:
            raise ValueError(f"the file {self.file!r} is no name in the folder")
        for split, ceiling in self.ceilings.items():
            if not 0 <= ceiling <= 1:
                raise ValueError(f"the ceiling of {split} is {ceiling}: it must be from 0 to 1")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The sets of a folder by environment."""

    entries: dict[str, Entry] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """One environment's transitions by split."""

    spec: EnvironmentSpec
    splits: Mapping[Split, Transitions]
    checksum: str
    ceilings: Mapping[str, float] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest:
    """What a folder holds; nothing where it has no manifest.

    Raises:
        UsageError: the manifest cannot be read, is of another format, or contradicts itself.
    """
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest()
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"{folder / MANIFEST} cannot be read ({error}); collect the sets again by `gifmcts cwmb collect`") from error
    if found.format != FORMAT:
        raise UsageError(
            f"{folder / MANIFEST} is of format {found.format}, this version knows format {FORMAT}; use the version that wrote it"
        )
    for name, entry in found.entries.items():
        if entry.spec.name != name:
            raise UsageError(
                f"{folder / MANIFEST}: under {name} it describes {entry.spec.name!r}; collect the sets again by `gifmcts cwmb collect`"
            )
    return found


def load(folder: Path, entry: Entry) -> DataSet:
    """An environment's set.

    Raises:
        UsageError: the file is missing, was changed since it was collected, or holds something else.
    """
    path = folder / Path(entry.file).name
    again = "collect the sets again by `gifmcts cwmb collect`"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; {again}") from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise UsageError(f"{path} is not the file of its manifest (another checksum); {again}")
    columns = read_arrays(content, path)
    splits = {}
    for split in Split:
        found = _part(columns, split)
        try:
            if found:
                splits[split] = transitions(found, entry.spec)
                refuse(found, splits[split], entry.spec)
        except ValueError as error:
            raise UsageError(f"{path}: {split.value}: {error}; {again}") from error
    for split in NEEDED:
        if split not in splits or not len(splits[split]):
            raise UsageError(f"{path} has no transitions of the split {split.value}; {again}")
    return DataSet(entry.spec, splits, entry.sha256, entry.ceilings)


def read_arrays(content: bytes, path: Path) -> dict[str, Array]:
    """The arrays of an npz file; never a pickle, never more than ``MOST_BYTES`` together.

    Raises:
        UsageError: it is no such file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise UsageError(f"{path}: its arrays are larger than {MOST_BYTES >> 30} GiB together")
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path} is no npz file of plain arrays: {str(error)[:200]}") from error


def save(folder: Path, spec: EnvironmentSpec, splits: Mapping[Split, Transitions], entry: Mapping[str, object]) -> Entry:
    """Write an environment's set and enter it into the manifest; the same transitions make the same bytes.

    Args:
        folder: where the files stand; made if it is missing.
        spec: the environment.
        splits: what was collected.
        entry: what else the manifest says: ``seed``, ``ceilings``, ``ladder``, ``versions``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = _packed({f"{split.value}.{name}": column for split, some in splits.items() for name, column in some.columns().items()})
    made = msgspec.convert(
        {
            **entry,
            "spec": msgspec.to_builtins(spec),
            "file": f"{spec.name}.npz",
            "sha256": hashlib.sha256(content).hexdigest(),
            "counts": {split.value: len(some) for split, some in splits.items()},
        },
        Entry,
    )
    with (folder / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = read_manifest(folder)
        manifest.entries[spec.name] = made
        text = json.dumps(msgspec.to_builtins(manifest), indent=1, sort_keys=True) + "\n"
        for draft in (*folder.glob(f".{made.file}.*"), *folder.glob(f".{MANIFEST}.*")):
            draft.unlink()
        write_whole(folder / made.file, content)
        write_whole(folder / MANIFEST, text.encode())
    return made


def _packed(columns: Mapping[str, Array]) -> bytes:
    """An npz file whose bytes depend on the arrays alone."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, column in columns.items():
            array = io.BytesIO()
            np.lib.format.write_array(array, column, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), array.getvalue(), zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _part(columns: Mapping[str, Array], split: Split) -> dict[str, Array]:
    head = f"{split.value}."
    return {name.removeprefix(head): column for name, column in columns.items() if name.startswith(head)}
