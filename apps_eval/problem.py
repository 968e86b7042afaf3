"""A programming problem of APPS: a statement, tests that define it, and known solutions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A value as JSON holds it."""


class Kind(StrEnum):
    """How a problem's programs are called."""

    STDIN = "stdin"
    """The program reads standard input and writes standard output."""
    CALL = "call"
    """A function is called with positional arguments and its return value is compared."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test: for ``stdin`` two texts, for ``call`` the list of arguments and the stored output, as in the data set."""

    input: Json
    expected: Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in the form of the data set (arXiv 2105.09938), with at least one test."""

    id: str
    question: str
    cases: tuple[Case, ...]
    difficulty: str = "unknown"
    url: str = ""
    starter_code: str = ""
    fn_name: str = ""
    """The function to call; empty for programs that read standard input."""
    solutions: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """How its programs are called."""
        return Kind.CALL if self.fn_name else Kind.STDIN

    def stdin(self, index: int) -> str:
        """The text that a program reads in one test: lists of lines are joined with newlines.

        Raises:
            TypeError: the problem is call-based.
        """
        return joined(self.cases[index].input)

    def stdout(self, index: int) -> str:
        """The text that one test expects: lists of lines are joined with newlines.

        Raises:
            TypeError: the problem is call-based.
        """
        return joined(self.cases[index].expected)

    def arguments(self, index: int) -> "list[Json]":
        """The positional arguments of one test, as stored.

        Raises:
            TypeError: the problem reads standard input.
        """
        value = self.cases[index].input
        if not isinstance(value, list):
            raise TypeError(f"problem {self.id}: the input of test {index} is no list of arguments")
        return value


def joined(text: Json) -> str:
    """A text, or a list of lines as one text."""
    if isinstance(text, str):
        return text
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "\n".join(str(line) for line in text)
    raise TypeError("neither a text nor a list of lines")
