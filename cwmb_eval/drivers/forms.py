"""Observations and actions as a program meets them, from rows of numbers; put in front of other drivers."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import itertools
import math

import numpy


def given(order, rows):
    """The observations and the actions of an order."""
    count, width = order["rows"], order["width"]
    kind = numpy.dtype(order["dtype"])
    observations = numpy.frombuffer(rows, kind, count * width).reshape(count, width)
    actions = numpy.frombuffer(rows, order["action_dtype"], offset=count * width * kind.itemsize).reshape(count, -1)
    played = Plain(actions[:, 0].tolist()) if order["discrete"] else Arrays(actions)
    if order["form"] == "vector":
        return Arrays(observations), played
    if order["form"] == "integer":
        return Plain(observations[:, 0].tolist()), played
    if order["form"] == "tuple":
        return Plain([tuple(numbers) for numbers in observations.tolist()]), played
    return Nested(order, observations), played


class Plain:
    """Values that nobody can change, one a row."""

    def __init__(self, values):
        """As they are shown."""
        self.values = values

    def one(self, row):
        """That of a row, as new."""
        return self.values[row]

    def every(self):
        """Those of all rows, as new."""
        return self.values

    def changed(self, shown, first=0):
        """Of those that were shown, from row ``first`` on, the places of what is no longer as it was."""
        return []


class Arrays(Plain):
    """Rows of an array."""

    def one(self, row):
        """A copy."""
        return self.values[row].copy()

    def every(self):
        """The rows of one copy."""
        return list(self.values.copy())

    def changed(self, shown, first=0):
        """By their bytes, for what is not a number equals nothing."""
        was = self.values[first : first + len(shown)]
        if b"".join([seen.tobytes() for seen in shown]) == was.tobytes():
            return []
        return [place for place, seen in enumerate(shown) if seen.tobytes() != was[place].tobytes()]


class Nested(Plain):
    """Lists of lists of words, under the names of their blocks where there are several."""

    def __init__(self, order, numbers):
        """The words that rows of numbers stand for, as an array for each block."""
        words, parts, last = numpy.array(order["words"], dtype=object)[numbers], {}, 0
        for name, shape in order["blocks"]:
            first, last = last, last + math.prod(shape)
            parts[name] = words[:, first:last].reshape(-1, *shape)
        super().__init__(parts)

    def one(self, row):
        """New lists."""
        return self.lists(row, row + 1)[0]

    def every(self):
        """New lists for each."""
        return self.lists(0, None)

    def changed(self, shown, first=0):
        """By their words."""
        was = self.lists(first, first + len(shown))
        return [] if shown == was else [place for place, seen in enumerate(shown) if seen != was[place]]

    def lists(self, first, last):
        """The observations of some rows."""
        blocks = [part[first:last].tolist() for part in self.values.values()]
        if len(blocks) == 1:
            return blocks[0]
        return [dict(zip(self.values, parts, strict=True)) for parts in zip(*blocks, strict=True)]


def flatten(value, depth):
    """The words of nested lists, one after the other."""
    for _ in range(depth - 1):
        value = itertools.chain.from_iterable(value)
    return value
