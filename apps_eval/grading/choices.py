"""What a user chooses wherever given programs are run: which problems, where, and with how many processes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from apps_eval.options import AppsOptions, Difficulty, Split
from gifmcts.settings import LISTED


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Which problems are posed, how programs are run, and where results go."""

    data: str
    """The problems: "mini", a jsonl file (plain or gzip), a parquet file, a directory of problems,
    or a public data set such as codeparrot/apps."""
    split: Split = Split.TEST
    """Which half of a data set that has both."""
    difficulty: Difficulty | None = None
    """Only problems of this level."""
    ids: Annotated[tuple[str, ...], LISTED] = ()
    """Only these problems: ids, or ranges such as 3000-3999,4711."""
    limit: int | None = None
    """At most this many problems, after the other filters."""
    workers: int | None = None
    """Processes that run programs; by default one per core."""
    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
    out: Path | None = None
    """The folder for what is written down; by default one below --runs, named after what is run and the settings."""
    runs: Path = Path("runs")
    """Where folders of runs, gradings and audits stand."""
    fresh: bool = False
    """Forget what an earlier start of the same command wrote down."""
    json: bool = False
    """Print one JSON object instead of the report."""

    def for_apps(self, time_limit: float, memory_mb: int, exclude: str | None = None) -> AppsOptions:
        """The same for the benchmark."""
        return AppsOptions(
            data=self.data,
            split=self.split,
            difficulty=self.difficulty,
            ids=self.ids,
            limit=self.limit,
            exclude=exclude,
            time_limit=time_limit,
            memory_mb=memory_mb,
            workers=self.workers,
            unsafe_no_isolation=self.unsafe_no_isolation,
        )
