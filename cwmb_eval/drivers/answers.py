"""What a program answered, as rows of a table; put in front of the stepper.

A row is the observation, reward, done (−1 where it was no boolean), valid actions as bits, and flags. An answer of the usual form is
copied when it comes and written together with all others of its input; any other is written by itself, with what is wrong with it.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated,type-arg"

import functools

import numpy

from cwmb_eval.drivers.forms import flatten

MUTATED, SHAPE, NAN, DONE, REWARD, FORM, VALID = (1 << bit for bit in range(7))
"""What is wrong with an answer's form."""
SHOWN = 160
EXACT = 1 << 53
"""Up to it integers are doubles too."""
UNKNOWN = 255
"""A word that the environment does not have, as a byte."""
SINGLE, DOUBLE = numpy.dtype("<f4"), numpy.dtype("<f8")
NUMBERS = (int, float, numpy.integer, numpy.floating)
REALS = frozenset({float, numpy.float64, numpy.float32})
BOOLEANS = (bool, numpy.bool_)
UNREADABLE = (TypeError, ValueError, KeyError, IndexError, OverflowError)
"""What reading a value of the wrong form raises."""


def text(write, limit=SHOWN):
    """Words about a value that may refuse to be written."""
    try:
        return str(write())[:limit]
    except Exception as error:  # noqa: BLE001  the value is the program's
        return "(" + type(error).__name__ + " while it was written)"


def note(notes, flag, row, what):
    """Keep the first answer with a flag, and return the flag."""
    notes.setdefault(str(flag), [row, text(lambda: repr(what))])
    return flag


def collector(order, table, notes):
    """Functions that take an answer as it is now, and that write into the table what was taken."""
    width, valid = order["width"], order["valid"]
    parts = 4 if valid else 3
    check, (copy, write) = checker(order, notes), copier(order)
    rows, copies, rewards, ends, actions = [], [], [], [], []

    def take(number, answer):
        try:
            if type(answer) is tuple and len(answer) == parts and usual(number, answer):
                return
        except UNREADABLE:
            pass
        check(number, answer, table[number], 0)

    def usual(number, answer):
        observation, reward, done = answer[0], answer[-2], answer[-1]
        if type(reward) not in REALS and not (type(reward) is int and -EXACT < reward < EXACT):
            return False
        if done is not True and done is not False and type(done) is not numpy.bool_:
            return False
        if (copied := copy(observation)) is None or (valid and type(answer[1]) is not list):
            return False
        if valid:
            actions.append(bits(bytes(answer[1])))
        rows.append(number)
        copies.append(copied)
        rewards.append(reward)
        ends.append(done)
        return True

    def settle():
        places = slice(len(rows)) if not rows or rows[-1] == len(rows) - 1 else rows
        if rows:
            table[places, :width] = write(copies)
            table[places, width] = rewards
            table[places, width + 1] = ends
        if actions:
            table[places, width + 2] = actions

    return take, settle


@functools.cache
def bits(actions):
    """A set of actions as bits of a number."""
    return sum({1 << action for action in actions if action < 16})


def copier(order):
    """Functions that copy an observation of the usual form, and that make rows of such copies; ``None`` stands for any other form."""
    width = order["width"]
    if order["form"] == "vector":
        return vectors(width)
    if order["form"] == "integer":
        whole = lambda value: value if type(value) is int and -EXACT < value < EXACT else None  # noqa: E731
        return whole, lambda copies: numpy.array(copies, dtype=DOUBLE)[:, None]
    if len(order["blocks"]) == 1 and len(order["words"]) < UNKNOWN:
        return spelled(order)
    return (lambda _: None), None


def vectors(width):
    """Those of arrays: their bytes, whose number tells the precision."""
    shape, kinds = (width,), {4 * width: "<f4", 8 * width: "<f8"}

    def copy(value):
        if type(value) is numpy.ndarray and value.shape == shape and ((kind := value.dtype) is SINGLE or kind is DOUBLE):
            return value.tobytes()
        return None

    def write(copies):
        lengths = {len(copied) for copied in copies}
        if len(lengths) > 1:
            return [numpy.frombuffer(copied, kinds[len(copied)]) for copied in copies]
        return numpy.frombuffer(b"".join(copies), kinds[lengths.pop()]).reshape(-1, width)

    return copy, write


