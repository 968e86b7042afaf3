"""Completions as they were recorded: the attempts of a run folder, or a pool file with one completion a line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from gifmcts.errors import ConfigError, StoreError
from gifmcts.store import RunFolder
from gifmcts.types import Completion, Message, Sampling


@dataclass(frozen=True, slots=True)
class Recorded:
    """One completion and all that it answers; the lines of a pool file have this form, in JSON."""

    task: str
    chat: tuple[Message, ...]
    sampling: Sampling
    seed: int
    completion: Completion
    simulated: bool = False
    """Whether a stand-in wrote it."""


class Recording(Protocol):
    """Completions by task, each task's in the order in which they were made."""

    @property
    def simulated(self) -> bool:
        """Whether any of it was written by a stand-in."""
        ...

    def facts(self) -> Mapping[str, str]:
        """What a run's header must say of it."""
        ...

    def of(self, task: str) -> Iterator[Recorded]:
        """What was recorded of a task; nothing for an unknown one."""
        ...


class RunRecording:
    """The completions of a run folder, read tree by tree."""

    def __init__(self, folder: RunFolder) -> None:
        manifest = folder.manifest()
        self._folder = folder
        self._tasks = frozenset(folder.tasks())
        self._sampling = msgspec.convert(manifest.config["sampling"], Sampling)
        self._facts = {"recorded model": str(manifest.config.get("model", "")), "recorded configuration": manifest.digest}
        self.simulated = manifest.simulated

    def facts(self) -> Mapping[str, str]:
        """The model and the configuration that were recorded."""
        return self._facts

    def of(self, task: str) -> Iterator[Recorded]:
        """The completions of a tree's attempts, in their order."""
        if task in self._tasks:
            for attempt in self._folder.tree(task)[1]:
                yield Recorded(task, attempt.chat, self._sampling, attempt.seed, attempt.completion, self.simulated)


class PoolRecording:
    """The completions of a pool file: any tasks, chats and samplings, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._by_task: dict[str, list[Recorded]] = {}
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    one = _decoded(line, path, number)
                    self._by_task.setdefault(one.task, []).append(one)
        self.simulated = any(one.simulated for many in self._by_task.values() for one in many)

    def facts(self) -> Mapping[str, str]:
        """How much was recorded."""
        return {"recorded completions": str(sum(map(len, self._by_task.values())))}

    def of(self, task: str) -> Iterator[Recorded]:
        """The completions of a task, in the order of their lines."""
        return iter(self._by_task.get(task, ()))


def recording(path: Path) -> Recording:
    """What was recorded at a path: a run folder or a pool file.

    Raises:
        ConfigError: nothing is there.
        StoreError: it is neither, or damaged.
    """
    if path.is_dir():
        try:
            return RunRecording(RunFolder(path))
        except (KeyError, msgspec.ValidationError) as error:
            raise StoreError(f"{path} does not record how its answers were sampled ({error}); it cannot be replayed") from error
    if path.is_file():
        return PoolRecording(path)
    raise ConfigError(f"there is nothing to replay at {path}: give a run folder or a pool file; `gifmcts runs` lists the runs")


def _decoded(line: bytes, path: Path, number: int) -> Recorded:
    try:
        return msgspec.json.decode(line, type=Recorded)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreError(f"line {number} of {path} is no recorded completion: {error}; correct or remove it") from error
