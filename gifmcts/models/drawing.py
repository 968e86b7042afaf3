"""Tokens drawn from a model's scores, each answer of a batch by a generator of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import torch

from gifmcts.types import Finish, Sampling


@dataclass(slots=True)
class Line:
    """One answer while it is written: its tokens so far, and why it ended once it has."""

    seed: int
    abandoned: Callable[[], bool] = lambda: False
    ids: list[int] = field(default_factory=list)
    finish: Finish | None = None
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        """The draws depend on the seed alone: they are the same on every device, and whatever else is written in the batch."""
        self.rng = Random(self.seed)


class Pen:
    """Writes the next token of every line that goes on; stands among the score processors of ``generate``, which then takes the highest."""

    def __init__(self, lines: Sequence[Line], sampling: Sampling, ends: frozenset[int], stopped: Callable[[list[int]], bool]) -> None:
        """``ends`` are the token ids that end an answer, ``stopped`` tells whether an answer's ids hold a stop string."""
        self._lines, self._sampling, self._ends, self._stopped = lines, sampling, ends, stopped

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Draw, and leave nothing but what was drawn."""
        chosen = draw(scores, self._sampling, [line.rng.random() for line in self._lines])
        for line, token in zip(self._lines, chosen.tolist(), strict=True):
            if line.finish is None:
                self._write(line, token)
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen.unsqueeze(1), 0.0)

    def _write(self, line: Line, token: int) -> None:
        line.ids.append(token)
        if token in self._ends or self._stopped(line.ids) or line.abandoned():
            line.finish = Finish.STOP
        elif len(line.ids) >= self._sampling.max_tokens:
            line.finish = Finish.LENGTH


class Full:
    """Tells ``generate`` which lines have ended."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """One truth value a line."""
        return torch.tensor([line.finish is not None for line in self._lines], device=input_ids.device)


def draw(scores: torch.Tensor, sampling: Sampling, uniforms: Sequence[float]) -> torch.Tensor:
    """One token a row of ``scores`` (rows × vocabulary): the highest at temperature 0, else by inversion of the distribution function.

    ``uniforms`` are in [0, 1), one a row. The distribution function runs in the order of the vocabulary, so that rounding which
    swaps two nearly equal scores moves no draw.
    """
    if sampling.temperature == 0:
        return scores.argmax(dim=-1)
    cumulative = _likely(scores.double() / sampling.temperature, sampling).softmax(dim=-1).cumsum(dim=-1)
    drawn = torch.tensor(uniforms, dtype=torch.float64, device=scores.device).unsqueeze(1)
    return torch.searchsorted(cumulative, drawn * cumulative[:, -1:], right=True).squeeze(1).clamp_(max=scores.shape[1] - 1)


def _likely(logits: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """The ``top_k`` highest, of them the fewest that hold ``top_p`` of the probability, with those equal to the last; others at -inf.

    The nucleus is that of Holtzman et al. (2020), within the ``top_k`` as in vLLM.
    """
    share = 1.0 if sampling.top_p is None else sampling.top_p
    if share >= 1 and not sampling.top_k:
        return logits
    count = min(sampling.top_k or logits.shape[1], logits.shape[1])
    highest = logits.topk(count, dim=-1).values
    before = highest.softmax(dim=-1).cumsum(dim=-1).roll(1, dims=-1)
    before[:, 0] = 0.0
    last = highest.masked_fill(before >= share, torch.inf).amin(dim=-1, keepdim=True) if share < 1 else highest[:, -1:]
    return logits.masked_fill(logits < last, -torch.inf)
