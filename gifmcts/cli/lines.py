"""A run in a line."""

from collections.abc import Mapping
from dataclasses import dataclass

from gifmcts.index import RunIndex
from gifmcts.metrics import Share
from gifmcts.report import headline
from gifmcts.store import RunFolder
from gifmcts.types import Label

HEADER = ("STARTED", "RUN", "SOLVED", "SHARE", "LABEL", "MODEL", "STATE", "DIGEST")
_NOTHING = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """What a list of runs says of one: nothing for which a finished tree, or the tests of a grade, must be read."""

    name: str
    started: str
    model: str
    strategy: str
    preset: str
    simulated: bool
    shares: Mapping[Label, Share]
    problems: int
    """Finished trees."""
    complete: bool
    digest: str

    def cells(self) -> tuple[str, ...]:
        """The line of a table, under ``HEADER``."""
        best = headline(self.shares)
        label = best if best in self.shares else next(iter(self.shares), best)
        share = self.shares.get(label, _NOTHING)
        solved, value = ("–", "–") if share.value is None else (f"{share.hits}/{share.n}", f"{share.value:.1%}")
        stamp = "SIMULATED" if self.simulated else ""
        model = stamp if self.simulated and self.model == "simulated" else f"{self.model} {stamp}".rstrip()
        day, state = self.started[:16].replace("T", " "), "finished" if self.complete else "unfinished"
        return day, self.name, solved, value if self.complete else "–", label.value, model, state, self.digest

    def as_json(self) -> dict[str, object]:
        """The object of a line, with the keys that ``gifmcts show RUN --json`` has too."""
        main = self.shares.get(headline(self.shares), _NOTHING)
        counts = {label.value.replace("-", "_"): self.shares.get(label, _NOTHING) for label in Label}
        return {
            "run": self.name,
            "started": self.started,
            "problems": self.problems,
            "strict_accuracy": main.value,
            "interval": main.interval,
            **{label: {"n": share.n, "solved": share.hits} for label, share in counts.items()},
            "model": self.model,
            "strategy": self.strategy,
            "preset": self.preset,
            "simulated": self.simulated,
            "complete": self.complete,
            "digest": self.digest,
        }


def listed(folder: RunFolder) -> Line:
    """The line of a run as it stands now.

    Raises:
        StoreError: its configuration or its rows are damaged.
    """
    index = RunIndex(folder)
    index.refresh()
    asked = index.asked
    return Line(
        name=folder.name,
        started=index.manifest.host.get("started", ""),
        model=asked.model,
        strategy=asked.strategy,
        preset=asked.preset,
        simulated=index.manifest.simulated,
        shares=index.shares(),
        problems=len(index.summaries),
        complete=index.complete,
        digest=index.digest,
    )
