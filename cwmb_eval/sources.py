"""Where transitions come from: the package, a folder of collected sets, or the published files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cwmb_eval import dataset, published
from cwmb_eval.catalog import ENTRIES, Entry
from cwmb_eval.dataset import DataSet
from cwmb_eval.transitions import Split
from gifmcts.errors import UsageError


class Source(Protocol):
    """Sets of transitions by the names of their environments."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def protocol(self) -> str:
        """Whether a part of the transitions is held out."""
        ...

    def select(self, wanted: Sequence[Entry] | None) -> dict[str, bool]:
        """Names with their version and whether there are data, in the order of the catalogue; by default those that there are."""
        ...

    def load(self, name: str) -> DataSet:
        """The set of an environment.

        Raises:
            UsageError: it cannot be read.
        """
        ...

    def checksum(self, name: str) -> str:
        """Of the environment's file."""
        ...

    def ceiling(self, name: str) -> float | None:
        """What the true simulator scores on the split that is reported, where that was measured."""
        ...

    def missing(self, name: str) -> str:
        """Why there is no set of an environment, and what to do."""
        ...


def find_source(data: Path | None, published_folder: Path | None) -> Source:
    """The source that the options name.

    Raises:
        UsageError: both are given, or there is nothing.
    """
    if data is not None and published_folder is not None:
        raise UsageError("--data and --published exclude each other: give one of them")
    if published_folder is not None:
        return PublishedSource(published_folder)
    return CollectedSource(data)


def _selected(present: Sequence[str], wanted: Sequence[Entry] | None) -> dict[str, bool]:
    """The present names of the wanted environments, and the preferred names of those that are absent."""
    found: dict[str, bool] = {}
    for entry in ENTRIES:
        names = [name for name in present if name.partition("-v")[0] == entry.name]
        if names:
            found |= dict.fromkeys(names if wanted is None or entry in wanted else [], True)
        elif wanted is not None and entry in wanted:
            found[entry.ids[0]] = False
    return found


class CollectedSource:
    """A folder with a manifest; without a folder the sets that come with the package."""

    protocol = "held-out"

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or dataset.SHIPPED
        self._manifest = dataset.read_manifest(self._folder)
        self.name = str(folder) if folder else "shipped"
        if not self._manifest.entries:
            raise UsageError(f"--data {folder}: there is no manifest of transitions in it; `gifmcts cwmb collect --out {folder}` makes one")

    def select(self, wanted: Sequence[Entry] | None) -> dict[str, bool]:
        """Names and whether there are data."""
        return _selected(list(self._manifest.entries), wanted)

    def load(self, name: str) -> DataSet:
        """The set of an environment."""
        return dataset.load(self._folder, self._manifest.entries[name])

    def checksum(self, name: str) -> str:
        """As the manifest says; ``load`` compares it with the file."""
        return self._manifest.entries[name].sha256

    def ceiling(self, name: str) -> float | None:
        """Measured when the set was made."""
        return self._manifest.entries[name].ceilings.get(Split.HELD_OUT.value)

    def missing(self, name: str) -> str:
        """It can be collected."""
        plain = name.partition("-v")[0]
        return f"no transitions in {self.name} data: `gifmcts cwmb collect --envs {plain} --out DIR` makes them, --data DIR reads them"


class PublishedSource:
    """A folder of the published files."""

    protocol = "oracle"

    def __init__(self, folder: Path) -> None:
        self._files = published.find(folder)
        self.name = f"published ({folder})"

    def select(self, wanted: Sequence[Entry] | None) -> dict[str, bool]:
        """Names and whether there are data."""
        return _selected(list(self._files), wanted)

    def load(self, name: str) -> DataSet:
        """The set of an environment."""
        return published.load(self._files[name])

    def checksum(self, name: str) -> str:
        """Of the file as it is."""
        return self.load(name).checksum

    def ceiling(self, name: str) -> float | None:
        """Not known of a file."""
        return None

    def missing(self, name: str) -> str:
        """It was not published, or not put there."""
        return f"{name.partition('-v')[0]} is not among the files of --published"
