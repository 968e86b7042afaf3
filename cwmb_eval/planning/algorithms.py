"""Tree search and the cross-entropy method, on anything that begins at one state and answers actions.

The same text plans in the jail with a world model and outside of it with the true environment. A simulator has ``begin()``, which goes
(back) to the state to be planned from, and ``step(action)``, which returns reward and done.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import math
from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from cwmb_eval.planning.simulators import Simulator
    from cwmb_eval.transitions import Floats


class Branch:
    """A sequence of actions: how often each next action was tried, and the sum of what followed."""

    __slots__ = ("children", "counts", "totals")

    def __init__(self, count):
        self.counts = [0] * count
        self.totals = [0.0] * count
        self.children = [None] * count


def tree_search(simulator: "Simulator", count: int, settings: "Mapping[str, float]", rng: "Random") -> int:
    """An action by UCT."""
    root = Branch(count)
    for _ in range(int(settings["simulations"])):
        simulate(simulator, root, settings, rng)
    worth = [total / tried if tried else settings["unvisited"] for tried, total in zip(root.counts, root.totals, strict=True)]
    best = max(worth)
    weights = [math.exp((value - best) / settings["temperature"]) for value in worth]
    return rng.choices(range(count), weights)[0]


def simulate(simulator, root, settings, rng):
    """Go down the tree, add one branch, play on at random, and enter what was found."""
    simulator.begin()
    node, path = root, []
    while True:
        action = chosen(node, settings["exploration"], rng)
        reward, done = simulator.step(action)
        path.append((node, action, reward))
        child = node.children[action]
        if done or child is None:
            break
        node = child
    worth = 0.0
    if not done:
        node.children[action] = Branch(len(root.counts))
        worth = rollout(simulator, len(root.counts), settings, rng)
    for node, action, reward in reversed(path):
        worth = reward + settings["discount"] * worth
        node.counts[action] += 1
        node.totals[action] += worth


def chosen(node, exploration, rng):
    """An action that was not tried yet, else the one of the highest upper bound."""
    untried = [action for action, tried in enumerate(node.counts) if not tried]
    if untried:
        return rng.choice(untried)
    spread = exploration * math.sqrt(math.log(sum(node.counts)))
    bounds = [total / tried + spread / math.sqrt(tried) for tried, total in zip(node.counts, node.totals, strict=True)]
    return bounds.index(max(bounds))


def rollout(simulator, count, settings, rng):
    """The discounted sum of rewards of random actions."""
    worth, weight, discount = 0.0, 1.0, settings["discount"]
    step, draw = simulator.step, rng.random
    for _ in range(int(settings["rollout"])):
        reward, done = step(int(draw() * count))
        worth += weight * reward
        weight *= discount
        if done:
            break
    return worth


def cross_entropy(
    simulator: "Simulator",
    low: "Sequence[float]",
    high: "Sequence[float]",
    settings: "Mapping[str, float]",
    rng: numpy.random.Generator,
    kind: str = "<f8",
) -> "Floats":
    """The best sequence of actions that was drawn, ``horizon`` rows; the simulator is given actions of the numpy dtype ``kind``."""
    least, largest = numpy.asarray(low, dtype="<f8"), numpy.asarray(high, dtype="<f8")
    shape = (int(settings["horizon"]), len(least))
    mean, deviation = numpy.broadcast_to((least + largest) / 2, shape), numpy.broadcast_to((largest - least) / 2, shape)
    best, most = numpy.array(mean), -math.inf
    for _ in range(int(settings["iterations"])):
        drawn = numpy.clip(rng.normal(mean, deviation, (int(settings["samples"]), *shape)), least, largest)
        worth = numpy.array([followed(simulator, sequence) for sequence in drawn.astype(kind)])
        order = numpy.argsort(-worth, kind="stable")
        if worth[order[0]] > most:
            best, most = drawn[order[0]], worth[order[0]]
        elites = drawn[order[: int(settings["elites"])]]
        mean, deviation = elites.mean(axis=0), elites.std(axis=0)
    return best


def followed(simulator, sequence):
    """The sum of rewards of a sequence of actions, up to an end."""
    simulator.begin()
    total, step = 0.0, simulator.step
    for action in sequence:
        reward, done = step(action)
        total += reward
        if done:
            break
    return total
