"""A real HTTP server on loopback that speaks the OpenAI and vLLM API: scriptable faults, three abilities, every request recorded.

Its tokenizer maps each byte of UTF-8 to one id, so that rendered prompts are exact and can be read back into chats.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler
from byte_template import Template
from server_faults import Fault, Strange, error

from gifmcts.types import Chat, Completion, Finish, Message, Role, Sampling

Answerer = Callable[[Chat, Sampling, int], Awaitable[Completion]]
JSON = dict[str, object]

_BLOCK = 16


class Ability(StrEnum):
    """What the server can do."""

    FULL = "full"
    """As vLLM: token ids, completions, and chat that can leave the last message open."""
    CONTINUES = "continues"
    """Chat only; honours ``continue_final_message``."""
    IGNORES = "ignores"
    """Chat only; answers 200 to fields that it does not know."""


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    path: str
    body: JSON
    headers: dict[str, str]


@dataclass
class OpenAIServer:
    """Serves ``answer`` under ``models``; used as a context manager, on a free port of 127.0.0.1, in a thread of its own."""

    answer: Answerer
    ability: Ability = Ability.FULL
    models: tuple[str, ...] = ("tiny",)
    context: int | None = 1_000_000
    key: str = ""
    template: Template = field(default_factory=Template)
    task_of: Callable[[tuple[Message, ...]], str] = lambda messages: "task"
    """The task that a chat is about, for answers that need it; it is never sent."""
    reply: Callable[[JSON], JSON] = lambda reply: reply
    """A last change to a chat reply, such as moving its text into ``reasoning``."""
    looked: Callable[[int], None] = lambda running: None
    """Called when a client looks at the metrics, with the number of requests that run."""
    strange: Mapping[str, Strange] = field(default_factory=dict)
    """What is replied instead, by the path."""
    healthy: bool = True
    port: int = 0

    def __post_init__(self) -> None:
        """Nothing is served yet."""
        self.requests: list[Request] = []
        self.hangs = threading.Event()
        """Set when a request begins to hang."""
        self.abandoned = threading.Event()
        """Set when a client went away from a request that hangs."""
        self._faults: Iterator[Fault | None] = iter(())
        self._seen: set[int] = set()
        self.running = self.queried = self.hit = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def fail_with(self, *faults: Fault | None) -> None:
        """How the next requests for completions fail, in their order (``None``: not at all); probes of one token never do."""
        self.fail_as(faults)

    def fail_as(self, faults: Iterable[Fault | None]) -> None:
        """The same, for sequences without end."""
        self._faults = iter(faults)

    def sent(self, path: str, probes: bool = False) -> list[Request]:
        """The requests to a path, without probes of one token."""
        return [one for one in self.requests if one.path == path and (probes or one.body.get("max_tokens") != 1)]

    def start(self) -> Self:
        """Listen, on the same port as before when it was started before."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(30):
            raise RuntimeError("the test server did not start")
        return self

    def stop(self) -> None:
        """Close every connection and stop listening."""
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self.stop()

    async def _serve(self, ready: threading.Event) -> None:
        @web.middleware
        async def instead(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._instead(request, handler)

        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=2**26, middlewares=[instead])
        app.router.add_get("/health", self._health)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        if self.ability is Ability.FULL:
            app.router.add_get("/version", self._version)
            app.router.add_get("/metrics", self._metrics)
            app.router.add_post("/tokenize", self._tokenize)
            app.router.add_post("/detokenize", self._detokenize)
            app.router.add_post("/v1/completions", self._complete)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        ready.set()
        await self._done.wait()
        await runner.cleanup()

    async def _instead(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A strange reply where one is set, but to probes of one token."""
        strange = self.strange.get(request.path)
        if strange is None or (request.body_exists and (await request.json()).get("max_tokens") == 1):
            return await handler(request)
        await self._read(request)
        return web.Response(body=strange.body, status=strange.status, headers=strange.headers)

    async def _read(self, request: web.Request) -> JSON:
        body: JSON = await request.json() if request.body_exists else {}
        with self._lock:
            self.requests.append(Request(request.path, body, dict(request.headers)))
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise error(401, f"wrong key: {request.headers.get('Authorization', 'none')}")
        if request.method == "POST" and body.get("model") not in self.models:
            raise error(404, f"The model `{body.get('model')}` does not exist.")
        if not self.template.knows_system and any(one.role is Role.SYSTEM for one in _messages(body)):
            raise error(400, "System role not supported")
        return body

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.healthy else 503)

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "0.0.test"})

    async def _metrics(self, request: web.Request) -> web.Response:
        self.looked(self.running)
        told = {"num_requests_running": self.running, "prefix_cache_queries_total": self.queried, "prefix_cache_hits_total": self.hit}
        lines = [f'vllm:{name}{{engine="0",model_name="a {{b}} c"}} {value:.1f}' for name, value in told.items()]
        return web.Response(text="# HELP vllm:num_requests_running Requests.\n" + "\n".join(lines) + "\n")

    async def _models(self, request: web.Request) -> web.Response:
        await self._read(request)
        return web.json_response({"object": "list", "data": [{"id": name, "max_model_len": self.context} for name in self.models]})

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        rendered = self.template.render(_messages(body), generation=bool(body.get("add_generation_prompt", True)), opened=False)
        tokens = list((rendered if "messages" in body else str(body["prompt"])).encode())
        return web.json_response({"tokens": tokens, "count": len(tokens), "max_model_len": self.context})

    async def _detokenize(self, request: web.Request) -> web.Response:
        tokens = (await self._read(request))["tokens"]
        assert isinstance(tokens, list)
        return web.json_response({"prompt": bytes(tokens).decode(errors="replace")})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await self._read(request)
        prompt = body["prompt"]
        text = bytes(prompt).decode() if isinstance(prompt, list) else str(prompt)
        completion = await self._answered(text, body)
        choice = {"index": 0, "text": completion.text, "finish_reason": completion.finish.value}
        return await self._sent(request, body, {"object": "text_completion", "choices": [choice], "usage": self._usage(text, completion)})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await self._read(request)
        messages = _messages(body)
        honoured = self.ability is not Ability.IGNORES
        opened = honoured and bool(body.get("continue_final_message"))
        generation = not honoured or bool(body.get("add_generation_prompt", True))
        text = self.template.render(messages, generation=generation, opened=opened)
        completion = await self._answered(text, body)
        message = {"role": "assistant", "content": completion.text}
        choice = {"index": 0, "message": message, "finish_reason": completion.finish.value}
        reply: JSON = {"object": "chat.completion", "choices": [choice], "usage": self._usage(text, completion)}
        return await self._sent(request, body, self.reply(reply))

    async def _answered(self, prompt: str, body: JSON) -> Completion:
        """The answer to a rendered prompt, within the context as vLLM keeps it."""
        length, room = len(prompt.encode()), int(str(body.get("max_tokens", 16)))
        if self.context is not None:
            if length >= self.context:
                raise error(400, f"This model's maximum context length is {self.context} tokens. Your prompt has {length} tokens.")
            room = min(room, self.context - length)
        stop = body.get("stop") or []
        assert isinstance(stop, list)
        if len(stop) > 4:
            raise error(400, "stop: at most 4 strings")
        if room == 1:
            return Completion("x", length, 1, Finish.LENGTH)
        messages = self.template.read(prompt)
        chat = Chat(messages, self.task_of(messages))
        temperature, top_p, top_k = (body.get(name) for name in ("temperature", "top_p", "top_k"))
        sampling = Sampling(
            float(str(temperature)),
            None if top_p is None else float(str(top_p)),
            None if top_k is None else int(str(top_k)),
            room,
            (*stop,),
        )
        self.running += 1
        try:
            return await self.answer(chat, sampling, int(str(body.get("seed", 0))))
        finally:
            self.running -= 1

    def _usage(self, prompt: str, completion: Completion) -> JSON:
        raw = prompt.encode()
        blocks = [hash(raw[: end + _BLOCK]) for end in range(0, len(raw) - _BLOCK, _BLOCK)]
        cached = next((index for index, block in enumerate(blocks) if block not in self._seen), len(blocks))
        self._seen.update(blocks)
        self.queried, self.hit = self.queried + len(raw), self.hit + cached * _BLOCK
        return {
            "prompt_tokens": len(raw),
            "completion_tokens": completion.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": cached * _BLOCK},
        }

    async def _sent(self, request: web.Request, body: JSON, reply: JSON) -> web.StreamResponse:
        """The reply, or what the script says instead of it."""
        fault = None if body.get("max_tokens") == 1 else next(self._faults, None)
        if fault is None:
            return web.json_response(reply)
        if fault.status:
            raise error(fault.status, fault.message, fault.retry_after)
        if fault.hang:
            self.hangs.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.abandoned.set()
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.Response(body=json.dumps(reply).encode()[:-9], content_type="application/json")


def _messages(body: JSON) -> tuple[Message, ...]:
    messages = body.get("messages", [])
    assert isinstance(messages, list)
    return tuple(Message(Role(one["role"]), one["content"]) for one in messages)


def continuing(program: str) -> Answerer:
    """A model that knows one program by heart: it goes on wherever the prefill's settled lines stop, or answers with a block."""

    async def answer(chat: Chat, sampling: Sampling, seed: int) -> Completion:
        fence, newline, settled = chat.prefill.partition("\n")
        if not fence.startswith("```"):
            text = f"Here it is.\n\n```python\n{program}```\n"
        elif program.startswith(settled):
            text = ("" if newline else "\n") + program[len(settled) :] + "```\n"
        else:
            text = f"# lost after {settled!r}\n```\n"
        return Completion(text, 0, len(text.encode()), Finish.STOP)

    return answer
