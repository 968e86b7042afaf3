"""A run in a line, and what stands above its problems."""

from collections.abc import Mapping
from dataclasses import dataclass

from gifmcts.index import Outcome, RunIndex
from gifmcts.metrics import Share
from gifmcts.report import headline
from gifmcts.types import Label
from gifmcts.view.shelf import is_running

MEANING = {
    Label.HELD_OUT: "scored by tests that the search did not see",
    Label.ORACLE: "the search was rewarded by the very tests that score it",
    Label.ORACLE_ONLY: "too few tests to hold any out; never part of the held-out number",
}


@dataclass(frozen=True, slots=True)
class Overview:
    """What tells a run from another, and how far it is."""

    name: str
    started: str
    words: str
    model: str
    simulated: bool
    state: str
    """``running``, ``finished`` or ``stopped``."""
    finished: int
    label: Label
    share: Share
    """Of the problems with that label."""
    shares: Mapping[Label, Share]
    facts: Mapping[str, str]

    @property
    def running(self) -> bool:
        """Whether some process is writing to it now."""
        return self.state == "running"


def overview(index: RunIndex) -> Overview:
    """A run as it stands now.

    Raises:
        StoreError: its configuration is damaged.
    """
    manifest, shares = index.manifest, index.shares()
    config = manifest.config
    label = headline(shares)
    if label not in shares and shares:
        label = next(iter(shares))
    running = is_running(index.folder)
    state = "running" if running else "finished" if index.complete else "stopped"
    return Overview(
        name=index.folder.name,
        started=manifest.host.get("started", "")[:16].replace("T", " "),
        words=f"{config['strategy']} ({config['preset']}), budget {config['budget']}, seed {config['seed']}",
        model=str(config["model"]),
        simulated=manifest.simulated,
        state=state,
        finished=len(index.summaries),
        label=label,
        share=shares.get(label, Share(0, 0)),
        shares=shares,
        facts=_facts(index),
    )


def _facts(index: RunIndex) -> dict[str, str]:
    """Everything that was asked of the run, flat, and with which versions it was made."""
    facts: dict[str, str] = {}
    for key, value in index.manifest.config.items():
        facts |= {f"{key}.{name}": str(item) for name, item in value.items()} if isinstance(value, dict) else {key: str(value)}
    return facts | {key: text for key, text in index.manifest.host.items() if key != "host"} | {"digest": index.digest}


def counts(index: RunIndex) -> Mapping[Outcome, int]:
    """How many problems came to which end."""
    found = [entry.outcome for entry in index.entries()]
    return {outcome: found.count(outcome) for outcome in Outcome if outcome in found}
