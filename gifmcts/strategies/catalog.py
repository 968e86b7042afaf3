"""Strategies by name: a preset's constants, then the user's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import msgspec

from gifmcts.errors import ConfigError
from gifmcts.seams import Strategy
from gifmcts.types import Action

GROUP = "gifmcts.strategies"
_HIDDEN = {"templates", "stops_when_solved", "actions"}


def strategies() -> dict[str, EntryPoint]:
    """The installed strategies by name; none is imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


def open_strategy(
    name: str,
    preset: str,
    actions: Sequence[Action] | None = None,
    constants: Mapping[str, str] | None = None,
    exhaustive: bool = False,
    templates: Mapping[str, str] | None = None,
) -> Strategy[object]:
    """The strategy with a preset's constants, overridden by the given ones; ``templates`` replaces those of the actions that it names.

    Raises:
        ConfigError: an unknown strategy, preset or constant (with a suggestion), a value of the wrong kind, or actions it does not have.
    """
    known = strategies()
    if name not in known:
        raise ConfigError(f"there is no strategy {name!r}{_suggest(name, known)}; installed: {', '.join(sorted(known))}")
    kind = known[name].load()
    presets: Mapping[str, Mapping[str, object]] = kind.PRESETS
    if preset not in presets:
        raise ConfigError(f"{name} has no preset {preset!r}{_suggest(preset, presets)}; it has: {', '.join(presets)}")
    settable = [field.name for field in fields(kind) if field.name not in _HIDDEN]
    values: dict[str, object] = dict(presets[preset])
    for key, value in (constants or {}).items():
        plain = key.replace("-", "_")
        if plain not in settable:
            raise ConfigError(f"{name} has no constant {key!r}{_suggest(plain, settable)}; it has: {', '.join(settable) or 'none'}")
        values[plain] = value
    if actions is not None:
        if "actions" not in {field.name for field in fields(kind)}:
            raise ConfigError(f"{name} has no choice of actions; leave --actions away, or use --strategy gif-mcts")
        if not actions or len(set(actions)) < len(actions):
            raise ConfigError(f"--actions {','.join(actions)}: name at least one of {', '.join(Action)}, each once")
        values["actions"] = tuple(actions)
    if exhaustive:
        values["stops_when_solved"] = False
    if templates:
        usual: Mapping[str, str] = kind().templates
        if unknown := sorted(set(templates) - set(usual)):
            raise ConfigError(f"{name} has no template for {', '.join(unknown)}; it has templates for {', '.join(usual)}")
        values["templates"] = {**usual, **templates}
    try:
        strategy = cast("Strategy[object]", msgspec.convert(values, kind, strict=False))
    except msgspec.ValidationError as error:
        raise ConfigError(f"--set for {name}: {error}; constants: {', '.join(settable)}") from error
    for key in settable:
        value = getattr(strategy, key)
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"--set.{key} {value}: give a finite number")
    return strategy


def open_recorded(config: Mapping[str, object]) -> Strategy[object]:
    """The strategy of a recorded run's configuration.

    Raises:
        ConfigError: it is not installed, or its constants have changed.
    """
    known = strategies()
    name = str(config["strategy"])
    if name not in known:
        raise ConfigError(f"the run's strategy {name!r} is not installed; installed: {', '.join(sorted(known))}")
    try:
        return cast("Strategy[object]", msgspec.convert(config["constants"], known[name].load()))
    except msgspec.ValidationError as error:
        raise ConfigError(f"the run's constants do not fit the installed {name}: {error}; use the version that made the run") from error


def changed_constants(config: Mapping[str, object]) -> dict[str, object]:
    """The constants of a recorded run that are not its preset's; nothing where the strategy is not installed."""
    name, preset, constants = str(config["strategy"]), str(config["preset"]), config["constants"]
    if name not in strategies() or not isinstance(constants, dict):
        return {}
    usual = constants_of(open_strategy(name, preset))
    return {key: value for key, value in constants.items() if value != msgspec.to_builtins(usual.get(key))}


def constants_of(strategy: Strategy[object]) -> dict[str, Any]:
    """Every field of a strategy as plain values, for the run's configuration."""
    return msgspec.json.decode(msgspec.json.encode(strategy), type=dict[str, Any])


def _suggest(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
