"""Models by name: what ``KIND`` or ``KIND/NAME`` opens, found among the entry points ``gifmcts.models``."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Protocol, cast

from cyclopts import Parameter

from gifmcts.errors import ConfigError
from gifmcts.seams import LanguageModel

GROUP = "gifmcts.models"
_DECIDING = ("vllm_arg", "context", "chat", "dtype")
_OF_ONE_KIND = {"vllm_arg": "vllm", "device": "transformers", "dtype": "transformers"}
"""Settings that only one of the kinds which come with gifmcts understands."""
_SHIPPED = ("simulated", "replay", "server", "vllm", "transformers")

References = Callable[[str], Sequence[str]]
"""Known solutions of a task by its id; only the simulated model asks for them."""


@dataclass(frozen=True)
class ModelSettings:
    """How models are reached; what of it decides answers is told by ``deciding``, and the API key is never part of it."""

    base_url: tuple[str, ...] = ()
    """Address of an OpenAI-compatible server, such as http://127.0.0.1:8000; several share the problems evenly."""
    simulated_latency: float = 0.0
    """Seconds that the simulated model takes for each answer."""
    request_timeout: float = 600.0
    """Seconds after which one request is given up and its connection closed."""
    retry_seconds: float = 120.0
    """Seconds during which a request that the server could not serve is sent again before the run pauses."""
    max_in_flight: int = 64
    """Requests that one address serves at the same time; for transformers/NAME the answers of one batch."""
    vllm_arg: Annotated[tuple[str, ...], Parameter(allow_leading_hyphen=True)] = ()
    """An argument of the server that vllm/NAME starts, such as --vllm-arg=--max-model-len=8192; repeatable, part of the configuration."""
    vllm_python: Path | None = None
    """The interpreter of an environment that has vLLM, where that of gifmcts has none."""
    device: str = "auto"
    """Where transformers/NAME is computed: cuda, cuda:1 or cpu; auto is cuda where there is one, else cpu."""
    dtype: str = "auto"
    """The type of its weights: float32, bfloat16 or float16; auto is the checkpoint's own on a GPU and float32 on a CPU."""
    context: int | None = None
    """Tokens that prompt and answer have together, where it is to be less than the model could take."""
    chat: Annotated[dict[str, object], Parameter(parse=False)] = field(default_factory=dict)
    """What the chat template is told besides the messages, such as enable_thinking; from a model file."""
    folder: Annotated[Path | None, Parameter(parse=False)] = None
    """Where a server that is started for a run writes its log."""

    def __post_init__(self) -> None:
        """Refuse what cannot be waited for or sent."""
        if self.context is not None and self.context < 1:
            raise ConfigError(f"context is {self.context}: give a number of tokens, or leave it away")
        if self.max_in_flight < 1:
            raise ConfigError(f"max_in_flight is {self.max_in_flight}: at least one request must be allowed at a time")
        if not 0 < self.request_timeout < math.inf:
            raise ConfigError(f"request_timeout is {self.request_timeout}: give a positive number of seconds")
        for name in ("simulated_latency", "retry_seconds"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}: give zero or more seconds")

    def deciding(self) -> dict[str, object]:
        """What is set of that which decides answers, for the run's configuration."""
        usual = ModelSettings()
        return {name: getattr(self, name) for name in _DECIDING if getattr(self, name) != getattr(usual, name)}


class OpenedModel(LanguageModel, Protocol):
    """A language model as the catalogue opens it: it can also be tried out and says how it is asked."""

    async def preflight(self) -> None:
        """Try the model before a run.

        Raises:
            PreflightError: it cannot serve a run; the message says what to do.
        """
        ...

    def facts(self) -> Mapping[str, str]:
        """What a run's header must say of the model; complete after ``preflight``, and without any secret."""
        ...


class ModelKind(Protocol):
    """What an entry point of the group ``gifmcts.models`` names: a class that opens models of one kind."""

    def open(self, name: str, settings: ModelSettings, references: References, seed: int) -> OpenedModel:
        """Open the model ``name`` of this kind (empty where only the kind was given), contacting nothing yet."""
        ...


def open_model(spec: str, settings: ModelSettings, references: References, seed: int) -> OpenedModel:
    """Open ``simulated``, ``replay/RUN_PATH``, ``server/NAME``, ``vllm/NAME`` or a model of an installed kind; ``seed`` is the run's.

    Raises:
        ConfigError: no such kind, or a name or setting that it cannot use.
    """
    word, _, name = spec.partition("/")
    kinds = {found.name: found for found in entry_points(group=GROUP)}
    if word not in kinds:
        raise ConfigError(_unknown(spec, sorted(kinds)))
    _refuse_idle(word, settings)
    return _load(kinds[word]).open(name, settings, references, seed)


def _refuse_idle(word: str, settings: ModelSettings) -> None:
    """Refuse a setting that the kind of model would ignore: it would change the configuration and no answer."""
    usual = ModelSettings()
    for name, kind in _OF_ONE_KIND.items():
        if word in _SHIPPED and word != kind and getattr(settings, name) != getattr(usual, name):
            flag = f"--{name.replace('_', '-')}"
            instead = f"; write --vllm-arg={flag}={getattr(settings, name)} for it" if (word, name) == ("vllm", "dtype") else ""
            raise ConfigError(f"{flag} is for {kind}/NAME and would change nothing of {word}/NAME: leave it away{instead}")


def _load(found: EntryPoint) -> ModelKind:
    try:
        return cast("ModelKind", found.load())
    except ImportError as error:
        raise ConfigError(f"the model kind {found.name!r} cannot be imported ({error}); install what it needs") from error


def _unknown(spec: str, kinds: list[str]) -> str:
    word = spec.partition("/")[0]
    close = get_close_matches(word, kinds, n=1)
    named = f"a checkpoint of this name or path is 'vllm/{spec}', a model that a server offers under it 'server/{spec}'."
    advice = f"did you mean {close[0]!r}?" if close else named
    return f"no model kind {word!r} in {spec!r}; {advice} Kinds that are installed: {', '.join(kinds)}"
