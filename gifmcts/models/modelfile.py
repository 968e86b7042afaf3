"""A model's own settings in a TOML file: its name, where it is served, how it is sampled, and what its template is told."""

import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path

import msgspec

from gifmcts.errors import ConfigError
from gifmcts.models.catalog import ModelSettings
from gifmcts.settings import SamplingSettings
from gifmcts.types import Sampling

_SETTINGS = ("base_url", "context", "chat", "device", "dtype", "vllm_arg")
"""Settings that a model can have of its own; the others belong to a run."""
_DEEPEST = 100
"""How deep values of [chat] may nest."""
_LARGEST = 1 << 20
"""Bytes of a model file."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a model file says; every key but ``name`` may be left away."""

    name: str
    """As ``--model`` takes it, such as ``server/NAME``."""
    base_url: tuple[str, ...] = ()
    context: int | None = None
    device: str = "auto"
    dtype: str = "auto"
    vllm_arg: tuple[str, ...] = ()
    chat: dict[str, object] = field(default_factory=dict)
    """What the chat template is told besides the messages, in a table ``[chat]``."""
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    """In a table ``[sampling]``, where the preset's key is ``preset``."""


@dataclass(frozen=True, slots=True)
class Described:
    """A model by its kind and name, how it is reached, and how its tokens are drawn: everything decided."""

    model: str
    settings: ModelSettings
    sampling: Sampling


def describe(model: str, settings: ModelSettings, sampling: SamplingSettings) -> Described:
    """Resolve what ``--model`` says: a model by its name, or a model file, over whose values flags win.

    Raises:
        ConfigError: the file cannot be read or says something that cannot be meant.
    """
    if not model.endswith(".toml"):
        return Described(model, settings, sampling.resolved())
    said = read(Path(model))
    usual = ModelSettings()
    mine = {name: getattr(said, name) for name in _SETTINGS if getattr(settings, name) == getattr(usual, name)}
    return Described(said.name, replace(settings, **mine), sampling.resolved(said.sampling))


def read(path: Path) -> ModelFile:
    """What a model file says.

    Raises:
        ConfigError: it cannot be read, or has a key that does not exist (with a suggestion) or a value of the wrong kind.
    """
    try:
        if path.exists() and not path.is_dir() and (not path.is_file() or path.stat().st_size > _LARGEST):
            raise ConfigError(f"the model file {path} is no file of at most {_LARGEST >> 20} MiB")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the model file {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the model file {path} is not TOML: {error}") from error
    if isinstance(table.get("base_url"), str):
        table["base_url"] = [table["base_url"]]
    drawn = table.get("sampling", {})
    if isinstance(drawn, dict):
        _refuse_unknown(drawn, {"preset" if name == "sampling" else name for name in _names(SamplingSettings)}, f"{path} [sampling]")
        table["sampling"] = {"sampling" if key == "preset" else key: value for key, value in drawn.items()}
    _refuse_unknown(table, _names(ModelFile), str(path))
    try:
        said = msgspec.convert(table, ModelFile)
        json.dumps(said.chat, allow_nan=False, default=str)
        _refuse_deep(said.chat)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the model file {path}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the model file {path}: [chat] cannot be sent to a server: {error}") from error
    if said.name.endswith(".toml"):
        raise ConfigError(f"the model file {path}: name is {said.name!r}; give a model such as server/NAME, not another file")
    return said


def _refuse_deep(value: object) -> None:
    """What nests deeper than templates need is refused alike by every interpreter, however deep its own stack is."""
    level, depth = [value], 0
    while level := [item for one in level for item in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")


def _names(record: type) -> set[str]:
    return {one.name for one in fields(record)}


def _refuse_unknown(table: Mapping[str, object], known: Collection[str], where: str) -> None:
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, 1)
            advice = f" (did you mean {close[0]!r}?)" if close else ""
            raise ConfigError(f"the model file {where} has no key {key!r}{advice}; it may have: {', '.join(sorted(known))}")
