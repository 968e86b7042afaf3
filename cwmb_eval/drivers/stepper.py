"""Builds a world model once and asks it what each action leads to; answers leave as arrays.

An input is a line of JSON, the order, and the rows of observations and actions after it. The result is a line of JSON, the report, and
arrays of doubles: a row of observation, reward, done, valid actions as bits, and flags for each answer. A full stop is written to the
standard output before each row, which says how far a program came that was stopped.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import gc
import json
import mmap
import os
import random
import sys
import traceback

import numpy

from cwmb_eval.drivers.answers import MUTATED, checker, collector, mark_infinite, note, text
from cwmb_eval.drivers.forms import given

DOT = ord(".")


class Nowhere:
    """What the model prints is not kept."""

    encoding = "utf-8"
    closed = False

    def write(self, text):
        """Forget it."""
        return len(text)

    def flush(self):
        """Nothing is held."""

    def isatty(self):
        """It is nobody's terminal."""
        return False


def load(program):
    """Nothing is built yet."""
    gc.set_threshold(10_000)  # lists of words are many, and make no cycles
    return {"program": program, "model": None}


def build(state):
    """Run the program in a module of its own and make its environment."""
    program = state["program"]
    names = {"__name__": "world_model", "__file__": program.filename, "__builtins__": __builtins__}
    exec(program.code, names)
    if "Environment" not in names:
        raise NameError("the program defines no class Environment")
    state["model"] = names["Environment"]()


def step(state, data):
    """Serve one input."""
    head, _, rows = data.partition(b"\n")
    order = json.loads(head)
    sys.stdout = Nowhere()
    os.write(1, bytes(order["rows"]))  # and into its memory from then on: a call of the kernel takes as long as the checks of a row
    place = {"at": "build", "row": 0, "came": mmap.mmap(1, order["rows"])}
    table = numpy.zeros((order["answers"], order["width"] + 4))
    notes = {}
    fault = None
    try:
        if state["model"] is None or order["fresh"]:
            state["model"] = None
            build(state)
        count = MODES[order["mode"]](state["model"], order, rows, table, place, notes)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  whatever leaves the program is its outcome
        count = place.get("done", 0)
        fault = describe(error, state["program"])
    report = {"fault": fault, "at": place["at"], "row": place["row"], "notes": notes, "count": count}
    return json.dumps(report).encode("ascii") + b"\n" + table[:count].tobytes()


def describe(error, program):
    """The exception's kind, message and the program's last line."""
    frames = traceback.extract_tb(error.__traceback__) if not isinstance(error, SyntaxError) else []
    lines = [frame.lineno for frame in frames if frame.filename == program.filename]
    return {"error": type(error).__name__, "message": text(lambda: str(error), 600), "line": lines[-1] if lines else None}


def ask(model, order, rows, table, place, notes):
    """One step from each observation."""
    observations, actions = given(order, rows)
    take, settle = collector(order, table, notes)
    set_state, act, came, shown = model.set_state, model.step, place["came"], observations.every()
    number, at, done = 0, "set_state", 0
    try:
        for number, (seen, action) in enumerate(zip(shown, actions.every(), strict=True)):
            came[number] = DOT
            at = "set_state"
            set_state(seen)
            at = "step"
            take(number, act(action))
            done = number + 1
    finally:
        place.update(row=number, at=at, done=done)
        settle()
    for row in observations.changed(shown):
        table[row, order["width"] + 3] += note(notes, MUTATED, row, shown[row])
    mark_infinite(table, order, notes)
    return done


def roll(model, order, rows, table, place, notes):
    """Many steps from the first observation of each of ``starts`` stretches, without going back to what was recorded."""
    observations, actions = given(order, rows)
    check = checker(order, notes)
    for first, last in order["stretches"]:
        place["row"], place["at"] = first, "set_state"
        model.set_state(observations.one(first))
        place["at"] = "step"
        for number in range(first, last):
            place["came"][number] = DOT
            place["row"] = number
            check(number, model.step(actions.one(number)), table[number], 0)
            if table[number][order["width"] + 1] == 1.0:
                table[number + 1 : last] = numpy.nan
                break
    return order["rows"]


def draw(model, order, rows, table, place, notes):
    """Many steps from each observation; a row for every different answer, its number in the place of the flags' upper bits."""
    observations, actions = given(order, rows)
    check = checker(order, notes)
    count, width, limit = 0, order["width"], order["distinct"]
    for number in range(order["rows"]):
        place["came"][number] = DOT
        place["row"] = number
        rng = random.Random(order["seed"] + number)
        found = {}
        scratch = numpy.zeros(width + 4)
        for _ in range(order["draws"]):
            place["at"] = "set_state"
            seen = observations.one(number)
            model.set_state(seen)
            place["at"] = "step"
            answer = model.step(actions.one(number), rng)
            flags = note(notes, MUTATED, number, seen) if observations.changed([seen], number) else 0
            check(number, answer, scratch, flags)
            key = scratch.tobytes()
            if key in found or len(found) < limit:
                found[key] = found.get(key, 0) + 1
            scratch[:] = 0.0
        for key, times in found.items():
            table[count] = numpy.frombuffer(key)
            table[count][width + 3] += 128.0 * times
            count += 1
        place["done"] = count
        table[count][0] = number
        table[count][width + 3] = -1.0
        count += 1
    return count


MODES = {"ask": ask, "roll": roll, "draw": draw}
