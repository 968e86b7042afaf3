"""A server model when what answers is no honest server: one line says what came, and nothing is taken for an answer that is none."""

import asyncio
import json

import pytest
from asking import PROGRAM, SAMPLING, ask, check, continued, model_at
from openai_server import Ability, OpenAIServer, continuing
from server_faults import Strange

from gifmcts.errors import ModelError, ModelRefused, ModelUnavailable, PreflightError
from gifmcts.models.load import parsed

OPEN = continued("```python\nimport sys\n")
DEEP = 100_000
ESCAPES = "\x1b[31mred\x1b]0;title\x07\u202e\n\nerror: no line of ours\r\x00"


def server_of(path: str, body: object, status: int = 200, **headers: str) -> OpenAIServer:
    """A server that replies strangely to one path."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return OpenAIServer(continuing(PROGRAM), strange={path: Strange(raw, status, headers)})


def trouble(server: OpenAIServer, kind: type[ModelError] = ModelUnavailable) -> str:
    """What a call says that fails."""
    with server, pytest.raises(kind) as caught:
        asyncio.run(ask(model_at(server, retry_seconds=0.2), OPEN))
    return str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"I am not JSON",
        b"",
        b"\xff",
        b'{"choices":' + b"[" * DEEP,
        b'{"choices":[{"text":"x","more":' + b"[" * DEEP + b"]" * DEEP + b"}]}",
        {"choices": None},
        {"choices": [{"text": None}]},
        {"choices": [{"text": ["print(1)"]}]},
        {"choices": [{"text": "x"}], "usage": {"prompt_tokens": -1}},
        {"choices": [{"text": "x"}], "usage": {"completion_tokens": "7"}},
    ],
    ids=["words", "nothing", "bytes", "deep", "deep-beside", "no-list", "null", "list", "negative", "string"],
)
def test_what_is_no_reply_is_no_answer(body: object) -> None:
    """It is asked again, then given up as something that can be continued, with the reason in one line."""
    said = trouble(server_of("/v1/completions", body))
    assert "sent a reply that cannot be read" in said
    assert "same command continues" in said
    assert "\n" not in said


def test_an_error_with_the_status_of_success_is_passed_on() -> None:
    """Where the body tells what is wrong, the message has these words."""
    assert "cannot be read: the queue is full" in trouble(server_of("/v1/completions", {"error": {"message": "the queue is full"}}))


@pytest.mark.parametrize("status", [400, 429])
def test_a_complaint_without_end_is_cut(status: int) -> None:
    """A complaint nested beyond what can be read, or of any length, is shown by its beginning."""
    kind = ModelRefused if status == 400 else ModelUnavailable
    for body in (b'{"error":' * DEEP, b"x" * (1 << 20)):
        assert len(trouble(server_of("/v1/completions", body, status), kind)) < 1000


def test_words_of_a_server_are_one_harmless_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters are spelt out, lines joined, and the key is masked even where the words are cut in its middle."""
    monkeypatch.setenv("GIFMCTS_API_KEY", "sk-hidden-key")
    for filler in ("", "y" * 492):
        said = trouble(server_of("/v1/completions", {"error": {"message": filler + "sk-hidden-key" + ESCAPES}}, 401), ModelRefused)
        assert said.isprintable()
        assert "sk-h" not in said
    assert said.endswith("to a key that this server knows")


def test_a_redirection_is_told_and_not_followed() -> None:
    """No request, and so no key, goes where a server sends it."""
    with OpenAIServer(continuing(PROGRAM)) as other:
        said = trouble(server_of("/v1/models", {}, 307, Location=f"{other.url}/v1/models"), PreflightError)
        assert not other.requests
    assert f"it sends the request on to {other.url}/v1/models" in said


@pytest.mark.parametrize("tokens", [[], [-1], [2**70], [1.5], ["a"], None, {"a": 1}], ids=str)
def test_a_chat_that_is_rendered_to_nothing_is_not_asked(tokens: object) -> None:
    """Ids that are none, after a probe that went well, are told; the model is never asked without its chat."""

    async def asked(server: OpenAIServer) -> None:
        model = model_at(server, retry_seconds=0.2)
        try:
            await model.preflight()
            server.strange = {"/tokenize": Strange(json.dumps({"tokens": tokens}).encode())}
            await model.complete(OPEN, SAMPLING, 7)
        finally:
            await model.close()

    with OpenAIServer(continuing(PROGRAM)) as server:
        with pytest.raises(ModelUnavailable, match="cannot be read|renders a text to no token"):
            asyncio.run(asked(server))
        assert not server.sent("/v1/completions")


@pytest.mark.parametrize("tokens", [[], ["a"], None], ids=str)
def test_a_server_that_cannot_render_is_asked_by_chats(tokens: object) -> None:
    """Where the probe gets no ids, the chat route is used."""
    with server_of("/tokenize", {"tokens": tokens}) as server:
        asyncio.run(ask(model_at(server), OPEN))
        assert server.sent("/v1/chat/completions")


@pytest.mark.parametrize(
    "body",
    [[], {"data": None}, {"data": [{"id": "tiny", "max_model_len": -5}]}, b"<html>", b"[" * DEEP],
    ids=["list", "null", "negative", "words", "deep"],
)
def test_a_list_of_models_that_is_none_is_told_before_the_run(body: object) -> None:
    """Also a context below nothing, in which every chat would overflow."""
    with server_of("/v1/models", body) as server, pytest.raises(PreflightError, match="cannot be read.*correct --base-url"):
        asyncio.run(check(model_at(server, retry_seconds=0.2)))


def test_many_models_are_not_all_listed() -> None:
    """A router may offer thousands."""
    with OpenAIServer(continuing(PROGRAM), Ability.FULL, tuple(f"m{number:03}" + ESCAPES for number in range(300))) as server:
        with pytest.raises(PreflightError, match=r"it serves: m000.*m019.* and 280 more$") as caught:
            asyncio.run(check(model_at(server)))
        assert str(caught.value).isprintable()


def test_counters_that_count_nothing_are_left_out() -> None:
    """Infinite, negative and absurd values of a metrics page never reach a run's records."""
    page = 'a 1\na{x="1"} 2\nb inf\nc NaN\nd -4\ne 1e308\ne 1e308\nf\x1b 1\ng 5\x07\n'
    assert parsed(page) == {"a": 3.0}
