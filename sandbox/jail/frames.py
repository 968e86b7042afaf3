"""The layout of every message that crosses the wall: fixed structures and counted bytes, nothing that has to be interpreted."""

import struct

CONTROL = struct.Struct("<cII")
"""Kind, number, length of the payload that follows."""
DRIVER, JOB, KILL = b"D", b"J", b"K"
READY, FAILED, ENDED = b"R", b"X", b"E"

ENDING = struct.Struct("<Bi")
"""Payload of ``ENDED``: whether the program had compiled, and the runner's wait status."""

REQUEST = struct.Struct("<BddddQQQQIIII")
"""Sharing, processor, wall, total and compile seconds, memory, output, error and stack bytes, files, threads, then two lengths."""
SHARINGS = ("fresh", "shared", "session")

INPUT = struct.Struct("<Q")
"""Length of the input that follows."""
LAST = (1 << 64) - 1
"""In the place of a length: there are no more inputs."""

REPLY = struct.Struct("<BiQQQQQQ")
"""Status, exit code, processor and wall nanoseconds, peak bytes, then the lengths of output, result and error."""
STATUSES = ("ok", "error", "time", "memory", "output", "crash", "compile")

EXTENSIONS = 3
"""How often an input gets its wall time once more, where the machine was too busy to give it a turn."""

START = struct.Struct("<Id")
"""Payload of ``JOB``: the driver's number, and the seconds that compiling may take; the job's socket comes with it."""

RECORD, FIELD = "\x1e", "\x1f"


def write_table(table: dict[str, list[str]]) -> str:
    """Rows of words, each under a name: what a zygote is told when it starts and what it says when it is ready."""
    return RECORD.join(FIELD.join([name, *words]) for name, words in table.items())


def flat(pairs: dict[str, str]) -> list[str]:
    """Pairs as words in turn."""
    return [text for pair in pairs.items() for text in pair]


def paired(words: list[str]) -> dict[str, str]:
    """The pairs again."""
    return dict(zip(words[::2], words[1::2], strict=True))


def read_table(text: str) -> dict[str, list[str]]:
    """The rows again."""
    return {name: words for name, *words in (row.split(FIELD) for row in text.split(RECORD) if row)}
