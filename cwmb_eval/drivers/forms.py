"""Observations as a program meets them, from rows of numbers and back; put in front of the stepper."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import itertools

import numpy


def given(order, rows):
    """Functions that make the observation and the action of a row anew, and the bytes that an untouched observation has."""
    count, width = order["rows"], order["width"]
    observations = numpy.frombuffer(rows, order["dtype"], count * width).reshape(count, width)
    kind = numpy.dtype(order["dtype"]).itemsize
    actions = numpy.frombuffer(rows, order["action_dtype"], offset=count * width * kind).reshape(count, -1)
    if order["discrete"]:
        listed = actions[:, 0].tolist()
        action = listed.__getitem__
    else:
        action = lambda row: actions[row].copy()  # noqa: E731
    if order["form"] == "vector":
        return (lambda row: observations[row].copy()), action, (lambda row, seen: seen.tobytes() != observations[row].tobytes())
    plain = observations.tolist()
    if order["form"] == "integer":
        return (lambda row: plain[row][0]), action, (lambda _row, _seen: False)
    if order["form"] == "tuple":
        return (lambda row: tuple(plain[row])), action, (lambda _row, _seen: False)
    pristine = [nest(order, numbers) for numbers in plain]
    copy = copier(order)
    return (lambda row: copy(pristine[row])), action, (lambda row, seen: seen != pristine[row])


def nest(order, numbers):
    """The observation of words that a row of numbers stands for."""
    words, parts, place = order["words"], {}, 0
    for name, shape in order["blocks"]:
        size = 1
        for length in shape:
            size *= length
        part = [words[number] for number in numbers[place : place + size]]
        for length in reversed(shape[1:]):
            part = [part[start : start + length] for start in range(0, len(part), length)]
        parts[name], place = part, place + size
    return parts if len(parts) > 1 else part


def copier(order):
    """A function that copies such an observation, lists and all."""
    depths = {name: len(shape) for name, shape in order["blocks"]}

    def copied(part, depth):
        if depth == 1:
            return part.copy()
        if depth == 2:
            return [row.copy() for row in part]
        return [copied(item, depth - 1) for item in part]

    if len(depths) == 1:
        (depth,) = depths.values()
        return lambda whole: copied(whole, depth)
    return lambda whole: {name: copied(part, depths[name]) for name, part in whole.items()}


def flatten(value, depth):
    """The words of nested lists."""
    for _ in range(depth - 1):
        value = itertools.chain.from_iterable(value)
    return list(value)


def reader(order):
    """A function that writes an observation into a row; whether it could."""
    width = order["width"]
    if order["form"] == "vector":

        def read(value, row):
            array = numpy.asarray(value, dtype="<f8")
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
