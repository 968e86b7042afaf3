"""One address of an OpenAI-compatible server: one request at a time is sent, limited, and judged by its status."""

import asyncio
import json
import math
import re
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import msgspec
from yarl import URL

from gifmcts.errors import ConfigError, ContextOverflow, ModelRefused
from gifmcts.wording import harmless

CONNECT_SECONDS = 10.0
HEALTH_SECONDS = 5.0
LONGEST_BODY = 64 << 20
"""Bytes of one answer."""

ABSENT = (404, 405, 501)
"""Statuses of a route that a server does not have."""
_PASSING = (408, 409, 425, 429)
_SHOWN = 500
"""Characters of a server's own words that are passed on."""
_OVERFLOW = re.compile(
    r"context[ _](length|window|size)|maximum model length|max_model_len|longer than the maximum|exceed\w* (the )?(available )?context",
    re.IGNORECASE,
)
_ADVICE = {
    400: "the server cannot serve this request",
    401: "set GIFMCTS_API_KEY or OPENAI_API_KEY to a key that this server knows",
    403: "set GIFMCTS_API_KEY or OPENAI_API_KEY to a key that may use this model",
    404: "the server knows no such model or route: compare the model's name and --base-url with what it serves",
    422: "the server cannot read this request",
}

_COMPLAINTS = ("error", "message", "detail")
"""Where servers say what is wrong."""

Reply = TypeVar("Reply")
Body = dict[str, object]


