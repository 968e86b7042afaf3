"""Plans with a world model in the jail: an observation comes in, actions go out, and the true environment stays outside.

An input is a line of JSON, the order, and the row of the observation. The result are the planned actions as doubles, in their order.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import json
import math
import random

import numpy

from cwmb_eval.drivers.forms import given
from cwmb_eval.planning.algorithms import cross_entropy, tree_search


class Model:
    """The program's environment as a simulator, set to the same observation at each beginning."""

    def __init__(self, environment, order, rows):
        """Nothing is asked yet."""
        self.environment = environment
        self.observation = given(order, rows)[0].one
        self.rng = random.Random(order["seed"]) if order["stochastic"] else None

    def begin(self):
        """Be where the plan begins."""
        self.environment.set_state(self.observation(0))

    def step(self, action):
        """What the program predicts; a reward that is no finite number is an error."""
        environment, rng = self.environment, self.rng
        answer = environment.step(action) if rng is None else environment.step(action, rng)
        reward = float(answer[-2])
        if not math.isfinite(reward):
            raise ValueError("the reward is " + str(reward))
        return reward, bool(answer[-1])


def load(program):
    """Nothing is built yet."""
    return {"program": program, "environment": None}


def step(state, data):
    """Plan from one observation."""
    head, _, rows = data.partition(b"\n")
    order = json.loads(head)
    if state["environment"] is None:
        program = state["program"]
        names = {"__name__": "world_model", "__file__": program.filename, "__builtins__": __builtins__}
        exec(program.code, names)
        state["environment"] = names["Environment"]()
    model, seed = Model(state["environment"], order, rows), order["seed"]
    if order["discrete"]:
        return numpy.array([tree_search(model, order["count"], order["settings"], random.Random(seed))], dtype="<f8").tobytes()
    rng = numpy.random.default_rng(seed)
    return cross_entropy(model, order["low"], order["high"], order["settings"], rng, order["action_dtype"]).tobytes()
