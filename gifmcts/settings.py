"""What a run is asked to do, as one flat record that flags, environment and TOML fill."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token, convert

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


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How tokens are drawn; the defaults are the paper's for Llama 3 (arXiv 2405.15383, appendix)."""

    temperature: float = 1.0
    """0 is greedy."""
    top_p: float = 0.8
    """Share of the probability that tokens are drawn from."""
    top_k: int = 100
    """0 leaves the choice to the server."""
    max_tokens: int = 1500
    """Tokens of one answer, at most."""
    stop: tuple[str, ...] = ()
    """At most four strings that end an answer."""

    def sampling(self) -> Sampling:
        """The same for a model."""
        return Sampling(self.temperature, self.top_p, self.top_k or None, self.max_tokens, self.stop)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run searches with, for how long, and where it is written."""

    model: str = "simulated"
    """simulated, server/NAME, or replay/RUN."""
    strategy: str = "gif-mcts"
    """The search policy: gif-mcts, best-of-n, zero-shot, or another that is installed."""
    preset: Preset = Preset.HONEST
    """Whose constants the strategy uses: honest mends the published implementation, paper follows it."""
    actions: Annotated[tuple[Action, ...] | None, LISTED] = None
    """The actions of gif-mcts, for ablations; the root can always generate once."""
    set: dict[str, str] = field(default_factory=dict)
    """A constant of the strategy, as --set.exploration 0.2."""
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
