"""A jail that stands for a whole module of tests: its walls are built once."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from sandbox import SCRIPT, IsolationRefused, Jail, Job, Limits, Outcome, Sharing


class StandingJail:
    """A jail and the event loop that it lives in."""

    def __init__(self, runner: asyncio.Runner, jail: Jail) -> None:
        self.runner = runner
        self.jail = jail

    def run(self, job: Job) -> list[Outcome]:
        """All outcomes of a job."""

        async def collect() -> list[Outcome]:
            return [outcome async for outcome in self.jail.run(job)]

        return self.runner.run(collect())

    def script(
        self, source: str, *inputs: bytes, limits: Limits = Limits(cpu_seconds=2.0), sharing: Sharing = Sharing.FRESH
    ) -> list[Outcome]:
        """All outcomes of a script, which gets one empty input when none is given."""
        return self.run(Job(source, SCRIPT, inputs or (b"",), limits, sharing))

    def run_all(self, jobs: Iterable[Job]) -> list[list[Outcome]]:
        """The outcomes of jobs that ask at once."""

        async def collect(job: Job) -> list[Outcome]:
            return [outcome async for outcome in self.jail.run(job)]

        async def collect_all() -> list[list[Outcome]]:
            return await asyncio.gather(*map(collect, jobs))

        return self.runner.run(collect_all())


@contextmanager
def standing(workers: int = 1, jail: Jail | None = None) -> Iterator[StandingJail]:
    """Build the walls of a jail, by default an ordinary one; skips the test where the machine offers no isolation."""
    jail = jail or Jail(workers)
    with asyncio.Runner() as runner:
        try:
            runner.run(jail.__aenter__())
        except IsolationRefused as error:
            pytest.skip(f"this machine offers no isolation: {error}")
        try:
            yield StandingJail(runner, jail)
        finally:
            runner.run(jail.__aexit__(None, None, None))
