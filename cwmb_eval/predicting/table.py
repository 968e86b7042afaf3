"""A language model's predictions beside those of a program, with what a step of either costs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cwmb_eval.dataset import DataSet
from cwmb_eval.judging import asking
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.scores import Metric, Scores, scores
from cwmb_eval.predicting.questions import Predicted
from cwmb_eval.transitions import Indices, Split
from gifmcts.types import Verdict

HEADER = ("environment", "n", "by", "accuracy", "right", "unread", "s/step", "tokens", "ratio")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two over the same transitions."""

    accuracy: float
    """The mean score; what was not answered has none."""
    right: int
    """How many transitions are right in everything."""
    seconds: float | None
    """The mean of a step; ``None`` where none was answered."""

    def cells(self) -> tuple[str, str]:
        """How good it is."""
        return f"{self.accuracy:.3f}", str(self.right)


@dataclass(frozen=True, slots=True)
class Row:
    """One environment."""

    environment: str
    split: str
    samples: int
    model: Side
    code: Side
    unreadable: int
    prompt_tokens: float
    """The mean of a step."""
    completion_tokens: float
    simulated: bool
    first: str = ""
    """Why the first unreadable answer is that."""
    fault: str = ""
    """Why the program did not answer everything."""

    @property
    def ratio(self) -> float | None:
        """How many times longer the model takes."""
        return self.model.seconds / self.code.seconds if self.model.seconds and self.code.seconds else None

    def cells(self) -> list[tuple[str, ...]]:
        """A line for the model and one for the program, as ``HEADER`` names their cells."""
        tokens = f"{self.prompt_tokens:.0f} + {self.completion_tokens:.0f}"
        longer = "–" if self.ratio is None else f"{self.ratio:,.0f}"
        return [
            (
                self.environment,
                str(self.samples),
                "model",
                *self.model.cells(),
                str(self.unreadable),
                _told(self.model.seconds),
                tokens,
                longer,
            ),
            ("", "", "code", *self.code.cells(), "", _told(self.code.seconds), "", ""),
        ]

    def notes(self) -> list[str]:
        """What went wrong on either side."""
        told = [f"{self.unreadable} answers cannot be read; the first: {self.first}"] if self.unreadable else []
        told += [f"the program: {self.fault}"] if self.fault else []
        return [f"{self.environment}: {note}" for note in told]

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {**asdict(self), "ratio": self.ratio}


async def compare(judge: Judge, data: DataSet, split: Split, rows: Indices, predicted: Predicted, source: str, simulated: bool) -> Row:
    """Let the program predict the split in the jail, and score both on the same rows of it.

    Raises:
        SandboxError: the jail failed, which says nothing about the program.
    """
    some, spec, asked = data.splits[split], data.spec, predicted.completions
    found = await asking.predict(judge.sandbox, judge.limits, spec, source, some, every=True)
    whole = found.verdict is Verdict.PASS
    seconds = asking.processor_seconds(found) / (2 * len(some)) if whole else None
    answered = sum(completion.seconds for completion in asked) / len(asked)
    return Row(
        spec.name,
        split.value,
        len(rows),
        _side(scores(Metric.ACCURACY, some, predicted.found, spec), rows, answered or None),
        _side(scores(Metric.ACCURACY, some, found, spec), rows, seconds),
        len(predicted.unreadable),
        sum(completion.prompt_tokens for completion in asked) / len(asked),
        sum(completion.completion_tokens for completion in asked) / len(asked),
        simulated,
        next(iter(predicted.unreadable), ""),
        "" if whole else str(found.fault),
    )


def _side(of: Scores, rows: Indices, seconds: float | None) -> Side:
    """Scores of these rows alone."""
    place = {int(row): index for index, row in enumerate(of.rows)}
    chosen = [place[int(row)] for row in rows]
    return Side(float(of.score[chosen].mean()), int(of.passed[chosen].sum()), seconds)


def means(rows: Sequence[Row]) -> str:
    """A sentence over all environments."""
    model, code = (sum(getattr(row, side).accuracy for row in rows) / len(rows) for side in ("model", "code"))
    return f"mean accuracy over {len(rows)} environments: model {model:.3f}, code {code:.3f}"


def _told(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.2g}"
