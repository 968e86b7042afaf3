"""Which runs are shown: those of a folder, and one that may stand elsewhere."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gifmcts.errors import UsageError
from gifmcts.index import RunIndex
from gifmcts.store import RunFolder
from gifmcts.treelines import names_task

_READ = ("config.json", "summary.jsonl", "grades.jsonl", "refusals.jsonl", "trees")
_LONGEST = 255
"""Bytes of a file's name."""


@dataclass(slots=True)
class Shelf:
    """The runs that may be read, each with its index."""

    runs: Path
    one: RunFolder | None = None
    """A run that is shown wherever it stands."""
    _known: dict[str, RunIndex] = field(default_factory=dict)

    def names(self) -> list[str]:
        """The names of all runs, sorted."""
        return sorted({name for name in self._folders() if nameable(name)} | ({self.one.name} if self.one else set()))

    def strangers(self) -> list[str]:
        """The names of run folders that cannot stand in an address or on a page."""
        return sorted(name for name in self._folders() if not nameable(name))

    def run(self, name: str) -> RunIndex:
        """The run of that name, as it stands now.

        Raises:
            UsageError: there is none; nothing outside of the folder of runs can be named, and no link out of it is followed.
            StoreError: its rows are damaged.
        """
        if self.one and self.one.name == name:
            path = self.one.path
        elif nameable(name) and (self.runs / name / "config.json").is_file():
            path = self.runs / name
            if out := next(self._leading_out(path), None):
                raise UsageError(f"{out} leads out of {self.runs}: `gifmcts view {shlex.quote(name)}` shows this run, since it names it")
        else:
            raise UsageError(f"there is no run {name!r} in {self.runs}")
        index = self._known.setdefault(name, RunIndex(RunFolder(path)))
        index.refresh()
        return index

    def _folders(self) -> Iterator[str]:
        return (file.parent.name for file in self.runs.glob("*/config.json") if file.is_file())

    def _leading_out(self, run: Path) -> Iterator[Path]:
        """What of a run folder is read and stands elsewhere; a link to another run of the shelf is none."""
        home = Path(os.path.realpath(self.runs))
        files = [run, *(run / name for name in _READ)]
        if (run / "trees").is_dir():
            with os.scandir(run / "trees") as trees:
                files += [Path(tree.path) for tree in trees if tree.is_symlink()]
        return (file for file in files if not Path(os.path.realpath(file)).is_relative_to(home))


def nameable(name: str) -> bool:
    """Whether a run of this name can be addressed and shown: one step of a path, of characters that are seen."""
    return name.isprintable() and "/" not in name and name not in ("", ".", "..") and len(name.encode()) <= _LONGEST


def task_name(name: str) -> str:
    """The name, which is that of a task and no path.

    Raises:
        UsageError: it cannot be the name of a task.
    """
    if not names_task(name):
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
