"""A jail for tests that judge real programs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from sandbox import IsolationRefused, Jail

Result = TypeVar("Result")


def in_jail(work: Callable[[Jail], Awaitable[Result]], workers: int = 1) -> Result:
    """Run a coroutine with an open jail; skips the test where the machine offers no isolation."""

    async def whole() -> Result:
        async with Jail(workers=workers) as jail:
            return await work(jail)

    try:
        return asyncio.run(whole())
    except IsolationRefused as error:
        pytest.skip(f"this machine offers no isolation: {error}")
