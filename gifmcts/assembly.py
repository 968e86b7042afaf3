"""From settings to a run: the benchmark, the model and the strategy opened, the configuration resolved, the folder claimed."""

import math
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import cast

import msgspec

from gifmcts import records
from gifmcts.duplicates import Duplicates
from gifmcts.errors import ConfigError
from gifmcts.manifest import Manifest
from gifmcts.models.catalog import ModelSettings, OpenedModel, open_model
from gifmcts.models.modelfile import describe
from gifmcts.prompting import Prompts
from gifmcts.seams import Benchmark, Strategy, Task
from gifmcts.search import Setting
from gifmcts.settings import Grading, RunSettings, SamplingSettings
from gifmcts.strategies.catalog import constants_of, open_strategy

GROUP = "gifmcts.benchmarks"
_MISSING = "not installed"


class References:
    """The known solutions of the tasks in work, on their way from the benchmark to the simulated model."""

    def __init__(self, benchmark: Benchmark) -> None:
        self._benchmark = benchmark
        self.tasks: dict[str, Task] = {}

    def __call__(self, task: str) -> Sequence[str]:
        """The solutions of a task in work; nothing for any other."""
        known = self.tasks.get(task)
        return self._benchmark.references(known) if known else ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that is ready to start: nothing has been asked and nothing written yet."""

    benchmark: Benchmark
    strategy: Strategy[object]
    model: OpenedModel
    setting: Setting
    grading: Grading
    manifest: Manifest
    references: References
    name: str


def benchmark_class(name: str) -> type[Benchmark]:
    """The benchmark of an entry point.

    Raises:
        ConfigError: it is not installed.
    """
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        raise ConfigError(f"there is no benchmark {name!r}; installed: {', '.join(sorted(known))}")
    return cast("type[Benchmark]", known[name].load())


def plan(
    benchmark: Benchmark,
    options: object,
    settings: RunSettings,
    sampling: SamplingSettings,
    models: ModelSettings,
    command: Sequence[str] = (),
) -> Plan:
    """Open and resolve everything; the benchmark must be open, since its facts are part of the configuration.

    Raises:
        ConfigError: settings that do not exist or do not fit together.
    """
    _check(settings)
    described = describe(settings.model, models, sampling)
    constants, exhaustive = settings.set, bool(settings.pass_at)
    strategy = open_strategy(settings.strategy, settings.preset, settings.actions, constants, exhaustive, settings.templates)
    prompts = Prompts(benchmark.prompts, settings.prompts)
    prompts.check(strategy.templates.values())
    references = References(benchmark)
    grading = Grading.ALL if settings.pass_at else settings.grade
    config = {
        "benchmark": benchmark.name,
        "options": {key: value for key, value in _plain(options).items() if key not in benchmark.local},
        "facts": dict(benchmark.facts()),
        "model": described.model,
        "strategy": settings.strategy,
        "preset": settings.preset.value,
        "constants": constants_of(strategy),
        "sampling": _plain(described.sampling),
        "budget": settings.budget,
        "window": settings.window,
        "seed": settings.seed,
        "grade": grading.value,
        "pass_at": list(settings.pass_at),
        "prompts": prompts.digest(),
        **({"duplicates": settings.duplicates.value} if settings.duplicates is not Duplicates.ONCE else {}),
        **described.settings.deciding(),
    }
    written = records.encode(config)
    config = msgspec.json.decode(written, type=dict[str, object])
    digest = blake2b(written, digest_size=8).hexdigest()
    usual = _plain(type(options)())
    chosen = {key: value for key, value in _plain(options).items() if value != usual[key] and key not in ("data", *benchmark.local)}
    name = settings.name or _name(config, digest)
    model = open_model(described.model, replace(described.settings, folder=settings.runs / name), references, settings.seed)
    setting = Setting(model, prompts, described.sampling, settings.seed, settings.budget, settings.window, duplicates=settings.duplicates)
    manifest = Manifest(config, _host(), digest, model.simulated, chosen, shlex.join(command), benchmark.scoring())
    return Plan(benchmark, strategy, model, setting, grading, manifest, references, name)


def reopen(manifest: Manifest, overrides: Mapping[str, object]) -> Benchmark:
    """The benchmark of a recorded run with its recorded options, for grading what the run left out.

    Raises:
        ConfigError: the benchmark is not installed, or its options have changed.
    """
    kind = benchmark_class(str(manifest.config["benchmark"]))
    try:
        return kind(msgspec.convert({**cast("dict[str, object]", manifest.config["options"]), **overrides}, kind.options))  # type: ignore[call-arg]
    except msgspec.ValidationError as error:
        raise ConfigError(f"the run's options do not fit the installed benchmark: {error}; use the version that made the run") from error


def _check(settings: RunSettings) -> None:
    """Refuse what cannot be meant."""
    if settings.name is not None and not re.fullmatch(r"\w[\w.-]{0,199}", settings.name):
        raise ConfigError(
            f"--name {settings.name!r}: use letters, digits, '.', '_' and '-', beginning with a letter or digit; --runs chooses the folder"
        )
    for name in ("budget", "window", "concurrency"):
        if getattr(settings, name) < 1:
            raise ConfigError(f"--{name} {getattr(settings, name)}: give a number of at least 1")
    for flag, value in (("--max-hours", settings.max_hours), ("--max-tokens-total", settings.max_tokens_total)):
        if value is not None and not 0 < value < math.inf:
            raise ConfigError(f"{flag} {value}: give a positive number, or leave it away")
    if settings.pass_at:
        if settings.strategy != "best-of-n":
            raise ConfigError("--pass-at needs independent samples: add --strategy best-of-n")
        if min(settings.pass_at) < 1 or max(settings.pass_at) > settings.budget:
            raise ConfigError(f"--pass-at {','.join(map(str, settings.pass_at))}: each k must be within 1 … --budget {settings.budget}")


def _plain(record: object) -> dict[str, object]:
    return cast("dict[str, object]", msgspec.to_builtins(record))


def _name(config: Mapping[str, object], digest: str) -> str:
    """A name that says what the run is, and differs where the configuration does."""
    model = str(config["model"]).rsplit("/", 1)[-1]
    words = (config["benchmark"], config["strategy"], model, f"b{config['budget']}", f"s{config['seed']}", digest[:8])
    return re.sub(r"[^\w.-]+", "_", "-".join(map(str, words)))


def _host() -> dict[str, str]:
    """Where and with what the run is made: recorded, and never a part of its configuration."""
    packages = ("gifmcts", "numpy", "aiohttp", "datasets", "jinja2", "msgspec")
    libraries = [package for package in ("torch", "transformers") if _version(package) != _MISSING]
    versions = {f"version {package}": _version(package) for package in (*packages, *libraries)}
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "commit": _commit(),
        **versions,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _MISSING


def _commit() -> str:
    """The commit of the source tree that this package runs from; nothing where it was installed as a wheel."""
    here = Path(__file__).resolve().parent.parent
    if not (here / ".git").exists():
        return "wheel"
    try:
        words = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
        return subprocess.run(words, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