class Interrupted(Exception):
    """A request that another try may serve.

    ``down`` is true when nothing listens there, false when the server is merely busy, ``None`` when that is not known;
    ``wait`` are the seconds that the server asked for.
    """

    def __init__(self, reason: str, *, down: bool | None = None, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.down = down
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it came."""

    status: int
    body: bytes
    retry_after: str = ""
    location: str = ""


class Endpoint:
    """A server's address with its connections; used within one event loop until closed.

    As many completions as ``in_flight`` are asked for at once, and beside them as many other requests, so that the rendering of a chat
    takes no place in the server's batch and a look at its health never waits for an answer.
    """

    def __init__(self, url: str, key: str, *, timeout: float, in_flight: int) -> None:
        self.api, self.root = _addresses(url)
        self._key = key
        self._timeout = timeout
        self._in_flight = in_flight
        self._completions = self._others = asyncio.Semaphore(in_flight)
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Endpoint({str(self.api)!r})"

    async def post(self, path: str, body: Body, kind: type[Reply]) -> Reply:
        """Send a request to a route of the API and decode its reply.

        Raises:
            Interrupted: it may be sent again.
            ContextOverflow: the server says that the prompt is too long.
            ModelRefused: it must not be sent again.
        """
        session = self._open()
        answer = await self._send(session, self._completions, "POST", self.api / path, body)
        self.judge(answer)
        return self.decode(answer, kind)

    async def ask(self, method: str, url: URL, body: Body | None = None) -> Answer:
        """Send one request beside the completions and take whatever status comes; raises ``Interrupted`` where no whole reply came."""
        session = self._open()
        return await self._send(session, self._others, method, url, body)

    async def _send(self, session: aiohttp.ClientSession, slots: asyncio.Semaphore, method: str, url: URL, body: Body | None) -> Answer:
        data = None if body is None else encode(body)
        try:
            async with slots, session.request(method, url, data=data, allow_redirects=False) as reply:
                sent = reply.headers
                return Answer(reply.status, await self._body(reply), sent.get("Retry-After", ""), sent.get("Location", ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Interrupted(f"no server answers at {self.api}: {self.clean(str(error))}", down=True) from error
        except TimeoutError as error:
            raise Interrupted(f"no answer from {url} within {self._timeout:g} s") from error
        except aiohttp.ClientError as error:
            raise Interrupted(f"the connection to {url} broke: {self.clean(str(error)) or type(error).__name__}") from error

    async def _body(self, reply: aiohttp.ClientResponse) -> bytes:
        """The whole body, which an honest answer is far below the limit of."""
        pieces, size = [], 0
        async for piece in reply.content.iter_chunked(1 << 16):
            size += len(piece)
            if size > LONGEST_BODY:
                raise ModelRefused(f"{self.api} sent more than {LONGEST_BODY >> 20} MiB as one answer: this is no model server")
            pieces.append(piece)
        return b"".join(pieces)

    def judge(self, answer: Answer) -> None:
        """Raise what a status other than success means for the request."""
        if answer.status == 200:
            return
        said = self.clean(complaint(answer.body))
        if answer.status in _PASSING or (answer.status >= 500 and answer.status not in ABSENT):
            busy = False if answer.status in _PASSING else None
            raise Interrupted(f"{self.api} answered {answer.status}: {said}", down=busy, wait=_seconds(answer.retry_after))
        if answer.status in (400, 413, 422) and _OVERFLOW.search(said):
            raise ContextOverflow(said)
        if 300 <= answer.status < 400 and answer.location:
            said = f"it sends the request on to {self.clean(answer.location)}, where no key of yours is sent"
        advice = _ADVICE.get(answer.status, "compare --base-url with the server's address")
        raise ModelRefused(f"{self.api} refused the request ({answer.status}): {said or 'no reason given'}; {advice}")

    def decode(self, answer: Answer, kind: type[Reply]) -> Reply:
        """The typed reply; a body that is cut, tells an error or is no such reply raises ``Interrupted``."""
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            lenient = _lenient(answer.body, kind)
            if lenient is None:
                said = self.clean(complaint(answer.body)) if _tells_error(answer.body) else str(error)
                raise Interrupted(f"{self.api} sent a reply that cannot be read: {said}") from error
            return lenient

    async def healthy(self) -> bool:
        """Whether the server says that its engine lives; one without a health route is taken at its word."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                answer = await self.ask("GET", self.root / "health")
        except (Interrupted, TimeoutError):
            return False
        return answer.status < 300 or answer.status in (*ABSENT, 401, 403)

    async def close(self) -> None:
        """Close every connection; a later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self._key}"} if self._key else {})}
            timeout = aiohttp.ClientTimeout(total=self._timeout, sock_connect=min(CONNECT_SECONDS, self._timeout))
            self._session = aiohttp.ClientSession(headers=headers, timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
            self._completions, self._others = asyncio.Semaphore(self._in_flight), asyncio.Semaphore(self._in_flight)
        return self._session

    def clean(self, text: str) -> str:
        """Words of a server as one line that can be shown: without the key, of bounded length, control characters spelt out."""
        text = text.replace(self._key, "…") if self._key else text
        return harmless(" ".join(text[: 2 * _SHOWN].split()))[:_SHOWN]


def encode(body: Body) -> bytes:
    """A request's JSON; unpaired surrogates, which no server reads, become question marks."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        text = json.dumps(body, ensure_ascii=False)
        return text.encode("utf-8", errors="replace")


def complaint(body: bytes) -> str:
    """What a server says is wrong, in the forms of vLLM, OpenAI, FastAPI and plain text, whatever its length."""
    text = body.decode("utf-8", errors="replace").strip()
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    while isinstance(said, dict):
        inner = next((said[key] for key in _COMPLAINTS if said.get(key)), None)
        if inner is None:
            break
        said = inner
    return said if isinstance(said, str) else json.dumps(said)


def _tells_error(body: bytes) -> bool:
    """Whether a body is an object with a complaint in it, which some servers send with the status of success."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and any(said.get(key) for key in _COMPLAINTS)


def _lenient(body: bytes, kind: type[Reply]) -> Reply | None:
    """A reply with unpaired surrogates, which the strict decoder refuses, with these replaced."""
    try:
        plain = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", errors="replace")
        return msgspec.json.decode(plain, type=kind)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _addresses(url: str) -> tuple[URL, URL]:
    """The API's address and the server's own, from either; credentials in an address are refused, as addresses are recorded."""
    try:
        given = URL(url.strip())
    except ValueError as error:
        raise ConfigError(f"--base-url {url!r} is no address: {error}") from error
    if given.user or given.password:
        raise ConfigError("--base-url holds a user or password, which would be recorded; give the key in GIFMCTS_API_KEY")
    if given.query_string or given.fragment:
        raise ConfigError("--base-url goes on after ? or #, which is not sent and would be recorded; give a key in GIFMCTS_API_KEY")
    if given.scheme not in ("http", "https") or not given.host:
        raise ConfigError(f"--base-url {url!r} is no address; write it like http://127.0.0.1:8000")
    path = given.path.rstrip("/")
    api = given.with_path(path or "/v1")
    return api, api.with_path(api.path.removesuffix("/v1") or "/")


def _seconds(retry_after: str) -> float:
    """Seconds of a Retry-After header; its rare form as a date is left to the back-off."""
    try:
        asked = float(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, asked) if math.isfinite(asked) else 0.0