class Spelling(dict):
    """Words as numbers."""

    def __missing__(self, word):
        """It is none of the environment's."""
        return UNKNOWN


def spelled(order):
    """Those of nested lists of words: a byte for each."""
    width, (_, shape) = order["width"], order["blocks"][0]
    depth, number = len(shape), Spelling((word, number) for number, word in enumerate(order["words"])).__getitem__

    def copy(value):
        copied = bytes(map(number, flatten(value, depth)))
        return copied if len(copied) == width else None

    def write(copies):
        made = numpy.frombuffer(b"".join(copies), dtype="u1").reshape(-1, width).astype(DOUBLE)
        made[made == UNKNOWN] = -1.0
        return made

    return copy, write


def checker(order, notes):
    """A function that writes any answer into a row, with flags for what is wrong with it."""
    width, valid = order["width"], order["valid"]
    read, parts = reader(order), 4 if valid else 3

    def check(number, answer, row, flags):
        if not isinstance(answer, tuple | list) or len(answer) != parts:
            row[:width] = numpy.nan
            row[width + 3] = flags | note(notes, FORM, number, answer)
            return
        observation, reward, done = answer[0], answer[-2], answer[-1]
        try:
            right = read(observation, row)
        except UNREADABLE:
            right = False
        if not right:
            row[:width] = numpy.nan
            flags |= note(notes, SHAPE, number, observation)
        try:
            row[width] = reward if isinstance(reward, NUMBERS) else numpy.nan
        except OverflowError:
            row[width] = numpy.inf
        if not isinstance(reward, NUMBERS):
            flags |= note(notes, REWARD, number, reward)
        if isinstance(done, BOOLEANS):
            row[width + 1] = done
        else:
            row[width + 1] = -1.0
            flags |= note(notes, DONE, number, done)
        if valid:
            try:
                row[width + 2] = sum({1 << int(action) for action in answer[1] if 0 <= int(action) < 16})
            except UNREADABLE:
                row[width + 2] = -1.0
                flags |= note(notes, VALID, number, answer[1])
        row[width + 3] = flags

    return check


def reader(order):
    """A function that writes an observation into a row; whether it could."""
    width = order["width"]
    if order["form"] == "vector":

        def read(value, row):
            if isinstance(value, numpy.ndarray) and value.shape != (width,):
                return False
            array = numpy.asarray(value, dtype=DOUBLE)
            if array.shape != (width,):
                return False
            row[:width] = array
            return True

    elif order["form"] == "words":
        numbers = {word: float(number) for number, word in enumerate(order["words"])}

        def read(value, row):
            blocks = order["blocks"]
            parts = [value] if len(blocks) == 1 else [value[name] for name, _ in blocks]
            words = [word for part, (_, shape) in zip(parts, blocks, strict=True) for word in flatten(part, len(shape))]
            if len(words) != width:
                return False
            row[:width] = [numbers.get(word, -1.0) for word in words]
            return True

    else:

        def read(value, row):
            array = numpy.asarray(value)
            if array.dtype.kind not in "biuf" or array.size != width or (order["form"] == "tuple" and array.ndim != 1):
                return False
            row[:width] = array.reshape(width)
            return True

    return read


def mark_infinite(table, order, notes):
    """Flag numbers that are none, where something of the right form was answered."""
    width = order["width"]
    if numpy.isfinite(table[:, : width + 1]).all():
        return
    bad = ~numpy.isfinite(table[:, : width + 1]).all(axis=1) & ((table[:, width + 3].astype(int) & (SHAPE | FORM | REWARD)) == 0)
    if bad.any():
        table[bad, width + 3] += NAN
        first = int(bad.argmax())
        notes[str(NAN)] = [first, text(table[first, : width + 1].tolist)]
