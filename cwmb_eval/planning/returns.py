"""Returns of chance, of the oracle and of the optimum: played once for each episode, and kept on disk."""

import hashlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec

from cwmb_eval.planning.episodes import Policy, Task, played
from cwmb_eval.versions import versions
from gifmcts.errors import PreflightError

_TEXTS: Final = ("algorithms", "budgets", "episodes", "optimum", "simulators")
"""What decides a return; another text is another file in the cache."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the cache."""

    of: dict[str, object]
    returns: list[float | None]
    """By episode; ``None`` where the optimum cannot be computed."""


@dataclass(frozen=True, slots=True)
class References:
    """Plays on all cores what the folder does not hold yet."""

    folder: Path
    pool: ProcessPoolExecutor
    leash: Connection
    """Processes that play end when this is closed, by whoever or whatever."""

    def returns(self, task: Task, policy: Policy, episodes: int) -> list[float | None]:
        """Of the first episodes; each is kept as soon as it and those before it are known.

        Raises:
            PreflightError: what the environment needs is not installed, a process that plays was ended, or the folder cannot be written.
        """
        of = _identity(task, policy)
        path = self.folder / f"{task.entry.ids[0]}.{policy.value}.{_digest(of)}.json"
        known = _read(path)
        try:
            for worth in self.pool.map(partial(played, task, policy), range(len(known), episodes)):
                known.append(worth)
                self._keep(path, Kept(of, known))
        except BrokenProcessPool as error:
            name = task.entry.name
            raise PreflightError(f"a process that played {name} was ended from outside; the same command goes on from there") from error
        return known[:episodes]

    def leave(self) -> None:
        """End the processes in the middle of what they play; nothing more can be asked."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.leash.close()

    def _keep(self, path: Path, made: Kept) -> None:
        """Write a file at once or not at all."""
        scratch = path.with_suffix(f".{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(msgspec.json.encode(made))
            scratch.replace(path)
        except OSError as error:
            raise PreflightError(
                f"the returns cannot be kept in {self.folder} ({error.strerror}): give another folder by --cache"
            ) from error


@contextmanager
def references(folder: Path, workers: int | None = None) -> Iterator[References]:
    """Processes for the time of a command; neither an interrupt at the terminal nor the command's own violent end leaves one behind."""
    context, cores = get_context("spawn"), len(os.sched_getaffinity(0))
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers or cores, context, _on_leash, (theirs,))
    known = References(folder, pool, ours)
    try:
        yield known
    except BaseException:
        known.leave()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        ours.close()
        theirs.close()


def _on_leash(leash: Connection) -> None:
    """Prepare a process that plays: an interrupt at the terminal is the command's alone, which ends it by its leash."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    os._exit(1)


def _identity(task: Task, policy: Policy) -> dict[str, object]:
    """Everything that a return depends on."""
    return {"policy": policy.value, **asdict(task), "planner": _planner(), **versions()}


@cache
def _planner() -> str:
    texts = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in _TEXTS]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _digest(of: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]


def _read(path: Path) -> list[float | None]:
    """What is known; a file that cannot be read is made again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept).returns
    except (OSError, msgspec.DecodeError):
        return []
