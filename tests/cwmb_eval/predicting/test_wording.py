"""Transitions in JSON: what is shown can be answered in, and nothing else is an answer."""

import numpy as np
import pytest
from worlds import shipped

from cwmb_eval.judging.asking import Predictions
from cwmb_eval.metrics.scores import Metric, scores
from cwmb_eval.predicting import wording
from cwmb_eval.transitions import Split

DETERMINISTIC = ("CartPole", "MountainCar", "Acrobot", "Pendulum", "Taxi", "CliffWalking", "RTFM")


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_a_right_answer_is_right(name: str) -> None:
    """Written with the digits that are shown, read again and compared, every recorded transition passes."""
    data = shipped(name)
    some, spec = data.splits[Split.HELD_OUT], data.spec
    answers = [
        wording.answer(some.next_observation[row], int(some.valid[row]), float(some.reward[row]), bool(some.terminated[row]), spec)
        for row in range(len(some))
    ]
    table = np.array([wording.read(f"So:\n```json\n{text}\n```\n", spec) for text in answers])
    assert scores(Metric.ACCURACY, some, Predictions(np.arange(len(some)), table), spec).passed.all()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("Taxi", "", "malformed|truncated|end"),
        ("Taxi", "[1, 2.0, false", "truncated|end"),
        ("Taxi", "It is [1, 2.0, false].", "malformed"),
        ("Taxi", '{"observation": 1, "reward": 2.0, "done": false}', "array"),
        ("Taxi", "[1, false]", r"2 items instead of \[observation, reward, done\]"),
        ("Taxi", "[1.5, 2.0, false]", "int"),
        ("Taxi", "[1, NaN, false]", "malformed|invalid"),
        ("Taxi", '[1, "2.0", false]', "float"),
        ("Taxi", "[1, 2.0, 0]", "bool"),
        ("Taxi", "[1, true, false]", "float"),
        ("CartPole", "[[1.0, 2.0], 1.0, false]", "an observation of 2 instead of 4"),
        ("CartPole", "[0.5, 1.0, false]", "array"),
        ("RTFM", '[["wall"], [0, 9], 0.0, false]', "instead of|beyond"),
        ("RTFM", f"[{'[' * 4000}{']' * 4000}, [0], 0.0, false]", "recursion|depth"),
        ("Taxi", "[1, 2.0, false, \ud800]", "surrogates"),
    ],
)
def test_another_answer_is_refused_with_its_reason(name: str, text: str, words: str) -> None:
    """Prose, halves, other kinds and other lengths are no predictions."""
    with pytest.raises(ValueError, match=f"(?i){words}"):
        wording.read(text, shipped(name).spec)


def test_the_last_block_counts() -> None:
    """A model may think aloud before it answers."""
    text = "First:\n```json\n[7, -1.0, false]\n```\nNo:\n```\n[8, 20, true]\n```"
    row = wording.read(text, shipped("Taxi").spec)
    assert row.tolist() == [8.0, 20.0, 1.0, 0.0, 0.0]
