"""Ablations as data: a file that changes a few settings of a run, and the question that it asks."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, get_args, get_type_hints

import msgspec

from gifmcts.errors import ConfigError, UsageError
from gifmcts.settings import RunSettings, SamplingSettings

Record = TypeVar("Record")
BASELINE, SAMPLES = "baseline", "best-of-n"
_SEARCH = ("strategy", "preset", "actions", "set", "templates", "window", "duplicates", "prompts")
"""The settings of a run that an ablation may change; budget, model, problems and seeds are those of all its arms."""
_SAMPLING = tuple(field.name for field in fields(SamplingSettings))
_BENCHMARK = "benchmark"
"""The table of the benchmark's own options."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The settings as they are, from which every arm starts."""

    settings: RunSettings
    sampling: SamplingSettings
    options: object = None
    """The benchmark's, a frozen dataclass."""
    judging: frozenset[str] = frozenset()
    """Which of the benchmark's options an arm may change."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of searching: its name, what it asks, which settings it changes, and the settings that this makes."""

    name: str
    question: str
    """Empty where the file does not begin with a comment."""
    changes: Mapping[str, object]
    settings: RunSettings
    sampling: SamplingSettings
    options: object = None
    file: Path | None = None
    """Where it was read; nothing for the arms that every ablation has."""


def arms(files: Sequence[Path], usual: Usual) -> list[Arm]:
    """The baseline, which is the settings as they are, best-of-n at the same budget, and an arm a file.

    Raises:
        UsageError: no file, two of one name, or settings that leave no room for an ablation.
        ConfigError: a file that cannot be read, or a key or value that does not exist.
    """
    if not files:
        raise UsageError("name at least one file that says what to change, such as configs/ablations/actions/no-fix.toml")
    settings = usual.settings
    for flag, given in (("--pass-at", settings.pass_at), ("--name", settings.name)):
        if given:
            raise UsageError(
                f"{flag} goes with `gifmcts run` only: the runs of an ablation are compared as searches and named after their settings"
            )
    found = [Arm(BASELINE, "the settings as they are", {}, settings, usual.sampling, usual.options)]
    if settings.strategy != SAMPLES:
        question, samples = "What does the search add to independent samples?", _switched(settings, SAMPLES)
        found.append(Arm(SAMPLES, question, {"strategy": SAMPLES}, samples, usual.sampling, usual.options))
    for file in files:
        arm = read_arm(file, usual)
        if arm.name in {known.name for known in found}:
            raise UsageError(f"{file}: there is an arm named {arm.name!r} already; give the file another name")
        found.append(arm)
    return found


@contextmanager
def blaming(arm: Arm) -> Iterator[None]:
    """Name the arm's file in what is refused of its settings.

    Raises:
        ConfigError: the block refuses them.
    """
    try:
        yield
    except UsageError as error:
        if arm.file is None:
            raise
        raise ConfigError(f"{arm.file}: {error}") from error


def read_arm(file: Path, usual: Usual) -> Arm:
    """The arm of a TOML file: its keys override the settings, tables key by key, and its first comment is its question.

    A file that chooses another strategy starts from that strategy's own constants, actions and templates.

    Raises:
        ConfigError: the file cannot be read, or has a key or value that does not exist; the message suggests one.
    """
    try:
        text = file.read_text(encoding="utf-8")
        changes = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; give a TOML file such as those of configs/ablations") from error
    except ValueError as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error
    if not changes:
        raise ConfigError(f'{file} changes nothing: write a key such as actions = ["generate", "fix"]')
    if misplaced := sorted(usual.judging & changes.keys()):
        raise ConfigError(f"{file}: {misplaced[0]!r} is an option of the benchmark: write it below a line [{_BENCHMARK}]")
    _refuse_unknown(file, changes, (*_SEARCH, *_SAMPLING, f"[{_BENCHMARK}]"), RunSettings)
    search = {key: value for key, value in changes.items() if key in _SEARCH}
    drawn = {key: value for key, value in changes.items() if key in _SAMPLING}
    start = usual.settings
    if (strategy := search.get("strategy", start.strategy)) != start.strategy:
        start = _switched(start, str(strategy))
    settings, sampling = _changed(file, start, search), _changed(file, usual.sampling, drawn)
    return Arm(file.stem, _question(text), changes, settings, sampling, _options(file, usual, changes), file)


def _switched(settings: RunSettings, strategy: str) -> RunSettings:
    """The settings with another strategy, without what was said of the one before."""
    return replace(settings, strategy=strategy, actions=None, set={}, templates={})


def _options(file: Path, usual: Usual, changes: Mapping[str, object]) -> object:
    """The benchmark's options with those of the file's table.

    Raises:
        ConfigError: an option that does not exist, or would pose other problems than the baseline's.
    """
    table = changes.get(_BENCHMARK)
    if table is None:
        return usual.options
    if not isinstance(table, Mapping):
        raise ConfigError(f"{file}: {_BENCHMARK} = {table!r}: write the benchmark's options as a table [{_BENCHMARK}]")
    if not usual.judging:
        raise ConfigError(f"{file}: this benchmark has no option in which the arms of an ablation may differ; leave out [{_BENCHMARK}]")
    _refuse_unknown(file, table, sorted(usual.judging), type(usual.options), f"{_BENCHMARK}.")
    return _changed(file, usual.options, table, f"{_BENCHMARK}.")


def _refuse_unknown(file: Path, table: Mapping[str, object], known: Sequence[str], record: type, where: str = "") -> None:
    """Refuse keys that no setting has, and settings of the record that all arms have in common."""
    plain, common = [name.strip("[]") for name in known], {field.name for field in fields(record)}
    for key in table:
        if key not in plain:
            close = get_close_matches(key, plain, 1) if key not in common else []
            hint = f"did you mean {close[0]!r}?" if close else f"it may change {', '.join(known)}"
            why = "which is the same for all arms; " if key in common else ""
            raise ConfigError(f"{file}: an ablation cannot change '{where}{key}', {why}{hint}")


def _changed(file: Path, record: Record, changes: Mapping[str, object], where: str = "") -> Record:
    """The settings with the file's values; a table changes only the keys that it has."""
    return replace(record, **{key: _value(file, record, key, value, where) for key, value in changes.items()})  # type: ignore[type-var]


def _value(file: Path, record: object, key: str, value: object, where: str) -> object:
    if key == "prompts":
        return file.parent / str(value)
    if isinstance(value, Mapping) and isinstance(old := getattr(record, key), Mapping):
        value = {**old, **{name: _word(item) for name, item in value.items()}}
    wanted = get_type_hints(type(record))[key]
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {where}{key} = {value!r}: {_hint(wanted, value) or error}") from error


def _hint(wanted: object, value: object) -> str:
    """What a setting that is one of few, or a list of such, may be; nothing for any other."""
    choices = list(_choices(wanted))
    wrong = [str(one) for one in (value if isinstance(value, list) else [value]) if one not in choices]
    return f"there is no {wrong[0]!r}; choose among {', '.join(choices)}" if choices and wrong else ""


def _choices(kind: object) -> Iterator[str]:
    """The words of every enumeration that a type speaks of."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        yield from kind
    for part in get_args(kind):
        yield from _choices(part)


def _word(value: object) -> str:
    """A constant as it would be written on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _question(text: str) -> str:
    """The comment that the file begins with, in one line."""
    words = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words.append(line.lstrip("#").strip())
    return " ".join(words)
