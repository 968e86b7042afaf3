"""A server model when its server fails: tries again what may work, and says what will not."""

import asyncio
import logging
from collections.abc import Mapping
from time import perf_counter

import pytest
from asking import PROGRAM, ask, check, continued, model_at
from openai_server import Ability, OpenAIServer, continuing
from server_faults import BROKEN, BUSY, DROP, HANG, MALFORMED, OVERFLOW, Fault

from gifmcts.errors import ConfigError, ContextOverflow, ModelRefused, ModelUnavailable, PreflightError
from gifmcts.models.catalog import ModelSettings
from gifmcts.models.server import Server
from gifmcts.types import Chat, Finish, Message, Role, Sampling

OPEN = continued("```python\nimport sys\n")
FREE = Chat((Message(Role.USER, "x"),), "t")


def server_of(**settings: object) -> OpenAIServer:
    """A server that knows the program."""
    return OpenAIServer(continuing(PROGRAM), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("chat", [OPEN, FREE], ids=["open", "free"])
@pytest.mark.parametrize("fault", [BUSY, BROKEN, DROP, MALFORMED, Fault(status=503)], ids=["429", "500", "drop", "malformed", "503"])
def test_a_passing_failure_is_tried_again(chat: Chat, fault: Fault) -> None:
    """Two failures cost two more requests, and the answer is the one that a healthy server gives."""
    with server_of() as server:
        (healthy,) = asyncio.run(ask(model_at(server), chat))
        sent = len(server.requests)
        server.fail_with(fault, fault)
        (answer,) = asyncio.run(ask(model_at(server), chat))
        path = "/v1/completions" if chat is OPEN else "/v1/chat/completions"
        bodies = [request.body for request in server.requests[sent:] if request in server.sent(path)]
    assert answer.text == healthy.text
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] == bodies[2]


def test_the_server_says_when_to_come_back() -> None:
    """Retry-After is waited for, and a longer wait than the time for retries ends them at once."""
    with server_of() as server:
        server.fail_with(Fault(status=429, retry_after="0.4"))
        started = perf_counter()
        asyncio.run(ask(model_at(server), OPEN))
        assert perf_counter() - started >= 0.4
        server.fail_with(Fault(status=429, retry_after="3600"))
        with pytest.raises(ModelUnavailable, match=r"asks to wait 3600 s.*same command continues"):
            asyncio.run(ask(model_at(server), OPEN))


@pytest.mark.parametrize(("status", "advice"), [(400, "cannot serve"), (401, "GIFMCTS_API_KEY"), (403, "GIFMCTS_API_KEY"), (422, "read")])
def test_a_refusal_is_final_and_says_why(status: int, advice: str) -> None:
    """Requests that the server rejects are sent once; the message holds the server's own words and what to do."""
    with server_of() as server:
        server.fail_with(Fault(status=status, message="no such luck"))
        with pytest.raises(ModelRefused, match=rf"{status}.*no such luck.*{advice}"):
            asyncio.run(ask(model_at(server), OPEN))
        assert len(server.sent("/v1/completions")) == 1


def test_time_for_retries_ends() -> None:
    """A server that never recovers is given up in time, as something that can be continued."""
    with server_of() as server:
        model = model_at(server, retry_seconds=0.3)
        asyncio.run(check(model))
        server.fail_with(*[BROKEN] * 100)
        with pytest.raises(ModelUnavailable, match=r"500.*internal error.*same command continues"):
            asyncio.run(ask(model, OPEN))
        assert 2 <= len(server.sent("/v1/completions")) < 10


def test_a_timeout_closes_the_connection() -> None:
    """A request given up is closed, so that the server stops computing it."""
    with server_of() as server:
        server.fail_with(HANG)
        with pytest.raises(ModelUnavailable, match=r"within 0\.2 s"):
            asyncio.run(ask(model_at(server, request_timeout=0.2, retry_seconds=0), OPEN))
        assert server.abandoned.wait(10)


