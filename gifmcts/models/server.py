"""Models behind any OpenAI-compatible server, vLLM first; several servers of one model share the problems."""

import asyncio
import logging
import math
import os
from collections.abc import Iterator, Mapping
from random import Random

from gifmcts.errors import ConfigError, ModelUnavailable, PreflightError
from gifmcts.models.catalog import ModelSettings, References
from gifmcts.models.probing import same
from gifmcts.models.replica import Replica
from gifmcts.models.wire import Endpoint, Interrupted
from gifmcts.seeds import derive
from gifmcts.types import Chat, Completion, Sampling

_log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 8.0
_REST_SECONDS = 5.0
"""How long a server that was found down is left alone while another can serve."""


class Server:
    """A served model: each problem stays on one replica, so that its prefix cache serves the whole tree."""

    simulated = False

    def __init__(self, name: str, replicas: list[Replica], *, retry_seconds: float) -> None:
        self.name = name
        self._replicas = replicas
        self._retry_seconds = retry_seconds
        self._down_until: dict[Replica, float] = {}
        self._over = ""

    @classmethod
    def open(cls, name: str, settings: ModelSettings, references: References, seed: int) -> "Server":  # noqa: ARG003
        """A model at the given addresses; the key comes from GIFMCTS_API_KEY or OPENAI_API_KEY and is never recorded."""
        if not name:
            raise ConfigError("no model is named; write server/NAME with a name that the server lists at /v1/models")
        urls = settings.base_url or tuple(os.environ.get("GIFMCTS_BASE_URL", "").replace(",", " ").split())
        if not urls:
            advice = "give --base-url http://HOST:PORT (repeat it for several) or set GIFMCTS_BASE_URL"
            raise ConfigError(f"server/{name} needs the address of a server: {advice}")
        key = os.environ.get("GIFMCTS_API_KEY") or os.environ.get("OPENAI_API_KEY") or ""
        replicas = [
            Replica(endpoint, name, settings.chat, settings.context)
            for endpoint in (
                Endpoint(url, key, timeout=settings.request_timeout, in_flight=settings.max_in_flight) for url in dict.fromkeys(urls)
            )
        ]
        return cls(f"server/{name}", replicas, retry_seconds=settings.retry_seconds)

    async def preflight(self) -> None:
        """Probe every replica; a run can begin when one answers and all that answer can do the same.

        Raises:
            PreflightError: none answers, one does not serve the model, or they differ in what they can do.
        """
        results = await asyncio.gather(*(self._try(replica) for replica in self._replicas))
        troubles = [trouble for trouble in results if trouble is not None]
        if len(troubles) == len(self._replicas):
            raise PreflightError("; ".join(troubles) + "; start the server, or correct --base-url")
        for trouble in troubles:
            _log.warning("%s; its problems go to the other servers until it answers", trouble)
        if not same(one.known for one in self._replicas if one.known is not None):
            told = "; ".join(f"{key} {value}" for key, value in self.facts().items())
            raise PreflightError(f"the servers differ in what they can do, so results would depend on which one answers: {told}")

    def facts(self) -> Mapping[str, str]:
        """The servers' addresses and versions, the context, and how a prefill is continued, as far as was probed."""
        facts = {"model": self.name, "servers": ", ".join(str(replica.endpoint.api) for replica in self._replicas)}
        probed = [replica.known for replica in self._replicas if replica.known is not None]
        told = {
            "continuation": [f"{one.way} ({one.why})" for one in probed],
            "context": [str(one.context) for one in probed if one.context],
            "reasoning": ["closed before the prefill" for one in probed if one.thinking],
            "system": ["said by the user" for one in probed if not one.system],
            "version": [one.version for one in probed if one.version],
        }
        return facts | {key: ", ".join(dict.fromkeys(values)) for key, values in told.items() if values}

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """Continue the chat on its problem's replica, again and elsewhere while the server cannot serve it.

        Raises:
            ContextOverflow: the chat and the answer's room do not fit.
            ModelRefused: the server rejects the request for good.
            ModelUnavailable: no server answered within the time for retries.
        """
        ranking = sorted(self._replicas, key=lambda replica: derive(chat.task, str(replica.endpoint.api)), reverse=True)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._retry_seconds
        for pause in _pauses(Random(derive("pauses", seed))):
            replica = self._choose(ranking, loop.time())
            try:
                return await replica.complete(chat, sampling, seed)
            except Interrupted as trouble:
                lost = await self._lost(replica, trouble)
                if lost and self._choose(ranking, loop.time()) is not replica:
                    continue
                wait = max(pause, trouble.wait)
                if self._over or loop.time() + wait > deadline:
                    raise ModelUnavailable(self._over or self._gave_up(trouble, wait)) from trouble
                _log.info("asking again in %.1f s: %s", wait, trouble)
                await asyncio.sleep(wait)
        raise AssertionError("the pauses never end")

    def monitors(self) -> list[str]:
        """Where the servers tell what they do, those that tell it."""
        return [str(replica.endpoint.root / "metrics") for replica in self._replicas]

    def give_up(self, why: str) -> None:
        """Let the next failure be final for this reason: whoever keeps the servers knows that none comes back."""
        self._over = why

    async def close(self) -> None:
        """Close every connection; the model can be used again, in another event loop too."""
        for replica in self._replicas:
            await replica.close()

    async def _try(self, replica: Replica) -> str | None:
        """Probe a replica, again while it is merely busy; why it cannot serve, or ``None``."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._retry_seconds
        for pause in _pauses(Random(derive("preflight", str(replica.endpoint.api)))):
            try:
                await replica.ability()
            except Interrupted as trouble:
                wait = max(pause, trouble.wait)
                if trouble.down or loop.time() + wait > deadline:
                    return str(trouble)
                await asyncio.sleep(wait)
            else:
                return None
        raise AssertionError("the pauses never end")

    def _choose(self, ranking: list[Replica], now: float) -> Replica:
        """The first replica in the problem's own order that is not down; the first of all when every one is."""
        return next((replica for replica in ranking if self._down_until.get(replica, 0.0) <= now), ranking[0])

    async def _lost(self, replica: Replica, trouble: Interrupted) -> bool:
        """Whether the replica is gone, not only busy; it is then left alone for a while and probed before it is used again."""
        if trouble.down is False or (trouble.down is None and await replica.endpoint.healthy()):
            return False
        self._down_until[replica] = asyncio.get_running_loop().time() + _REST_SECONDS
        replica.forget()
        return True

    def _gave_up(self, trouble: Interrupted, wait: float) -> str:
        asked = f" (it asks to wait {math.ceil(trouble.wait)} s)" if wait == trouble.wait and trouble.wait else ""
        gave_up = f"{trouble}{asked}; gave up after retrying for {self._retry_seconds:g} s"
        return f"{gave_up}. When the server answers again, the same command continues"


def _pauses(rng: Random) -> Iterator[float]:
    """Seconds before each next try: doubled every time up to a limit, with jitter so that callers do not come back together."""
    pause = _FIRST_PAUSE
    while True:
        yield pause * rng.uniform(0.5, 1.0)
        pause = min(2 * pause, _LONGEST_PAUSE)
