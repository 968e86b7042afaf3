"""What the true environment answers when it sees no more than a program: the ceiling of every score."""

from collections.abc import Mapping

import numpy as np

from cwmb_eval.judging.asking import Predictions
from cwmb_eval.judging.session import EXTRA
from cwmb_eval.metrics.scores import Metric, Scores, scores
from cwmb_eval.transitions import Flags, Split, Transitions
from cwmb_eval.worlds.world import World


def predicted(world: World, recorded: Transitions) -> Predictions:
    """The answers of the true environment, started from each recorded observation alone; none where it cannot be."""
    width = world.spec.observations.width
    table = np.full((len(recorded), width + EXTRA), np.nan)
    for row in range(len(recorded)):
        if world.place(recorded.observation[row]):
            action = recorded.action[row]
            answer = world.step(int(action[0]) if world.spec.actions.discrete else action)
            table[row, :width] = answer.observation
            table[row, width : width + 3] = answer.reward, answer.terminated, answer.valid
    return Predictions(np.arange(len(recorded)), table)


def true_scores(world: World, recorded: Transitions, metric: Metric = Metric.ACCURACY) -> Scores:
    """What these answers are worth; undefined for a stochastic environment."""
    return scores(metric, recorded, predicted(world, recorded), world.spec)


def exactness(world: World, recorded: Transitions) -> Flags:
    """For each transition, whether the answer is right in everything that counts."""
    return true_scores(world, recorded).passed


def ceilings(world: World, splits: Mapping[Split, Transitions]) -> dict[str, float]:
    """The accuracy of these answers, split by split; nothing where the environment is stochastic."""
    if world.spec.stochastic:
        return {}
    return {split.value: true_scores(world, some).mean for split, some in splits.items()}
