"""Several servers of one model: problems are shared evenly, stay where they are, and move only when their server is gone."""

import asyncio
from collections import Counter

import pytest
from asking import PROGRAM, ask, check, continued, model_at
from openai_server import Ability, OpenAIServer, continuing
from server_faults import BUSY, DROP, HANG

from gifmcts.errors import ModelUnavailable, PreflightError
from gifmcts.models.catalog import OpenedModel
from gifmcts.models.replies import ChatReply
from gifmcts.models.wire import Body, Endpoint
from gifmcts.types import Chat, Sampling

OPEN = continued("```python\n")


def chat_of(task: str) -> Chat:
    """The same question for another task."""
    return Chat(OPEN.messages, task)


def served(*servers: OpenAIServer) -> list[int]:
    """How many answers each server gave."""
    return [len(server.sent("/v1/completions")) for server in servers]


async def serve(model: OpenedModel, tasks: list[str]) -> None:
    """Ask once for every task, all at once."""
    await asyncio.gather(*(model.complete(chat_of(task), Sampling(), 0) for task in tasks))


def test_problems_are_pinned_and_shared_evenly() -> None:
    """Each task's calls reach one server, and none of three servers gets more than half of 60 tasks."""
    with OpenAIServer(continuing(PROGRAM)) as a, OpenAIServer(continuing(PROGRAM)) as b, OpenAIServer(continuing(PROGRAM)) as c:

        async def run() -> list[list[int]]:
            model = model_at(a, b, c)
            counts = []
            for _ in range(2):
                await serve(model, [f"task{number}" for number in range(60)])
                counts.append(served(a, b, c))
            await model.close()
            return counts

        first, second = asyncio.run(run())
    assert second == [2 * count for count in first]
    assert sum(first) == 60
    assert all(0 < count <= 30 for count in first)


def test_a_busy_server_keeps_its_problems() -> None:
    """Neither 429 nor a dropped connection of a living server moves a problem to another one."""
    with OpenAIServer(continuing(PROGRAM)) as a, OpenAIServer(continuing(PROGRAM)) as b:

        async def run() -> list[int]:
            model = model_at(a, b)
            await serve(model, ["task"])
            before = served(a, b)
            (a if before[0] else b).fail_with(BUSY, DROP)
            await serve(model, ["task"])
            await model.close()
            return before

        home = asyncio.run(run()).index(1)
        counts = served(a, b)
    assert (counts[home], counts[1 - home]) == (4, 0)


@pytest.mark.parametrize("death", ["refuses", "unhealthy"])
def test_problems_move_when_their_server_is_gone(death: str) -> None:
    """A server that is no longer there, or answers 500 and says that its engine is dead, hands its problems to another."""
    servers = [OpenAIServer(continuing(PROGRAM)).start() for _ in range(2)]

    async def run() -> tuple[list[int], list[int]]:
        model = model_at(*servers)
        await serve(model, ["task"])
        before = served(*servers)
        home = servers[before.index(1)]
        if death == "refuses":
            await asyncio.to_thread(home.stop)
        else:
            home.healthy = False
            home.fail_with(DROP)
        await serve(model, ["task"])
        after = served(*servers)
        await model.close()
        return before, after

    try:
        before, after = asyncio.run(run())
        assert after[before.index(0)] == 1
    finally:
        for server in servers:
            server.__exit__()


