"""Builds a world model once and asks it what each action leads to; answers leave as arrays.

An input is a line of JSON, the order, and the rows of observations and actions after it. The result is a line of JSON, the report, and
arrays of doubles: a row of observation, reward, done, valid actions as bits, and flags for each answer. A full stop is written to the
standard output before each row, which says how far a program came that was stopped.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import json
import os
import random
import sys
import traceback

import numpy

from cwmb_eval.drivers.forms import given, reader

MUTATED, SHAPE, NAN, DONE, REWARD, FORM, VALID = (1 << bit for bit in range(7))
"""What is wrong with an answer's form."""
SHOWN = 160


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
    place = {"at": "build", "row": 0}
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


def text(write, limit=SHOWN):
    """Words about a value that may refuse to be written."""
    try:
        return str(write())[:limit]
    except Exception as error:  # noqa: BLE001  the value is the program's
        return "(" + type(error).__name__ + " while it was written)"


def checker(order, notes):
    """A function that writes an answer into a row of the table: observation, reward, done, valid actions, flags."""
    width, valid = order["width"], order["valid"]
    read, parts = reader(order), 4 if valid else 3
    boolean, numeric = (bool, numpy.bool_), (int, float, numpy.integer, numpy.floating)

    def note(flag, row, what):
        notes.setdefault(str(flag), [row, text(lambda: repr(what))])
        return flag

    def check(number, answer, row, flags):
        if not isinstance(answer, tuple | list) or len(answer) != parts:
            row[:width] = numpy.nan
            row[width + 3] = flags | note(FORM, number, answer)
            return
        observation, reward, done = answer[0], answer[-2], answer[-1]
        try:
            right = read(observation, row)
        except (TypeError, ValueError, KeyError, IndexError, OverflowError):
            right = False
        if not right:
            row[:width] = numpy.nan
            flags |= note(SHAPE, number, observation)
        try:
            row[width] = reward if isinstance(reward, numeric) else numpy.nan
        except OverflowError:
            row[width] = numpy.inf
        if not isinstance(reward, numeric):
            flags |= note(REWARD, number, reward)
        if isinstance(done, boolean):
            row[width + 1] = done
        else:
            row[width + 1] = -1.0
            flags |= note(DONE, number, done)
        if valid:
            try:
                row[width + 2] = sum({1 << int(action) for action in answer[1] if 0 <= int(action) < 16})
            except (TypeError, ValueError):
                row[width + 2] = -1.0
                flags |= note(VALID, number, answer[1])
        row[width + 3] = flags

    return check, note


def ask(model, order, rows, table, place, notes):
    """One step from each observation."""
    observation, action, touched = given(order, rows)
    check, note = checker(order, notes)
    set_state, take, write = model.set_state, model.step, os.write
    for number in range(order["rows"]):
        write(1, b".")
        place["row"], place["at"] = number, "set_state"
        seen = observation(number)
        set_state(seen)
        place["at"] = "step"
        answer = take(action(number))
        check(number, answer, table[number], note(MUTATED, number, seen) if touched(number, seen) else 0)
        place["done"] = number + 1
    mark_infinite(table, order, notes)
    return order["rows"]


def mark_infinite(table, order, notes):
    """Flag numbers that are none, where something of the right form was answered."""
    width = order["width"]
    bad = ~numpy.isfinite(table[:, : width + 1]).all(axis=1) & ((table[:, width + 3].astype(int) & (SHAPE | FORM | REWARD)) == 0)
    if bad.any():
        table[bad, width + 3] += NAN
        first = int(bad.argmax())
        notes[str(NAN)] = [first, text(table[first, : width + 1].tolist)]


def roll(model, order, rows, table, place, notes):
    """Many steps from the first observation of each of ``starts`` stretches, without going back to what was recorded."""
    observation, action, _ = given(order, rows)
    check, _ = checker(order, notes)
    for first, last in order["stretches"]:
        place["row"], place["at"] = first, "set_state"
        model.set_state(observation(first))
        place["at"] = "step"
        for number in range(first, last):
            os.write(1, b".")
            place["row"] = number
            check(number, model.step(action(number)), table[number], 0)
            if table[number][order["width"] + 1] == 1.0:
                table[number + 1 : last] = numpy.nan
                break
    return order["rows"]


def draw(model, order, rows, table, place, notes):
    """Many steps from each observation; a row for every different answer, its number in the place of the flags' upper bits."""
    observation, action, touched = given(order, rows)
    check, note = checker(order, notes)
    count, width, limit = 0, order["width"], order["distinct"]
    for number in range(order["rows"]):
        os.write(1, b".")
        place["row"] = number
        rng = random.Random(order["seed"] + number)
        found = {}
        scratch = numpy.zeros(width + 4)
        for _ in range(order["draws"]):
            place["at"] = "set_state"
            seen = observation(number)
            model.set_state(seen)
            place["at"] = "step"
            answer = model.step(action(number), rng)
            check(number, answer, scratch, note(MUTATED, number, seen) if touched(number, seen) else 0)
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
