"""Which runs are shown: those of a folder, and one that may stand elsewhere."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from gifmcts.errors import UsageError
from gifmcts.index import RunIndex
from gifmcts.store import RunFolder

_NAME = re.compile(r"\w[\w.-]{0,254}")
"""What a run or a task may be called; no path has this form."""


@dataclass(slots=True)
class Shelf:
    """The runs that may be read, each with its index."""

    runs: Path
    one: RunFolder | None = None
    """A run that is shown wherever it stands."""
    _known: dict[str, RunIndex] = field(default_factory=dict)

    def names(self) -> list[str]:
        """The names of all runs, sorted."""
        found = {file.parent.name for file in self.runs.glob("*/config.json") if _NAME.fullmatch(file.parent.name)}
        return sorted(found | ({self.one.name} if self.one else set()))

    def run(self, name: str) -> RunIndex:
        """The run of that name, as it stands now.

        Raises:
            UsageError: there is none; nothing outside of the folder of runs can be named.
            StoreError: its rows are damaged.
        """
        path = self.one.path if self.one and self.one.name == name else self.runs / name
        if not _NAME.fullmatch(name) or not (path / "config.json").is_file():
            raise UsageError(f"there is no run {name!r} in {self.runs}")
        index = self._known.setdefault(name, RunIndex(RunFolder(path)))
        index.refresh()
        return index


def task_name(name: str) -> str:
    """The name, which is that of a task and no path.

    Raises:
        UsageError: it cannot be the name of a task.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be the name of a problem")
    return name


def is_running(folder: RunFolder) -> bool:
    """Whether some process of this machine is writing to the run.

    The kernel's list of locks is read, since trying the lock would stand in the way of a run that begins at this moment. Devices are not
    compared: on layered file systems the list names another one than ``stat``.
    """
    try:
        inode = str((folder.path / "lock").stat().st_ino)
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return False
    return any(words[1] == "FLOCK" and words[-3].rsplit(":", 1)[-1] == inode for line in lines if len(words := line.split()) >= 8)
