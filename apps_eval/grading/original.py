"""The original form of generated programs, one JSON object from index to list of programs, read an entry at a time."""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from apps_eval.grading.programs import Item, Refused, numbered, opened
from apps_eval.problem import Json

LARGEST_ENTRY: Final = 1 << 25
"""Characters of one problem's programs; a longer entry is taken for damage."""

_CHUNK = 1 << 16
_FORM = "expected an object from a problem's index to its list of programs; rows belong into a file that ends in .jsonl"


class _Damaged(ValueError):
    """The text is not of the original form from here on."""


def read_original(path: Path) -> Iterator[Item]:
    """The programs of ``all_codes.json``, plain or gzip: an index is a problem's id, a program's place in the list its sample."""
    seen: set[str] = set()
    try:
        with opened(path) as file:
            for key, value in _Entries(file):
                place = f"index {key[:80]}"
                if key in seen:
                    yield Refused(place, "the index appears a second time")
                    continue
                seen.add(key)
                yield from _programs(key, value, place)
    except (_Damaged, UnicodeDecodeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Refused(f"after {len(seen)} entries", f"the file is damaged here and the rest of it is lost: {error}")
    except OSError as error:
        yield Refused(f"after {len(seen)} entries", f"the file cannot be read here: {error.strerror or error}")


def _programs(key: str, value: Json, place: str) -> Iterator[Item]:
    if isinstance(value, dict) and "code" in value:
        value = value["code"]
    sources = [value] if isinstance(value, str) else value
    if not isinstance(sources, list):
        yield Refused(place, f"no list of programs: {_FORM}")
        return
    for index, source in enumerate(sources):
        yield numbered(key, index, source, f"{place} program {index}")


class _Entries:
    """The entries of one JSON object, without ever holding more than one of them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._text = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = json.JSONDecoder()
        self._buffer, self._place, self._ended = "", 0, False

    def __iter__(self) -> Iterator[tuple[str, Json]]:
        if self._next() != "{":
            raise _Damaged(_FORM)
        self._place += 1
        if self._next() == "}":
            self._place += 1
            self._finish()
            return
        while True:
            key = self._value()
            if not isinstance(key, str) or self._next() != ":":
                raise _Damaged(_FORM)
            self._place += 1
            yield key, self._value()
            mark = self._next()
            self._place += 1
            if mark == "}":
                self._finish()
                return
            if mark != ",":
                raise _Damaged("neither a comma nor the end after an entry")

    def _finish(self) -> None:
        if self._next():
            raise _Damaged(f"more text after the object: {_FORM}")

    def _more(self, size: int = _CHUNK) -> bool:
        """Read on; whether there was anything."""
        data = b"" if self._ended else self._file.read(size)
        self._ended = not data
        self._buffer, self._place = self._buffer[self._place :] + self._text.decode(data, final=self._ended), 0
        return not self._ended

    def _next(self) -> str:
        """The next character that is no white space; nothing at the end."""
        while True:
            while self._place < len(self._buffer):
                if not self._buffer[self._place].isspace():
                    return self._buffer[self._place]
                self._place += 1
            if not self._more():
                return ""

    def _value(self) -> Json:
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._place)
            except (ValueError, RecursionError) as error:
                held = len(self._buffer) - self._place
                if held > LARGEST_ENTRY:
                    raise _Damaged(f"an entry has more than {LARGEST_ENTRY} characters") from error
                # As much again as there is: the attempts together cost as much as the last.
                if not self._more(max(_CHUNK, held)):
                    raise _Damaged(str(error)) from error
            else:
                self._place = end
                return value  # type: ignore[no-any-return]
