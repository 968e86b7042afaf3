"""Running programs on tests and judging what came out; the only place that knows both a program and a right answer."""

from apps_eval.judges.trial import Judge, Trial

__all__ = ["Judge", "Trial"]
