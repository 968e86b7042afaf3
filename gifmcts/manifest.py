"""What a run was asked to do, and whether two runs were asked the same."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Annotated

import msgspec

from gifmcts import records
from gifmcts.errors import RunMismatch, StoreError
from gifmcts.types import Scoring


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was asked to do (``config``, which decides its trees) and where and when it was started (``host``, which does not)."""

    config: Mapping[str, object]
    host: Mapping[str, str]
    digest: str
    """The digest of ``config``."""
    simulated: bool
    chosen: Mapping[str, object] = field(default_factory=dict)
    """The benchmark's options that are not its defaults."""
    command: str = ""
    """The command line that continues the run."""
    scoring: Scoring = field(default_factory=Scoring)
    """What the benchmark's scores are called."""
    format: int = records.FORMAT


@dataclass(frozen=True, slots=True)
class Essentials:
    """What every run's configuration has."""

    benchmark: str
    options: Mapping[str, object]
    model: str
    strategy: str
    preset: str
    constants: Mapping[str, object]
    budget: Annotated[int, msgspec.Meta(ge=1)]
    window: int
    seed: int
    facts: Mapping[str, object] = field(default_factory=dict)
    pass_at: tuple[Annotated[int, msgspec.Meta(ge=1)], ...] = ()


def essentials(manifest: Manifest, run: str) -> Essentials:
    """What every run's configuration has, in the form that it must have.

    Raises:
        StoreError: something is missing or of another kind; the message says what.
    """
    try:
        return msgspec.convert(manifest.config, Essentials)
    except msgspec.ValidationError as error:
        needed = {one.name for one in fields(Essentials) if one.default is MISSING and one.default_factory is MISSING}
        missing = sorted(needed - manifest.config.keys())
        wrong = f"it lacks {', '.join(missing)}" if missing else str(error)
        words = f"the configuration of run {run} is damaged, {wrong}: restore config.json, or use another --runs"
        raise StoreError(words) from error


def refuse_another(name: str, old: Manifest, new: Manifest) -> None:
    """Let a run be continued by the configuration that began it, and by no other.

    Raises:
        RunMismatch: they differ; the message lists each difference.
    """
    if old.digest == new.digest:
        return
    changed = differences(old.config, new.config)
    listed = "\n".join(f"  {key}: {before!r} there, {after!r} now" for key, (before, after) in changed.items()) or "  (the digests differ)"
    advice = f"choose another {place_option(name, new)}, or --fresh to forget the old run"
    raise RunMismatch(f"the run {name} has another configuration:\n{listed}\n{advice}")


def place_option(name: str, manifest: Manifest) -> str:
    """The option that gives a run another place: where runs stand, for a run whose name was derived from its configuration."""
    return "--runs" if name.endswith(manifest.digest[:8]) else "--name"


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """The keys in which two configurations differ, sorted, with both values; keys of tables are joined by points, missing is ``None``."""
    before, after = flat(old), flat(new)
    return {key: (before.get(key), after.get(key)) for key in sorted({*before, *after}) if before.get(key) != after.get(key)}


def flat(config: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """The configuration with the keys of its tables joined by points."""
    joined: dict[str, object] = {}
    for key, value in config.items():
        joined |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return joined
