"""What servers tell of their work at ``/metrics``: how much of the prompts their caches held, and how many requests ran together."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import aiohttp

from gifmcts.starts import ServerLoad

_LINE = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{.*\})?\s+(\S+)")
_QUERIES = ("vllm:prefix_cache_queries_total", "vllm:prefix_cache_queries", "vllm:gpu_prefix_cache_queries_total")
_HITS = ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_hits", "vllm:gpu_prefix_cache_hits_total")
_RUNNING = ("vllm:num_requests_running",)
_SECONDS = 2.0
"""Between two looks, and for one look at most."""
_LONGEST = 4 << 20
"""Bytes of one page."""
_LARGEST = 1e18
"""A counter beyond this is no count."""


class Load:
    """Looks at servers' metrics for the time of a context; servers without any, or that do not answer, are left out."""

    def __init__(self, monitors: Callable[[], Sequence[str]], every: float = _SECONDS) -> None:
        self._monitors, self._every = monitors, every
        self._last: dict[str, tuple[float, float]] = {}
        self._queries = self._hits = self._running = 0.0
        self._samples = 0

    @property
    def seen(self) -> ServerLoad | None:
        """What happened since the first look; ``None`` where no server told anything."""
        return ServerLoad(self._queries, self._hits, self._running, self._samples) if self._last else None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))
        await self._look(sample=False)
        self._looking = asyncio.create_task(self._look_often())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        try:
            await self._look(sample=False)
        finally:
            await self._session.close()

    async def _look_often(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self._look(sample=True)

    async def _look(self, *, sample: bool) -> None:
        """Look once at every server."""
        urls = list(self._monitors())
        pages = await asyncio.gather(*map(self._page, urls))
        running = [self._count(url, page) for url, page in zip(urls, pages, strict=True) if page]
        if sample and sum(running) > 0:
            self._running += sum(running) / len(running)
            self._samples += 1

    def _count(self, url: str, page: str) -> float:
        """Add what a server's counters gained since the last look; a smaller one began anew. How many requests run now."""
        values = parsed(page)
        now = _first(values, _QUERIES), _first(values, _HITS)
        before = self._last.get(url, now)
        gained = [new - old if new >= old else new for new, old in zip(now, before, strict=True)]
        self._queries, self._hits = self._queries + gained[0], self._hits + gained[1]
        self._last[url] = now
        return _first(values, _RUNNING)

    async def _page(self, url: str) -> str:
        """A server's metrics; nothing where it tells none now."""
        try:
            async with self._session.get(url, allow_redirects=False) as reply:
                if reply.status != 200:
                    return ""
                pieces = bytearray()
                async for piece in reply.content.iter_chunked(1 << 16):
                    pieces += piece
                    if len(pieces) > _LONGEST:
                        return ""
                return pieces.decode("utf-8", errors="replace")
        except (aiohttp.ClientError, TimeoutError):
            return ""


def parsed(page: str) -> dict[str, float]:
    """The values of a page in the text form of Prometheus by their names, summed over labels; what is no count is left out."""
    values: dict[str, float] = {}
    for line in page.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        with suppress(ValueError):
            number = float(found[2])
            if 0 <= number <= _LARGEST:
                values[found[1]] = values.get(found[1], 0.0) + number
    return values


def _first(values: dict[str, float], names: Sequence[str]) -> float:
    return next((values[name] for name in names if name in values), 0.0)
