"""What a run was asked to do, and whether two runs were asked the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gifmcts import records
from gifmcts.errors import RunMismatch, StoreError


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
    format: int = records.FORMAT


def refuse_incomplete(manifest: Manifest, run: str) -> None:
    """Refuse a configuration that lacks what every run writes down.

    Raises:
        StoreError: something is missing; the message lists it.
    """
    needed = {"benchmark", "options", "model", "strategy", "preset", "constants", "budget", "window", "seed"}
    if missing := sorted(needed - manifest.config.keys()):
        raise StoreError(
            f"the configuration of run {run} is damaged, it lacks {', '.join(missing)}: restore config.json, or use another --name"
        )


def refuse_another(name: str, old: Manifest, new: Manifest) -> None:
    """Let a run be continued by the configuration that began it, and by no other.

    Raises:
        RunMismatch: they differ; the message lists each difference.
    """
    if old.digest == new.digest:
        return
    changed = differences(old.config, new.config)
    listed = "\n".join(f"  {key}: {before!r} there, {after!r} now" for key, (before, after) in changed.items()) or "  (the digests differ)"
    raise RunMismatch(f"the run {name} has another configuration:\n{listed}\nchoose another --name, or --fresh to forget the old run")


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