def test_a_cancelled_call_closes_the_connection() -> None:
    """Abandoned moves do not go on computing."""

    async def cancelled(server: OpenAIServer) -> None:
        model = model_at(server)
        call = asyncio.create_task(model.complete(OPEN, Sampling(), 1))
        assert await asyncio.to_thread(server.hangs.wait, 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await asyncio.to_thread(server.abandoned.wait, 10)
        await model.close()

    with server_of() as server:
        server.fail_with(HANG)
        asyncio.run(cancelled(server))


def test_overflow_is_known_before_sending() -> None:
    """A prompt whose answer would be clamped silently is not sent."""
    with server_of(context=1540) as server:
        with pytest.raises(ContextOverflow, match=r"\d+ prompt tokens and room for 1500.*1540 tokens"):
            asyncio.run(ask(model_at(server), OPEN))
        assert not server.sent("/v1/completions")


@pytest.mark.parametrize("ability", Ability)
def test_an_answer_that_leaves_no_room_for_any_prompt_is_refused(ability: Ability) -> None:
    """Else every attempt of a run would be an overflow, and the run would end as if the model could do nothing."""
    with server_of(ability=ability, context=1500) as server:
        with pytest.raises(ModelRefused, match=r"--max-tokens 1500 leaves no room for a prompt in the context of 1500 tokens"):
            asyncio.run(ask(model_at(server), OPEN))
        assert not server.sent("/v1/completions") + server.sent("/v1/chat/completions")


@pytest.mark.parametrize("ability", Ability)
@pytest.mark.parametrize("chat", [OPEN, FREE], ids=["open", "free"])
def test_overflow_that_the_server_reports_is_typed(ability: Ability, chat: Chat) -> None:
    """The 400 about the context length is an overflow, not a refusal, and is not tried again."""
    with server_of(ability=ability, context=None) as server:
        server.fail_with(OVERFLOW)
        with pytest.raises(ContextOverflow, match="maximum context length"):
            asyncio.run(ask(model_at(server), chat))
        assert len(server.sent("/v1/completions") + server.sent("/v1/chat/completions")) == 1


def test_an_answer_cut_by_the_context_is_an_overflow() -> None:
    """Where the server clamps the answer's room in silence, an answer that needed more of it counts as an overflow."""

    async def short(chat: Chat, sampling: Sampling, seed: int) -> object:
        full = await continuing(PROGRAM)(chat, sampling, seed)
        kept = full.text[: sampling.max_tokens]
        return type(full)(kept, 0, len(kept), Finish.LENGTH if kept != full.text else Finish.STOP)

    with OpenAIServer(short, Ability.IGNORES, context=150) as server:  # type: ignore[arg-type]
        with pytest.raises(ContextOverflow, match="cut at the end of the context of 150"):
            asyncio.run(ask(model_at(server), FREE, sampling=Sampling(max_tokens=149)))
        server.context = 1000
        (completion,) = asyncio.run(ask(model_at(server), FREE, sampling=Sampling(max_tokens=999)))
    assert completion.finish is Finish.STOP


def test_no_server_is_found_out_at_once() -> None:
    """Preflight names the address and what to do when nothing listens there."""
    server = server_of().start()
    server.stop()
    with pytest.raises(PreflightError, match=rf"no server answers at {server.url}.*start the server, or correct --base-url"):
        asyncio.run(check(model_at(server)))


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    """Preflight lists what the server does serve."""
    with (
        server_of(models=("alpha", "beta")) as server,
        pytest.raises(PreflightError, match="does not serve 'tiny'; it serves: alpha, beta"),
    ):
        asyncio.run(check(model_at(server)))


def test_an_adapter_is_found_under_its_own_name() -> None:
    """``base:adapter`` is sent as such where it is served as such, else as the adapter's name."""

    async def sent(server: OpenAIServer) -> object:
        model = Server.open("base:tuned", ModelSettings(base_url=(server.url,)), lambda task: (), 0)
        await ask(model, FREE)
        return server.sent("/v1/chat/completions")[-1].body["model"]

    with server_of(models=("base", "tuned")) as server:
        assert asyncio.run(sent(server)) == "tuned"
        server.models = ("base:tuned", "tuned")
        assert asyncio.run(sent(server)) == "base:tuned"


def test_settings_that_cannot_work_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, no name, no scheme, a password in the address: each says what to give instead."""
    monkeypatch.delenv("GIFMCTS_BASE_URL", raising=False)
    cases: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "--base-url http://HOST:PORT.*GIFMCTS_BASE_URL": ("tiny", ()),
        "server/NAME": ("", ("http://127.0.0.1:1",)),
        "is no address; write it like": ("tiny", ("localhost:8000",)),
        "user or password": ("tiny", ("http://user:secret@127.0.0.1:1",)),
        "not sent and would be recorded": ("tiny", ("http://127.0.0.1:1/v1?key=secret",)),
    }
    for message, (name, urls) in cases.items():
        with pytest.raises(ConfigError, match=message) as caught:
            Server.open(name, ModelSettings(base_url=urls), lambda task: (), 0)
        assert "secret" not in str(caught.value)
    monkeypatch.setenv("GIFMCTS_BASE_URL", "http://127.0.0.1:1, http://127.0.0.1:2")
    assert "127.0.0.1:2" in Server.open("tiny", ModelSettings(), lambda task: (), 0).facts()["servers"]


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The key from the environment opens the server, and stands in no representation, fact, log or message, even one by the server."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", "other")
    with server_of(key="sk-hidden") as server:
        monkeypatch.setenv("GIFMCTS_API_KEY", "sk-hidden")
        model = model_at(server)
        asyncio.run(ask(model, OPEN, FREE))
        assert all(request.headers["Authorization"] == "Bearer sk-hidden" for request in server.requests)
        monkeypatch.setenv("GIFMCTS_API_KEY", "sk-wrong")
        with pytest.raises(PreflightError, match=r"401.*wrong key.*GIFMCTS_API_KEY") as refused:
            asyncio.run(check(model_at(server)))
        shown = [repr(model), repr(vars(model)), repr(model.facts()), repr(ModelSettings()), caplog.text, str(refused.value)]
    assert not any("sk-hidden" in text or "sk-wrong" in text for text in shown)
