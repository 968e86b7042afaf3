"""Ablations as data: a file that changes a few settings of a run, and the question that it asks."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec

from gifmcts.errors import ConfigError, UsageError
from gifmcts.settings import RunSettings, SamplingSettings

BASELINE, SAMPLES = "baseline", "best-of-n"
_SEARCH = ("strategy", "preset", "actions", "set", "templates", "window", "duplicates", "prompts")
"""The settings of a run that an ablation may change; budget, model, data and seeds are those of all its arms."""
_SAMPLING = tuple(field.name for field in fields(SamplingSettings))


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of searching: its name, what it asks, which settings it changes, and the settings that this makes."""

    name: str
    question: str
    changes: Mapping[str, object]
    settings: RunSettings
    sampling: SamplingSettings


def arms(files: Sequence[Path], settings: RunSettings, sampling: SamplingSettings) -> list[Arm]:
    """The baseline, which is the settings as they are, best-of-n at the same budget, and an arm a file.

    Raises:
        UsageError: no file, two of one name, or settings that leave no room for an ablation.
        ConfigError: a file that cannot be read, or a key or value that does not exist.
    """
    if not files:
        raise UsageError("name at least one file that says what to change, such as configs/ablations/actions/no-fix.toml")
    for flag, given in (("--pass-at", settings.pass_at), ("--name", settings.name)):
        if given:
            raise UsageError(
                f"{flag} goes with `gifmcts run` only: the runs of an ablation are compared as searches and named after their settings"
            )
    found = [Arm(BASELINE, "the settings as they are", {}, settings, sampling)]
    if settings.strategy != SAMPLES:
        samples = replace(settings, strategy=SAMPLES, actions=None, set={}, templates={})
        found.append(Arm(SAMPLES, "what does the search add to independent samples?", {"strategy": SAMPLES}, samples, sampling))
    for file in files:
        arm = read_arm(file, settings, sampling)
        if arm.name in {known.name for known in found}:
            raise UsageError(f"{file}: there is an arm named {arm.name!r} already; give the file another name")
        found.append(arm)
    return found


def read_arm(file: Path, settings: RunSettings, sampling: SamplingSettings) -> Arm:
    """The arm of a TOML file: its keys override the settings, tables key by key, and its first comment is its question.

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
    if unknown := sorted(set(changes) - {*_SEARCH, *_SAMPLING}):
        close = get_close_matches(unknown[0], [*_SEARCH, *_SAMPLING], 1)
        hint = f"did you mean {close[0]!r}?" if close else f"it may change {', '.join((*_SEARCH, *_SAMPLING))}"
        raise ConfigError(f"{file}: an ablation cannot change {unknown[0]!r}; {hint}")
    if not changes:
        raise ConfigError(f'{file} changes nothing: write a key such as actions = ["generate", "fix"]')
    search = {key: _value(file, RunSettings, settings, key, value) for key, value in changes.items() if key in _SEARCH}
    drawn = {key: _value(file, SamplingSettings, sampling, key, value) for key, value in changes.items() if key in _SAMPLING}
    return Arm(file.stem, _question(text), changes, replace(settings, **search), replace(sampling, **drawn))  # type: ignore[arg-type]


def _value(file: Path, kind: type, old: object, key: str, value: object) -> object:
    """A value of the file as its setting; a table changes only the keys that it has."""
    if key == "prompts":
        return file.parent / str(value)
    if isinstance(value, Mapping):
        value = {**msgspec.to_builtins(getattr(old, key)), **{name: _word(item) for name, item in value.items()}}
    wanted = get_type_hints(kind)[key]
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {key} = {value!r}: {_hint(wanted, value) or error}") from error


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
