"""What a run's records are called in a few words, and texts of strangers made fit to be shown."""

from collections.abc import Mapping

from gifmcts.records import GradeRow
from gifmcts.types import Footprint


def harmless(text: str) -> str:
    """Text of a model or a program without what a terminal or a reader would be misled by: control characters are shown, not sent."""
    return "".join(character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in text)


def one_line(text: str) -> str:
    """The same in one line."""
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")


def printed(value: object) -> object:
    """A value as a template prints it: texts harmless, markup as it is."""
    return harmless(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def counted(number: int, one: str, many: str) -> str:
    """A number with the word that goes with it."""
    return f"{number} {one if number == 1 else many}"


def took(footprint: Footprint | None) -> str:
    """What running tests took, in a few words; nothing where it was not measured."""
    if footprint is None:
        return ""
    words = f"{footprint.cpu_seconds:.3f} s of processor time, peak {footprint.memory_bytes / 2**20:.0f} MiB"
    return f"{words}, near the time limit" if footprint.near_limit else words


def graded(row: GradeRow) -> str:
    """A grade in three words."""
    return f"grade: {score(row.solved, row.unjudged, row.verdicts)}"


def score(solved: bool, unjudged: bool, verdicts: Mapping[str, int]) -> str:
    """What a program is worth on the tests that score it: solved, or how many of them it passes."""
    if unjudged:
        return "unjudged"
    return "solved" if solved else f"{verdicts.get('pass', 0)} of {sum(verdicts.values())} tests"
