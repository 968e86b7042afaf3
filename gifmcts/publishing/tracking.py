"""A run as an experiment tracker keeps it: its headline numbers, what was solved within b calls, and its configuration."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

from gifmcts.errors import TrackerError, UsageError
from gifmcts.manifest import flat
from gifmcts.report import Report
from gifmcts.wording import harmless

PROJECT = "gifmcts"
"""Under which project or experiment runs stand where the environment names no other."""

_VARIABLES = ("MLFLOW_", "TRACKIO_", "WANDB_", "HF_")
"""How the names of the variables begin that trackers read."""


class Tracker(StrEnum):
    """Where a run's numbers can be sent; each is a module of ``gifmcts.publishing.trackers``, a package and an extra of that name."""

    MLFLOW = "mlflow"
    TRACKIO = "trackio"
    WANDB = "wandb"


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a tracker is told of a run: no prompt, answer, program or problem."""

    title: str
    """The run folder's name, stamped where a stand-in answered."""
    tags: Mapping[str, str]
    config: Mapping[str, str]
    """The configuration with the keys of its tables joined by points; what is no text as JSON."""
    numbers: Mapping[str, float]
    """Shares in [0, 1], counts, tokens and seconds; those of a label begin with it."""
    curve: Sequence[Mapping[str, float]]
    """The share of problems solved within b = 1 … budget calls, by label; empty where only the last program was graded."""


def tracked(report: Report) -> Tracked:
    """What is told of a run, from its report alone."""
    manifest = report.manifest
    shares = report.shares.items()
    return Tracked(
        title=f"{report.name} SIMULATED" if manifest.simulated else report.name,
        tags={
            "run": report.name,
            "digest": report.digest,
            "headline": report.headline.value,
            "simulated": json.dumps(manifest.simulated),
            "complete": json.dumps(report.complete),
        },
        config={key: value if isinstance(value, str) else json.dumps(value) for key, value in flat(manifest.config).items()},
        numbers=dict(_numbers(report)),
        curve=[
            {f"{label}/solved_within": report.within[label][index] / share.n for label, share in shares if report.within}
            for index in range(report.budget if report.within else 0)
        ],
    )


def _numbers(report: Report) -> Iterator[tuple[str, float]]:
    for label, share in report.shares.items():
        yield f"{label}/problems", share.n
        yield f"{label}/solved", share.hits
        if share.value is not None and share.interval is not None:
            yield f"{label}/strict_accuracy", share.value
            yield from zip((f"{label}/strict_accuracy_low", f"{label}/strict_accuracy_high"), share.interval, strict=True)
        yield f"{label}/test_case_average", report.test_share[label]
        yield from ((f"{label}/pass_at_{k}", value) for k, value in report.pass_at.get(label, {}).items())
    yield from zip(("prompt_tokens", "completion_tokens", "cached_tokens"), report.tokens, strict=True)
    yield from zip(("model_seconds", "evaluate_seconds"), report.seconds, strict=True)
    yield from (("calls", report.calls), ("duplicates", report.duplicates), ("exhausted", report.exhausted))
    yield from (("unjudged", len(report.unjudged)), ("refused", len(report.refused)))
    yield from (("unfinished", report.unfinished), ("damaged", len(report.damaged)))


def send(run: Tracked, tracker: Tracker) -> str:
    """Tell a tracker of a run; where it now stands there. Each time makes a new entry. Keys and addresses come from the environment alone.

    Raises:
        UsageError: the tracker is not installed, or a key is missing.
        TrackerError: it did not take the run.
    """
    for name, value in list(os.environ.items()):
        if name.startswith(_VARIABLES) and not value.strip():
            del os.environ[name]  # set to nothing is not set, which the trackers' libraries do not all see
    try:
        module = import_module(f"gifmcts.publishing.trackers.{tracker}")
    except ImportError as error:
        raise UsageError(f"--to {tracker} needs {tracker}: install it by `pip install 'gifmcts[{tracker}]'` ({error})") from error
    place: str = module.send(run)
    return place


def refused(tracker: Tracker, error: Exception, settings: str) -> TrackerError:
    """That a tracker did not take a run, in its own words, and where its settings are."""
    words = harmless(" ".join(str(error).split()))[:300] or type(error).__name__
    return TrackerError(f"{tracker} did not take the run: {words}; see {settings}, then send it again")
