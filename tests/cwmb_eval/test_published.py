"""The published transitions: read without pickles, and the released metric gives the true environments what was measured elsewhere."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from jails import in_jail
from shared_data import shared_data

from cwmb_eval import published
from cwmb_eval.benchmark import Cwmb
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.mutants import mutants
from cwmb_eval.options import CwmbOptions
from cwmb_eval.references import reference
from cwmb_eval.transitions import Split
from gifmcts.errors import UsageError
from gifmcts.seams import Task
from gifmcts.types import Label, Refusal
from sandbox import Jail, Limits

CEILINGS = {
    "CartPole-v1": 1.0,
    "CliffWalking-v0": 1.0,
    "MountainCar-v0": 0.999,
    "Taxi-v3": 0.999,
    "Acrobot-v1": 1.0,
    "Pendulum-v1": 0.667,
}
"""What the true simulator scores under the released metric, by running both (gymnasium 0.29.1)."""


@pytest.mark.parametrize("name", CEILINGS)
def test_the_released_metric_gives_true_models_their_known_ceiling(name: str) -> None:
    """To three digits; with a tolerance for rewards the pendulum is right too."""
    data = published.load(shared_data("cwmb", f"{name}.npz"))
    source = reference(name)
    assert source is not None

    async def work(jail: Jail) -> list[float]:
        judges = [Judge(jail, Limits(), metric) for metric in (Metric.CWM2024, Metric.ACCURACY)]
        return [(await judge.judge(data.spec, source, data.splits[Split.SEARCH])).reward for judge in judges]

    exact, tolerant = in_jail(work)
    assert round(exact, 3) == CEILINGS[name]
    assert tolerant > 0.998


def test_a_state_counts_element_by_element() -> None:
    """A pole under gravity 9.81 moves slightly otherwise: by both metrics it scores what the released code gives it."""
    data = published.load(shared_data("cwmb", "CartPole-v1.npz"))
    (mutant,) = (mutant for mutant in mutants("CartPole") if mutant.name == "gravity 9.81")

    async def work(jail: Jail) -> list[float]:
        judges = [Judge(jail, Limits(), metric) for metric in (Metric.CWM2024, Metric.ACCURACY)]
        return [(await judge.judge(data.spec, mutant.source, data.splits[Split.SEARCH])).reward for judge in judges]

    assert in_jail(work) == pytest.approx([0.955, 0.955], abs=0.001)


def test_every_published_file_is_read() -> None:
    """Sizes come from the files; there is no held-out split."""
    files = published.find(shared_data("cwmb"))
    assert len(files) == 16
    for path in files.values():
        data = published.load(path)
        assert list(data.splits) == [Split.SEARCH]
        some = data.splits[Split.SEARCH]
        assert some.observation.shape == (len(some), data.spec.observations.width)
        assert len(np.unique(some.trajectory)) >= 1
        assert (some.step[np.flatnonzero(np.diff(some.trajectory)) + 1] == 0).all()


def posed(options: CwmbOptions) -> list[Task | Refusal]:
    """All tasks."""

    async def collected() -> list[Task | Refusal]:
        return [task async for task in Cwmb(options).tasks()]

    return asyncio.run(collected())


def test_published_sets_are_labelled_oracle() -> None:
    """What rewards the search is what scores it; the released metric is undefined where there is chance, and says so."""
    folder = shared_data("cwmb")
    (cart,) = posed(CwmbOptions(envs=("CartPole",), published=str(folder)))
    assert not isinstance(cart, Refusal)
    assert cart.label is Label.ORACLE
    (refused,) = posed(CwmbOptions(envs=("Blackjack",), published=str(folder), metric=Metric.CWM2024))
    assert isinstance(refused, Refusal)
    assert "undefined" in refused.reason
    (absent,) = posed(CwmbOptions(envs=("Humanoid",), published=str(folder)))
    assert isinstance(absent, Refusal)
    assert "not among the files" in absent.reason


def columns(count: int = 4) -> dict[str, np.ndarray]:
    """A small file's arrays."""
    return {
        "observation": np.zeros((count, 4), "f4"),
        "next_observation": np.zeros((count, 4), "f4"),
        "action": np.zeros(count, "i8"),
        "reward": np.ones(count, "f4"),
        "done": np.zeros(count, bool),
        "trajectory_start": np.zeros(count, "i4"),
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"done": None}, "no column done"),
        ({"observation": np.array([{}] * 4)}, "no npz file of plain arrays"),
        ({"trajectory_start": np.full(4, 9)}, "trajectory_start must name"),
        ({"trajectory_start": np.full(4, np.nan)}, "trajectory_start must name"),
        ({"reward": np.ones(3)}, "of shape"),
        ({"reward": np.array(1.0)}, "column .* of shape"),
        ({"done": np.array(True)}, r"column done is bool of shape \(\)"),
        ({"done": np.array(["yes"] * 4)}, "column done is <U3"),
        ({"done": np.array([0, 0, np.nan, 1])}, "column terminated, row 2: nan is no truth value"),
        ({"reward": np.array([0, np.inf, 0, 0])}, "column reward, row 1: inf is no finite number"),
        ({"action": np.array([0, 1, 2, 1])}, "column action, row 2: 2 is no action from 0 to 1"),
        ({"observation": np.zeros((4, 0))}, "0 numbers wide"),
        ({name: column[:0] for name, column in columns().items()}, "of shape"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, change: dict[str, np.ndarray | None], message: str) -> None:
    """With the reason, and never by reading a pickle."""
    arrays = {name: value for name, value in (columns() | change).items() if value is not None}
    path = tmp_path / "CartPole-v1.npz"
    np.savez(path, **arrays)
    with pytest.raises(UsageError, match=message):
        published.load(path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """The message names a file that would do."""
    with pytest.raises(UsageError, match=r"CartPole-v1\.npz"):
        published.find(tmp_path)
