"""What a run is asked to do, as one flat record that flags, environment and TOML fill."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter, Token, convert

from gifmcts.duplicates import Duplicates
from gifmcts.errors import ConfigError
from gifmcts.types import Action, Sampling


def _listed(kind: object, tokens: Sequence[Token]) -> object:
    """The items of a list that may be given with commas, repeated, or both."""
    words = [word for token in tokens for word in token.value.split(",") if word]
    if not words and any(token.value for token in tokens):
        raise ValueError(f"{tokens[0].value!r} lists nothing")
    return convert(kind, words) if words else ()


LISTED = Parameter(converter=_listed, n_tokens=1)
"""For lists on the command line: ``--pass-at 1,5 --pass-at 10``."""


class Preset(StrEnum):
    """Whose constants a strategy uses."""

    HONEST = "honest"
    PAPER = "paper"


class Grading(StrEnum):
    """Which programs of a finished tree are graded on the tests that score it."""

    FRONTIER = "frontier"
    """Every program that was the best so far at some number of calls."""
    BEST = "best"
    ALL = "all"


class SamplingPreset(StrEnum):
    """Whose way to draw tokens is used where nothing else is said."""

    PAPER_LLAMA3 = "paper-llama3"
    GREEDY = "greedy"


SAMPLING_PRESETS: Mapping[SamplingPreset, Mapping[str, float | None]] = {
    SamplingPreset.PAPER_LLAMA3: {"temperature": 1.0, "top_p": 0.8, "top_k": 100, "max_tokens": 1500},
    SamplingPreset.GREEDY: {"temperature": 0.0, "top_p": None, "top_k": None},
}
"""What the presets set; ``paper-llama3`` is the paper's for Llama 3 (arXiv 2405.15383, appendix) and stands behind all others."""


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How tokens are drawn, as far as it is said: a flag wins over --sampling, that over a model file, that over paper-llama3."""

    sampling: SamplingPreset | None = None
    """paper-llama3 (temperature 1, top-p 0.8, top-k 100, max-tokens 1500) or greedy (temperature 0); single flags win over it."""
    temperature: float | None = None
    """0 is greedy."""
    top_p: float | None = None
    """Share of the probability that tokens are drawn from."""
    top_k: int | None = None
    """Tokens are drawn from this many likeliest; 0 leaves the choice to the server."""
    max_tokens: int | None = None
    """Tokens of one answer, at most."""
    stop: tuple[str, ...] = ()
    """At most four strings that end an answer."""

    def resolved(self, model: "SamplingSettings | None" = None) -> Sampling:
        """How tokens are drawn, every value decided; ``model`` is what a model file says.

        Raises:
            ConfigError: values that no model can draw by.
        """
        values: dict[str, object] = dict(SAMPLING_PRESETS[SamplingPreset.PAPER_LLAMA3])
        for said in (model or SamplingSettings(), self):
            values |= SAMPLING_PRESETS[said.sampling] if said.sampling else {}
            names = [one.name for one in fields(said) if one.name != "sampling"]
            values |= {name: getattr(said, name) for name in names if getattr(said, name) not in (None, ())}
        sampling = msgspec.convert(values | {"top_k": values["top_k"] or None}, Sampling)
        _check(sampling)
        return sampling


def _check(sampling: Sampling) -> None:
    top_p, top_k = 1.0 if sampling.top_p is None else sampling.top_p, sampling.top_k or 0
    if sampling.max_tokens < 1 or not 0 <= sampling.temperature < math.inf or not 0 < top_p <= 1 or top_k < 0:
        raise ConfigError("sampling needs --max-tokens ≥ 1, --temperature ≥ 0, 0 < --top-p ≤ 1 and --top-k ≥ 0")
    if len(sampling.stop) > 4:
        raise ConfigError(f"{len(sampling.stop)} stop strings: servers take at most four")


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run searches with, for how long, and where it is written."""

    model: str = "simulated"
    """simulated, vllm/NAME_OR_PATH, transformers/NAME_OR_PATH, server/NAME, replay/RUN, or a model file FILE.toml."""
    strategy: str = "gif-mcts"
    """The search policy: gif-mcts, rex, worldcoder, ab-mcts-a, greedy, sequential, best-of-n, zero-shot, or another that is installed."""
    preset: Preset = Preset.HONEST
    """Whose constants the strategy uses: honest mends the published implementation, paper follows it."""
    actions: Annotated[tuple[Action, ...] | None, LISTED] = None
    """The actions of gif-mcts, for ablations; the root can always generate once."""
    set: dict[str, str] = field(default_factory=dict)
    """A constant of the strategy, as --set.exploration 0.2."""
    templates: dict[str, str] = field(default_factory=dict)
    """The prompt template of an action, as --templates.improve improve_blind."""
    duplicates: Duplicates = Duplicates.ONCE
    """Whether a program that its tree has already, in whatever layout, is evaluated once or every time."""
    budget: int = 20
    """Model calls a problem."""
    window: int = 1
    """Model calls in flight a problem; the result depends on it, and on nothing else of timing."""
    seed: int = 0
    """Everything random is derived from it."""
    pass_at: Annotated[tuple[int, ...], LISTED] = ()
    """k of pass@k for best-of-n: no early stop, every sample is graded."""
    grade: Grading = Grading.FRONTIER
    """Which programs are graded on the tests that score."""
    concurrency: int = 32
    """Problems searched at once."""
    name: str | None = None
    """The run's name; derived from the configuration when not given."""
    runs: Path = Path("runs")
    """Where run folders stand."""
    fresh: bool = False
    """Forget an earlier run of this name."""
    prompts: Path | None = None
    """A directory whose templates replace the packaged ones of the same name."""
    max_tokens_total: int | None = None
    """Stop, to be continued, when the run has used this many tokens, those of earlier starts included."""
    max_hours: float | None = None
    """Stop, to be continued, after this many hours of this start."""