def test_a_server_that_comes_back_is_used_again() -> None:
    """The only server dies and returns on its address: the call that waited is answered."""
    server = OpenAIServer(continuing(PROGRAM)).start()

    async def run() -> None:
        model = model_at(server)
        await serve(model, ["task"])
        await asyncio.to_thread(server.stop)
        call = asyncio.create_task(model.complete(OPEN, Sampling(), 0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(call), 0.3)
        await asyncio.to_thread(server.start)
        assert (await call).text.startswith(PROGRAM)
        await model.close()

    try:
        asyncio.run(run())
    finally:
        server.__exit__()


@pytest.mark.parametrize("change", [{"context": 500_000}, {"ability": Ability.CONTINUES}], ids=["context", "ability"])
def test_another_server_at_the_same_address_is_not_taken_for_the_first(change: dict[str, object]) -> None:
    """Trees would be of two kinds without a word: the run stops, with what changed, until the first server is back."""
    server = OpenAIServer(continuing(PROGRAM)).start()

    async def change_servers(model: OpenedModel, to: dict[str, object]) -> None:
        """Another server comes after a call that found none."""
        await asyncio.to_thread(server.stop)
        call = asyncio.create_task(model.complete(OPEN, Sampling(), 0))
        await asyncio.wait({call}, timeout=0.3)
        for name, value in to.items():
            setattr(server, name, value)
        await asyncio.to_thread(server.start)
        await call

    async def run() -> None:
        model = model_at(server, retry_seconds=2.0)
        before = {name: getattr(server, name) for name in change}
        try:
            await serve(model, ["task"])
            told = "another server than before.*token ids, context 1000000; now continuation by .*same command"
            with pytest.raises(ModelUnavailable, match=told):
                await change_servers(model, change)
            await change_servers(model, before)
        finally:
            await model.close()

    try:
        asyncio.run(run())
    finally:
        server.__exit__()


def test_a_lost_server_is_given_up_resumably() -> None:
    """With no server left the call ends as unavailable, which no attempt is spent on."""
    server = OpenAIServer(continuing(PROGRAM)).start()

    async def run() -> None:
        model = model_at(server, retry_seconds=0.2)
        await serve(model, ["task"])
        await asyncio.to_thread(server.stop)
        with pytest.raises(ModelUnavailable, match=f"no server answers at {server.url}"):
            await ask(model, OPEN)

    asyncio.run(run())


def test_preflight_wants_one_server_and_equal_ones(caplog: pytest.LogCaptureFixture) -> None:
    """A missing server is warned about; servers that continue differently are refused, since results would depend on which answers."""
    gone = OpenAIServer(continuing(PROGRAM)).start()
    gone.stop()
    with OpenAIServer(continuing(PROGRAM)) as full, OpenAIServer(continuing(PROGRAM), Ability.CONTINUES) as chat:
        asyncio.run(check(model_at(full, gone)))
        assert gone.url in caplog.text
        with pytest.raises(PreflightError, match=r"differ in what they can do.*token ids.*continue_final_message"):
            asyncio.run(check(model_at(full, chat)))


def test_requests_in_flight_are_limited() -> None:
    """One address is never asked for more completions at a time than allowed, and all of them are answered."""
    running: Counter[str] = Counter()
    program = continuing(PROGRAM)

    async def answer(chat: Chat, sampling: Sampling, seed: int) -> object:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        for _ in range(5):
            await asyncio.sleep(0)
        running["now"] -= 1
        return await program(chat, sampling, seed)

    with OpenAIServer(answer) as server:  # type: ignore[arg-type]

        async def run() -> None:
            model = model_at(server, max_in_flight=3)
            await serve(model, [str(number) for number in range(40)])
            await model.close()

        asyncio.run(run())
        assert served(server) == [40]
    assert running["most"] <= 3


def test_a_server_whose_places_are_taken_can_be_looked_at() -> None:
    """While as many completions are written as may be, the server's health is still seen, so that it is not taken for lost."""

    async def look(server: OpenAIServer) -> bool:
        endpoint = Endpoint(server.url, "", timeout=60, in_flight=1)
        body: Body = {"model": "tiny", "messages": [{"role": "user", "content": "A task."}], "temperature": 0}
        writing = asyncio.create_task(endpoint.post("chat/completions", body, ChatReply))
        try:
            assert await asyncio.to_thread(server.hangs.wait, 30)
            return await endpoint.healthy()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await endpoint.close()

    with OpenAIServer(continuing(PROGRAM)) as server:
        server.fail_with(HANG)
        assert asyncio.run(look(server))
