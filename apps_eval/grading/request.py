"""What is graded and how, what of it decides a record, and where its records stand."""

import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from apps_eval.dataset import Filter, problems
from apps_eval.exclusion import read_exclusions
from apps_eval.grading.folder import MANIFEST, GradingFolder, Manifest
from apps_eval.grading.origin import Origin
from apps_eval.options import AppsOptions, Rules
from apps_eval.problem import Problem
from apps_eval.rules.strict import TOLERANCE
from apps_eval.sources import Source, find_source
from gifmcts.errors import StoreError, UsageError
from gifmcts.types import Refusal
from sandbox import Level, Limits

RULES: Final = (Rules.STRICT, Rules.OFFICIAL)


@dataclass(frozen=True, slots=True)
class Request:
    """What is graded, and how."""

    options: AppsOptions
    """The data, its filters, the limits and the workers."""
    rules: tuple[Rules, ...] = RULES
    ks: tuple[int, ...] = (1,)
    all_problems: bool = False
    posed: Iterable[Problem] | None = None
    """Problems that are given in place of the data."""
    name: str = "programs"
    """What the programs are called."""
    command: str = ""
    """What continues this grading."""
    origin: Origin | None = None
    """The recorded run of the programs, where it was made on other data."""

    def items(self) -> Iterator[Problem | Refusal]:
        """Every wanted problem, and a refusal for what poses none."""
        found: Iterator[Problem | Refusal]
        if self.posed is not None:
            found = iter(self.posed)
        else:
            found = problems(find_source(self.options.data, self.options.split), Filter.of(self.options))
        return found if self.origin is None else self.origin.sifted(found)

    def source(self) -> Source | None:
        """The data; ``None`` where problems are given."""
        return None if self.posed is not None else find_source(self.options.data, self.options.split)

    def limits(self) -> Limits:
        """What one test may cost."""
        return Limits(cpu_seconds=self.options.time_limit, memory_bytes=self.options.memory_mb << 20)


def config_of(request: Request, isolation: Level) -> dict[str, object]:
    """What decides a record: the data, the limits, the interpreter and the walls."""
    options = request.options
    data: dict[str, object] = {"data": "given"}
    source = request.source()
    if source is not None:
        data = {"data checksum": source.checksum(), **({"split": source.split.value} if source.split else {})}
    return data | {
        "time limit": options.time_limit,
        "memory limit": options.memory_mb,
        "python": platform.python_version(),
        "isolation": isolation.value,
    }


def place_for(runs: Path, name: str) -> Callable[[Manifest], Path]:
    """Where a grading stands that was given no folder: named after its programs and what decides its records."""
    stem = re.sub(r"[^\w.-]+", "_", Path(name).name).split(".")[0] or "programs"
    return lambda manifest: runs / f"graded-{stem[:100]}-{manifest.digest[:8]}"


def find_folder(runs: Path, request: Request) -> Path:
    """The one folder below ``runs`` that holds a grading of these programs' file and this data.

    Raises:
        UsageError: there is none, or more than one.
    """
    stem = place_for(runs, request.name)(Manifest({})).name.rpartition("-")[0]
    checksum = find_source(request.options.data, request.options.split).checksum()
    found = [file.parent for file in sorted(runs.glob(f"{stem}-*/{MANIFEST}"))]
    found = [path for path in found if GradingFolder(path).manifest().config.get("data checksum") == checksum]
    if len(found) != 1:
        words = "there is no grading" if not found else f"there are {len(found)} gradings ({', '.join(map(str, found))})"
        raise UsageError(f"--rescore: {words} of {request.name} with this data in {runs}; name its folder by --out")
    return found[0]


def recorded_options(folder: GradingFolder, options: AppsOptions, time_limit: float | None) -> AppsOptions:
    """The options of a recorded grading, with another time limit where one is given.

    Raises:
        UsageError: the folder is that of an audit, whose outputs are not those of plain programs.
    """
    config = folder.manifest().config
    if "programs" in config:
        raise UsageError(f"{folder.path} holds an audit, which cannot be rescored: name the folder of a grading by --out")
    limit = number(config.get("time limit")) if time_limit is None else time_limit
    return replace(options, time_limit=limit, memory_mb=int(number(config.get("memory limit"))))


def facts_of_rescoring(folder: GradingFolder, request: Request, tolerance: float | None) -> Mapping[str, str]:
    """The facts of a rescored grading."""
    facts = dict(facts_of(folder.manifest(), request))
    recorded = f"{number(folder.manifest().config.get('time limit')):g} s"
    return facts | {"rescored": f"stored outputs; run under {recorded}, tolerance {tolerance or float(TOLERANCE):g}"}


def facts_of(manifest: Manifest, request: Request) -> Mapping[str, str]:
    """What a published number must say beside itself."""
    options, config = request.options, manifest.config
    filters = {"difficulty": options.difficulty, "ids": ",".join(options.ids), "limit": options.limit}
    chosen = ", ".join(f"{name} {value}" for name, value in filters.items() if value)
    return {
        "programs": request.name,
        "data": options.data if request.posed is None else "given",
        **{key: str(config[key]) for key in ("data checksum", "split") if key in config},
        **({"made on": request.origin.words} if request.origin else {}),
        **({"only": chosen} if chosen else {}),
        **read_exclusions(options.exclude).facts,
        "rules": ", ".join(request.rules),
        "time limit": f"{options.time_limit:g} s of processor time per test",
        "memory limit": f"{options.memory_mb} MiB",
        "isolation": str(config.get("isolation")),
        "python": str(config.get("python")),
    }


def number(value: object) -> float:
    """A number of a manifest.

    Raises:
        StoreError: it is none.
    """
    if isinstance(value, int | float):
        return value
    raise StoreError(f"{value!r} in {MANIFEST} is no number; restore the file, or grade into another --out")
