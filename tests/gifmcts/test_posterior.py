"""What strategies draw from is what their papers say."""

from collections import Counter
from dataclasses import replace
from random import Random
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, kstest, t
from scripted import Scripted
from searching import TINY, search

from gifmcts.strategies.posterior import Prior, Scores
from gifmcts.strategies.rex import Rex
from gifmcts.tree import Tree
from gifmcts.types import Action, Move

PRIOR = Prior(0.0, 1.0, 1.0, 0.1)


def seen(*scores: float) -> Scores:
    found = Scores()
    for score in scores:
        found.add(score)
    return found


def test_the_posterior_is_the_one_by_hand() -> None:
    """Two scores of 1/2 and 1 under the prior (0, 1, 1, 0.1)."""
    found = PRIOR.posterior(seen(0.5, 1.0))
    assert (found.mean, found.count, found.degrees) == (0.5, 3.0, 3.0)
    assert found.variance == pytest.approx((0.1 + 0.125 + 2 / 3 * 0.75**2) / 3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.integers(0, 20))
def test_scores_can_be_seen_in_parts(scores: list[float], cut: int) -> None:
    """The posterior of some is the prior of the others."""
    whole = PRIOR.posterior(seen(*scores))
    parts = PRIOR.posterior(seen(*scores[:cut])).posterior(seen(*scores[cut:]))
    assert (whole.mean, whole.count, whole.degrees, whole.variance) == pytest.approx(
        (parts.mean, parts.count, parts.degrees, parts.variance)
    )


def test_draws_of_the_mean_follow_students_law() -> None:
    """The marginal of the mean is Student's t with the posterior's degrees, mean and scale."""
    scores = seen(0.2, 0.4, 0.9, 1.0)
    belief, rng = PRIOR.posterior(scores), Random(1)
    drawn = [PRIOR.draw(scores, 0, rng) for _ in range(4000)]
    scale = (belief.variance / belief.count) ** 0.5
    assert kstest(drawn, t(belief.degrees, belief.mean, scale).cdf).pvalue > 0.001


def test_scores_on_their_way_narrow_the_belief_and_leave_its_mean() -> None:
    """In-flight moves count in exploration only."""
    scores, rng = seen(*[0.3, 0.7] * 10), Random(2)
    alone, crowded = ([PRIOR.draw(scores, unseen, rng) for _ in range(4000)] for unseen in (0, 40))
    assert fmean(crowded) == pytest.approx(fmean(alone), abs=0.02)
    assert pvariance(crowded) < pvariance(alone) / 2


@pytest.mark.parametrize("flying", [0, 3])
def test_rex_chooses_an_arm_as_often_as_its_draw_is_the_largest(flying: int) -> None:
    """Against the chances that scipy's beta distributions give: one program of half a pass rate and the empty one."""
    attempt = next(one for one in search(Scripted(TINY, 0.5), "best-of-n").tree.attempts if one.evaluation.reward > 0.3)
    tree = Tree()
    tree.add(replace(attempt, index=0, move=Move(0, Action.GENERATE)))
    tree.in_flight += [Move(1, Action.IMPROVE)] * flying
    rewarded = attempt.evaluation.reward
    rng, strategy = Random(3), Rex(weight=5)
    chosen = Counter(strategy.select(tree, None, rng) for _ in range(4000))
    program = beta(1 + 5 * rewarded, 1 + 5 * (1 - rewarded) + flying)
    empty = beta(1, 2)
    steps = [step / 2000 for step in range(2001)]
    chance = sum(empty.cdf(value) * program.pdf(value) for value in steps) / 2000
    assert chosen[Move(1, Action.IMPROVE)] / 4000 == pytest.approx(chance, abs=0.03)
    assert set(chosen) == {Move(1, Action.IMPROVE), Move(0, Action.GENERATE)}
