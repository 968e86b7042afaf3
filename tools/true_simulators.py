"""Score true environments as if they were world models: each is started from an observation alone, for every recorded transition.

Usage: python tools/true_simulators.py published DIR   the released metric on the published sets (gymnasium 0.29.1, mujoco 2.3.7)
       python tools/true_simulators.py collected DIR   the accuracy on sets of ``gifmcts cwmb collect``, beside the ceilings of the manifest
Prints a row for each set; status 1 where a number is another than the known one.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from cwmb_eval import catalog, dataset, published
from cwmb_eval.catalog import Family
from cwmb_eval.collection.truth import predicted, true_scores
from cwmb_eval.judging.matching import values_match
from cwmb_eval.metrics.scores import Metric, scores
from cwmb_eval.transitions import Split, Transitions
from cwmb_eval.versions import versions
from cwmb_eval.worlds.gymnasium_worlds import open_world
from cwmb_eval.worlds.world import World
from gifmcts.errors import GifmctsError

KNOWN = {
    "Acrobot-v1": "1.000 1.000",
    "Ant-v4": "0.633 0.633",
    "Blackjack-v1": "undefined (stochastic)",
    "CartPole-v1": "1.000 1.000",
    "CliffWalking-v0": "1.000 1.000",
    "HalfCheetah-v4": "0.663 0.993",
    "Hopper-v4": "0.662 0.993",
    "InvertedDoublePendulum-v4": "0.647 0.973",
    "InvertedPendulum-v4": "0.991 0.991",
    "MountainCar-v0": "0.999 0.999",
    "Pendulum-v1": "0.667 1.000",
    "Pusher-v4": "0.647 0.651",
    "Reacher-v4": "0.647 0.974",
    "Swimmer-v4": "0.663 0.993",
    "Taxi-v3": "0.999 0.999",
    "Walker2d-v4": "0.522 0.693",
}
"""The released metric of the true environments, rewards compared exactly and within a tolerance."""


def main() -> int:
    """Print the rows that are asked for; the exit status."""
    kinds = {"published": on_published, "collected": on_collected}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    sys.stdout.write(f"{', '.join(f'{name} {version}' for name, version in versions().items())}\n")
    sys.stdout.write(f"{'environment':28}{'known':60}measured\n")
    wrong = 0
    try:
        for name, known, measured in kinds[sys.argv[1]](Path(sys.argv[2])):
            wrong += known != measured
            sys.stdout.write(f"{name:28}{known:60}{measured}{'' if known == measured else '   DIFFERS'}\n")
            sys.stdout.flush()
    except GifmctsError as error:
        sys.exit(str(error))
    return 1 if wrong else 0


def on_published(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, what is known and what is measured, of every published set."""
    for name, path in published.find(folder).items():
        data = published.load(path)
        (entry,) = catalog.entries([name.partition("-v")[0]])
        world = open_world((name,), mujoco=entry.family is Family.MUJOCO)
        told = "undefined (stochastic)" if data.spec.stochastic else _released(world, data.splits[Split.SEARCH])
        yield name, KNOWN[name], told


def _released(world: World, some: Transitions) -> str:
    """The score by the letter, and the score where a reward within the tolerance counts as the recorded one."""
    found, width = predicted(world, some), world.spec.observations.width
    tolerant = found.table.copy()
    near = values_match(some.reward, tolerant[:, width])
    tolerant[near, width] = some.reward.astype(np.float32)[near]
    tables = (found, replace(found, table=tolerant))
    return " ".join(f"{scores(Metric.CWM2024, some, answers, world.spec).mean:.3f}" for answers in tables)


def on_collected(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, the ceilings of the manifest and those that are measured, of every collected set."""
    for name, entry in dataset.read_manifest(folder).entries.items():
        data = dataset.load(folder, entry)
        world = catalog.open_world(catalog.entries([name])[0])
        if data.spec.stochastic:
            yield name, "by distribution", "by distribution"
            continue
        measured = {split.value: true_scores(world, some).mean for split, some in data.splits.items()}
        yield name, _told(entry.ceilings), _told(measured)


def _told(numbers: object) -> str:
    assert isinstance(numbers, dict)
    return ", ".join(f"{split} {number:.3f}" for split, number in sorted(numbers.items()))


if __name__ == "__main__":
    sys.exit(main())
