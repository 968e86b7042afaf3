"""What grading must look up and cannot hold in memory: programs by problem, and where their records stand; a temporary data base."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from types import TracebackType
from typing import Final, Self

from apps_eval.dataset import plain
from apps_eval.grading.programs import Item, Refused, Submission
from apps_eval.options import Rules

SAME_NUMBER: Final = "its id differs from an earlier one in leading zeros only"
"""Why a problem is not scored whose programs could be those of another."""

_TABLES = """
CREATE TABLE source (digest TEXT PRIMARY KEY, text BLOB) WITHOUT ROWID;
CREATE TABLE program (number INTEGER PRIMARY KEY, problem TEXT, sample INTEGER, place TEXT, digest TEXT, UNIQUE (problem, sample));
CREATE TABLE refused (number INTEGER PRIMARY KEY, place TEXT, reason TEXT);
CREATE TABLE problem (number INTEGER PRIMARY KEY, id TEXT UNIQUE, plain TEXT UNIQUE, difficulty TEXT, tests INTEGER);
CREATE TABLE unscorable (number INTEGER PRIMARY KEY, id TEXT, plain TEXT, reason TEXT);
CREATE TABLE record (problem TEXT, digest TEXT, mode TEXT, start INTEGER, PRIMARY KEY (problem, digest, mode)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One program in the spool."""

    sample: int
    place: str
    digest: str


@dataclass(frozen=True, slots=True)
class ProblemEntry:
    """One scorable problem in the spool."""

    id: str
    difficulty: str
    tests: int


class Spool:
    """A data base in a file that has no name and ends with the process."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(_TABLES)
        self._base.execute("PRAGMA synchronous = OFF")
        self._digest = blake2b(digest_size=16)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._base.close()

    # Programs

    def fill(self, items: Iterable[Item]) -> None:
        """Take in every program, and what was refused with its reason; a second program for a sample is refused."""
        self._base.execute("BEGIN")
        for item in items:
            refused = item if isinstance(item, Refused) else self._add(item)
            if refused is not None:
                self._base.execute("INSERT INTO refused (place, reason) VALUES (?, ?)", (_text(refused.place), _text(refused.reason)))
        self._base.execute("COMMIT")

    def _add(self, item: Submission) -> Refused | None:
        data = item.source.encode("utf-8", "surrogatepass")
        digest = program_digest(item.source)
        row = (plain(item.problem_id), item.sample, _text(item.place), digest)
        try:
            self._base.execute("INSERT INTO program (problem, sample, place, digest) VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            query = "SELECT place FROM program WHERE problem = ? AND sample = ?"
            (place,) = self._base.execute(query, row[:2]).fetchone()
            return Refused(item.place, f"sample {item.sample} of problem {item.problem_id} was given before, at {place}")
        self._base.execute("INSERT OR IGNORE INTO source VALUES (?, ?)", (digest, zlib.compress(data, 1)))
        self._digest.update(f"{row[0]}\0{item.sample}\0{digest}\n".encode())
        return None

    @property
    def checksum(self) -> str:
        """A digest over the programs in their order, whatever form they came in."""
        return self._digest.hexdigest()

    def programs(self) -> int:
        """How many programs there are."""
        return self._count("SELECT count(*) FROM program")

    def wanted(self, problem: str) -> bool:
        """Whether there is a program for a problem."""
        return self._base.execute("SELECT 1 FROM program WHERE problem = ? LIMIT 1", (plain(problem),)).fetchone() is not None

    def entries(self, problem: str) -> list[Entry]:
        """A problem's programs by sample; those without a number take the free ones in their order."""
        query = "SELECT sample, place, digest FROM program WHERE problem = ? ORDER BY number"
        rows = self._base.execute(query, (plain(problem),)).fetchall()
        taken = {sample for sample, _, _ in rows if sample is not None}
        free = (number for number in range(len(rows) + len(taken)) if number not in taken)
        return sorted(
            (Entry(next(free) if sample is None else sample, place, digest) for sample, place, digest in rows),
            key=lambda entry: entry.sample,
        )

    def source(self, digest: str) -> str:
        """A program's text."""
        (data,) = self._base.execute("SELECT text FROM source WHERE digest = ?", (digest,)).fetchone()
        return zlib.decompress(data).decode("utf-8", "surrogatepass")

    def fewer_than(self, count: int) -> dict[str, int]:
        """The problems that have fewer programs than that, with their numbers."""
        query = "SELECT problem, count(*) FROM program GROUP BY problem HAVING count(*) < ?"
        return dict(self._base.execute(query, (count,)))

    def refused(self, limit: int) -> list[Refused]:
        """The first places without a program, in the order of reading."""
        return [Refused(*row) for row in self._base.execute("SELECT place, reason FROM refused ORDER BY number LIMIT ?", (limit,))]

    def refusals(self) -> int:
        """How many places are without a program."""
        return self._count("SELECT count(*) FROM refused")

    # Problems

    def add_problem(self, name: str, difficulty: str, tests: int) -> bool:
        """Take in a problem that can be scored, in the order of the data; not one whose id differs from another in leading zeros only."""
        row = (name, plain(name), difficulty, tests)
        try:
            self._base.execute("INSERT INTO problem (id, plain, difficulty, tests) VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            self.add_unscorable(name, SAME_NUMBER)
            return False
        return True

    def add_unscorable(self, name: str, reason: str) -> None:
        """Take in a row of the data that cannot be scored."""
        self._base.execute("INSERT INTO unscorable (id, plain, reason) VALUES (?, ?, ?)", (_text(name), plain(name), _text(reason)))

    def scorable(self, name: str) -> bool:
        """Whether a problem of exactly this id can be scored."""
        return self._base.execute("SELECT 1 FROM problem WHERE id = ?", (name,)).fetchone() is not None

    def problems(self) -> Iterator[ProblemEntry]:
        """The problems that can be scored, in the order of the data."""
        for row in self._base.execute("SELECT id, difficulty, tests FROM problem ORDER BY number"):
            yield ProblemEntry(*row)

    def without_programs(self) -> list[str]:
        """The problems that can be scored and have no program."""
        query = "SELECT id FROM problem WHERE plain NOT IN (SELECT problem FROM program) ORDER BY number"
        return [name for (name,) in self._base.execute(query)]

    def unscorable(self) -> dict[str, str]:
        """The rows of the data that cannot be scored, with their first reasons."""
        query = "SELECT id, reason, min(number) AS first FROM unscorable GROUP BY id ORDER BY first"
        return {name: reason for name, reason, _ in self._base.execute(query)}

    def unknown(self) -> dict[str, int]:
        """The problems that have programs and are not among the rows that were read, with the numbers of their programs."""
        known = "SELECT plain FROM problem UNION SELECT plain FROM unscorable"
        query = f"SELECT problem, count(*) FROM program WHERE problem NOT IN ({known}) GROUP BY problem ORDER BY min(number)"
        return dict(self._base.execute(query))

    # Records

    def note(self, problem: str, digest: str, mode: Rules, start: int) -> None:
        """Remember where the record of a program stands."""
        self._base.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", (problem, digest, mode.value, start))

    def find(self, problem: str, digest: str, mode: Rules) -> int | None:
        """Where the record of a program stands; ``None`` where there is none."""
        query = "SELECT start FROM record WHERE problem = ? AND digest = ? AND mode = ?"
        row = self._base.execute(query, (problem, digest, mode.value)).fetchone()
        return None if row is None else int(row[0])

    def _count(self, query: str) -> int:
        return int(self._base.execute(query).fetchone()[0])


def program_digest(source: str) -> str:
    """What tells programs apart: 32 hexadecimal digits."""
    return blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _text(words: str) -> str:
    """Words that the data base can hold."""
    return words.encode("utf-8", "replace").decode("utf-8")
