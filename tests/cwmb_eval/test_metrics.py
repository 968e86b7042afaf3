"""Scores by hand: components, classes, weights, laws, and errors over several steps."""

import asyncio

import numpy as np
import pytest
from jails import in_jail
from worlds import COUNTER, COUNTS, counted, judged, shipped

from cwmb_eval.judging.asking import Predictions
from cwmb_eval.judging.matching import states_match, values_match
from cwmb_eval.metrics.laws import allowance, distance, law_scores
from cwmb_eval.metrics.openloop import OpenLoop, open_loop
from cwmb_eval.metrics.scores import Component, Metric, Scores, reward_classes, scores
from cwmb_eval.transitions import Split
from sandbox import Jail, Limits

SOME = counted([1, 2, 0, 1, 2, 0, 2, 1, 0, 2])


def scored(table: np.ndarray, metric: Metric = Metric.ACCURACY) -> Scores:
    """Scores of a table of answers."""
    return scores(metric, SOME, Predictions(np.arange(len(SOME)), table), COUNTER)


def right_table() -> np.ndarray:
    """The recorded answers."""
    columns = [SOME.next_observation, SOME.reward[:, None], SOME.terminated[:, None], np.zeros((len(SOME), 2))]
    return np.concatenate(columns, axis=1).astype(float)


def test_each_component_is_a_third_and_the_last_state_does_not_count() -> None:
    """A wrong reward at one of ten transitions costs a thirtieth; at an end the reward is half."""
    assert SOME.terminated.tolist() == [False] * 9 + [True]
    table = right_table()
    assert scored(table).mean == 1.0
    table[0, 2] += 1
    assert scored(table).mean == pytest.approx(1 - 1 / 30)
    ended = int(np.flatnonzero(SOME.terminated)[0])
    table = right_table()
    table[ended, :2] = np.nan
    assert scored(table).mean == 1.0
    table[ended, 2] += 1
    assert scored(table).mean == pytest.approx(1 - 1 / 20)


def test_a_state_is_worth_the_share_of_its_elements() -> None:
    """By either metric: one of two numbers wrong costs half of the third, and the transition does not pass."""
    for metric in Metric:
        table = right_table()
        table[:, 1] += 1
        found = scored(table, metric)
        assert found.score[0] / scored(right_table(), metric).score[0] == pytest.approx(1 - 1 / 6)
        assert not found.passed[0]
        assert found.component(Component.STATE) == 0.0


def test_classes_weigh_alike() -> None:
    """Everything wrong in the rarest class of the reward: a third of the balanced score is gone."""
    table = right_table()
    table[SOME.reward == 1.0] = np.nan
    found = scored(table)
    assert found.names == ("reward 0", "reward 1", "reward 2")
    assert found.mean == pytest.approx(0.7)
    assert found.balanced == pytest.approx(2 / 3)
    assert found.component(Component.REWARD) == pytest.approx(0.7)


def test_many_rewards_are_put_into_thirds() -> None:
    """Three classes of about equal size."""
    index, names = reward_classes(np.linspace(0, 1, 90))
    assert len(names) == 3
    assert np.bincount(index).tolist() == [30, 30, 30]


def test_the_released_metric_weighs_by_rarity_and_compares_exactly() -> None:
    """Its mean is the mean over the values of the reward; a reward that is off by one part in a million is wrong."""
    table = right_table()
    table[SOME.reward == 1.0, 2] += 1e-6
    assert scored(table).mean == 1.0
    found = scored(table, Metric.CWM2024)
    assert found.mean == pytest.approx(1 - 1 / 9)


def test_numbers_match_within_the_tolerance() -> None:
    """1e-5, absolute and relative; nothing that is no number matches."""
    assert values_match(np.array([0.0, 1000.0, 1.0, np.nan]), np.array([9e-6, 1000.009, np.nan, np.nan])).tolist() == [
        True,
        True,
        False,
        False,
    ]
    seen = COUNTER.observations
    assert states_match(np.array([[0.0, 1.0]]), np.array([[2e-5, 1.0]]), seen).tolist() == [False]


def test_words_and_integers_match_exactly() -> None:
    """No tolerance where there is nothing between two values."""
    taxi = shipped("Taxi").spec.observations
    assert states_match(np.array([[100000]]), np.array([[100000.5]]), taxi).tolist() == [False]


def test_total_variation_by_hand() -> None:
    """Half of the sum of differences; what was not told apart counts as wrong."""
    exact = {(0.0,): 0.5, (1.0,): 0.5}
    assert distance(exact, {(0.0,): 0.5, (1.0,): 0.5}) == 0.0
    assert distance(exact, {(0.0,): 1.0}) == 0.5
    assert distance(exact, {(0.0,): 0.25, (2.0,): 0.75}) == pytest.approx(0.75)
    assert distance(exact, {}) == 1.0


def test_chance_is_allowed_for() -> None:
    """A sure answer has no slack; two even ones about one per cent on average."""
    assert allowance({(0.0,): 1.0}).most == 0.0
    even = allowance({(0.0,): 0.5, (1.0,): 0.5})
    assert 0.008 < even.mean < 0.02 < even.most < 0.1


def test_a_stochastic_model_is_judged_by_its_law() -> None:
    """Only pairs of state and action that were recorded are asked; a model without chance is told from the right one."""
    data = shipped("Blackjack")
    some = data.splits[Split.SEARCH].take(np.arange(6))
    always = """
class Environment:
    def set_state(self, observation):
        self.seen = observation

    def step(self, action, rng):
        return self.seen, 1.0 if action == 0 else 0.0, action == 0
"""
    found, checks = judged(data.spec, always, some)
    assert found.scores.mean < 0.8
    failing = [check for check in checks.values() if check.detail]
    assert failing
    assert "reward" in failing[0].detail["expected"]
    assert isinstance(law_scores(some, found.found, data.spec), Scores)


def rolled(source: str) -> OpenLoop:
    """The open-loop errors of a model of the made-up environment."""
    some = counted([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])

    async def work(jail: Jail) -> OpenLoop | None:
        return await open_loop(jail, Limits(), COUNTER, source, some)

    found = in_jail(work)
    assert found is not None
    return found


def test_errors_over_several_steps() -> None:
    """The right model never differs; one that drifts does so in proportion to the steps, from the first one on."""
    assert rolled(COUNTS) == OpenLoop({1: 0.0, 5: 0.0, 10: 0.0}, 12.0, 0.0)
    drifting = rolled(COUNTS.replace("self.place += action", "self.place += action + 0.01"))
    assert drifting.horizon == 0.0
    assert drifting.errors[10] == pytest.approx(10 * drifting.errors[1])


def test_errors_after_an_early_end_show_in_the_horizon() -> None:
    """A model that ends too soon has no later states."""
    early = rolled(COUNTS.replace("self.place >= 10", "self.place >= 3"))
    assert set(early.errors) == {1, 5}
    assert early.horizon is not None
    assert early.horizon < 12


def test_judging_outside_a_jail_is_refused() -> None:
    """Nothing runs where no jail is open."""
    from cwmb_eval.judging.judge import Judge
    from sandbox import SandboxError

    with pytest.raises(SandboxError, match="not open"):
        asyncio.run(Judge(Jail(1), Limits()).judge(COUNTER, COUNTS, SOME))


def test_absurd_numbers_are_only_wrong() -> None:
    """Errors that overflow are left out, and the horizon is 0."""
    absurd = rolled(COUNTS.replace("self.place += action", "self.place = 1e308"))
    assert absurd.horizon == 0.0
