"""What each start of a run took: a row a start in ``starts.jsonl``, outside of every digest and of every decision."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec

from gifmcts.records import encode

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """What servers told of their work during a start, all their clients together."""

    cache_queries: float = 0.0
    """Prompt tokens that were looked up in the prefix caches, and how many of them were found there."""
    cache_hits: float = 0.0
    running: float = 0.0
    """Requests in the running batches, summed over ``samples`` looks at which there was any."""
    samples: int = 0

    @property
    def hit_share(self) -> float | None:
        """The share of prompt tokens that were not computed again."""
        return self.cache_hits / self.cache_queries if self.cache_queries else None

    @property
    def mean_running(self) -> float | None:
        """How many requests ran together while any ran."""
        return self.running / self.samples if self.samples else None


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a run: wall seconds, and what its searches waited for, summed over problems (seconds)."""

    seconds: float = 0.0
    model: float = 0.0
    sandbox: float = 0.0
    engine: float = 0.0
    server: ServerLoad | None = None


def note(run: Path, start: Start) -> None:
    """Add a row to a run folder; a run does not fail for want of it."""
    try:
        with (run / "starts.jsonl").open("ab") as stream:
            stream.write(encode(start) + b"\n")
    except OSError as error:
        logger.warning("what this start took was not written down: %s", error)


def noted(run: Path) -> tuple[Start, ...]:
    """The rows of a run folder; what a kill tore is left out."""
    file = run / "starts.jsonl"
    rows = []
    for line in file.read_bytes().splitlines() if file.is_file() else ():
        try:
            rows.append(msgspec.json.decode(line, type=Start))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return tuple(rows)


def together(starts: Iterable[Start]) -> Start:
    """All starts of a run as one."""
    rows = list(starts)
    loads = [row.server for row in rows if row.server is not None]
    sums = {one.name: sum(getattr(row, one.name) for row in rows) for one in fields(Start) if one.name != "server"}
    served = ServerLoad(**{one.name: sum(getattr(load, one.name) for load in loads) for one in fields(ServerLoad)}) if loads else None
    return Start(**sums, server=served)
