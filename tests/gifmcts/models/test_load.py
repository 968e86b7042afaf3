"""What servers tell of their work is summed over a start, and a server that tells nothing changes nothing."""

import asyncio
from pathlib import Path

import pytest
from asking import PROGRAM, continued, model_at
from command import gifmcts, result
from openai_server import Ability, OpenAIServer, continuing

from gifmcts.models.load import Load, parsed
from gifmcts.seams import Monitored
from gifmcts.starts import ServerLoad
from gifmcts.types import Chat, Completion, Sampling

QUICK = 0.005


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", {}),
        ("# HELP a b\n# TYPE a counter\na 1\n", {"a": 1.0}),
        ('a:b_total{x="1"} 2.5\na:b_total{x="2"} 1e3\n', {"a:b_total": 1002.5}),
        ('a{x="} 7 {",y="\\""} 3 1700000000\n', {"a": 3.0}),
        ("a NaN\nb +Inf\nc x\nd 4\n<html>\n", {"d": 4.0}),
    ],
    ids=repr,
)
def test_the_text_form_is_read(page: str, expected: dict[str, float]) -> None:
    """Values are summed over labels; comments, what is no number, and pages that are none are left out."""
    assert parsed(page) == expected


class Gate:
    """A model that answers once somebody has looked while so many requests were under way."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._seen = wanted, asyncio.Event()

    def look(self, running: int) -> None:
        if running == self._wanted:
            self._seen.set()

    async def answer(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        await self._seen.wait()
        return await continuing(PROGRAM)(chat, sampling, seed)


def test_the_running_batch_and_the_cache_are_measured() -> None:
    """Requests that run together are counted together; what the cache held before the first look is not counted."""
    chat = continued("```python\n")
    gate = Gate(3)
    with OpenAIServer(gate.answer, looked=gate.look) as server:
        server.queried = server.hit = 10**6

        async def work() -> tuple[ServerLoad | None, int]:
            model = model_at(server)
            assert isinstance(model, Monitored)
            await model.preflight()
            begun = server.queried
            async with Load(model.monitors, QUICK) as load:
                await asyncio.gather(*(model.complete(chat, Sampling(), seed) for seed in range(3)))
            await model.close()
            return load.seen, server.queried - begun

        seen, queried = asyncio.run(work())
    assert seen is not None
    assert seen.cache_queries == queried
    assert 0.3 < (seen.hit_share or 0) < 1
    assert seen.samples > 0
    assert 1 <= (seen.mean_running or 0) <= 3


def test_a_counter_that_began_anew_is_not_subtracted() -> None:
    """A server that was started again in between loses what it had counted, no more."""
    with OpenAIServer(continuing(PROGRAM)) as server:
        server.queried, server.hit = 1000, 500

        async def work() -> ServerLoad | None:
            async with Load(lambda: [f"{server.url}/metrics"], 1000.0) as load:
                server.queried, server.hit = 30, 20
            return load.seen

        assert asyncio.run(work()) == ServerLoad(30.0, 20.0)


def test_servers_without_metrics_tell_nothing() -> None:
    """No route, and nobody at all."""
    with OpenAIServer(continuing(PROGRAM), Ability.CONTINUES) as server:

        async def work() -> ServerLoad | None:
            async with Load(lambda: [f"{server.url}/metrics", "http://127.0.0.1:1/metrics"], QUICK) as load:
                await asyncio.sleep(3 * QUICK)
            return load.seen

        assert asyncio.run(work()) is None


def test_a_report_tells_what_was_waited_for_and_what_the_server_did(tmp_path: Path) -> None:
    """Outside of the digest, kept over starts, and not written by a start that finds nothing to do."""
    words = ("run", "apps", "--limit", "2", "--budget", "3", "--model", "server/tiny", "--base-url")
    with OpenAIServer(continuing(PROGRAM)) as server:
        first = result(tmp_path, *words, server.url, "--name", "one")
        again = result(tmp_path, *words, server.url, "--name", "two", "--concurrency", "1")
        same = result(tmp_path, *words, server.url, "--name", "one")
    assert same == first
    assert again["digest"] == first["digest"]
    waited, told = first["waited"], first["server"]
    assert isinstance(waited, dict)
    assert isinstance(told, dict)
    assert set(waited) == {"model", "sandbox", "engine"}
    assert all(seconds > 0 for seconds in waited.values())
    assert 0 < told["prefix_cache_hit_share"] < 1
    shown = gifmcts(tmp_path, "show", "one").stdout
    assert "seconds waited, summed over problems: model " in shown
    assert f"server: prefix cache hit share {told['prefix_cache_hit_share']:.1%}" in shown
    starts = tmp_path / "runs/one/starts.jsonl"
    assert starts.read_bytes().count(b"\n") == 1
    starts.write_bytes(starts.read_bytes() * 2 + b'{"seconds": 1')
    twice = result(tmp_path, "show", "one")["waited"]
    assert isinstance(twice, dict)
    assert twice["model"] == pytest.approx(2 * waited["model"])
