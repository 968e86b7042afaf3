"""What one server can do, found by asking it: servers answer 200 to fields that they ignore."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gifmcts.errors import ContextOverflow, ModelRefused, PreflightError
from gifmcts.models.joining import Way
from gifmcts.models.replies import ChatReply, Detokenized, Served, ServedList, TextReply, Tokens, Version
from gifmcts.models.wire import ABSENT, Body, Endpoint, Interrupted, Reply

_SYSTEM = {"role": "system", "content": "You write Python."}
_QUESTION = {"role": "user", "content": "Write a Python program."}
_PREFILL = "```python\nimport sys\npass\n"
_THINK = "<think>"
_TAIL = 24
_NAMED = 20
"""How many of a server's models are listed."""
JSON = dict[str, str]


@dataclass(frozen=True, slots=True)
class Ability:
    """What a server offers and how it continues a prefill."""

    model: str
    """The name under which the server knows the model."""
    way: Way
    why: str
    """What in the probe decided the way."""
    context: int | None = None
    """Tokens of prompt and answer together."""
    keeps_line_end: bool = True
    """Whether the last line end of a prefill reaches the model (``CONTINUE``)."""
    thinking: bool = False
    """Whether the template opens a reasoning part at the end of every prompt."""
    version: str = ""
    system: bool = True
    """Whether the template takes a system message."""

    def told(self) -> str:
        """What of it decides answers, in a few words."""
        words = [f"continuation by {self.way}", f"context {self.context or 'unknown'}"]
        words += ["the reasoning is closed before the prefill"] * self.thinking + ["no system message"] * (not self.system)
        return ", ".join(words)


async def probe(endpoint: Endpoint, wanted: str, told: Body, limit: int | None) -> Ability:
    """Ask a server for its models, its context and its best way to continue a prefill; four to twelve small requests.

    ``told`` goes with every chat, ``limit`` is a context below the server's.

    Raises:
        PreflightError: it does not serve the model, or not to this key.
        Interrupted: it cannot answer now.
    """
    served = await _served(endpoint)
    model = _choose(wanted, served, endpoint)
    context = next((one.max_model_len for one in served if one.id == model and one.max_model_len), None)
    context = context or next((one.max_model_len for one in served if one.max_model_len), None)
    version = endpoint.clean((await _offered(endpoint, "GET", "version", None, Version) or Version()).version)
    context = min(filter(None, (context, limit)), default=None)
    known = Ability(model, Way.TOKENS, "/tokenize and /v1/completions", context, version=version)
    lacking = ""
    for front in ([_SYSTEM, _QUESTION], [_QUESTION]):
        known = replace(known, system=len(front) > 1)
        ids, lacking = await _continues_ids(endpoint, model, front, told)
        if ids is not None:
            thinking = await _opens_thinking(endpoint, model, ids.tokens)
            return replace(known, context=context or ids.max_model_len, thinking=thinking)
    for front in ([_SYSTEM, _QUESTION], [_QUESTION]):
        way, why, keeps = await _continues_chat(endpoint, model, front, told)
        known = replace(known, way=way, why=f"{lacking}; {why}", keeps_line_end=keeps, system=len(front) > 1)
        if way is not Way.INSTRUCT:
            return known
    return replace(known, system=await _takes_system(endpoint, model, told))


async def _served(endpoint: Endpoint) -> list[Served]:
    answer = await endpoint.ask("GET", endpoint.api / "models")
    if answer.status in ABSENT:
        return []
    try:
        endpoint.judge(answer)
    except ModelRefused as error:
        raise PreflightError(str(error)) from error
    return endpoint.decode(answer, ServedList).data


def _choose(wanted: str, served: list[Served], endpoint: Endpoint) -> str:
    """The served name; ``base:adapter`` also means an adapter that is served under its own name."""
    names = [one.id for one in served]
    for name in (wanted, wanted.rpartition(":")[2]):
        if name in names or not names:
            return name
    shown = ", ".join(endpoint.clean(name) for name in sorted(names)[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    raise PreflightError(f"{endpoint.api} does not serve {wanted!r}; it serves: {shown}{more}")


async def _offered(endpoint: Endpoint, method: str, route: str, body: Body | None, kind: type[Reply]) -> Reply | None:
    """The reply of a route of the server's own, ``None`` where it has none that speaks this way."""
    answer = await endpoint.ask(method, endpoint.root / route, body)
    if answer.status != 200:
        if answer.status >= 500 and answer.status not in ABSENT:
            endpoint.judge(answer)
        return None
    try:
        return endpoint.decode(answer, kind)
    except Interrupted:
        return None


async def _continues_ids(endpoint: Endpoint, model: str, front: list[JSON], told: Body) -> tuple[Tokens | None, str]:
    """The ids of a small chat where the server renders chats to ids and continues ids; else what it lacks."""
    body: Body = {**told, "model": model, "messages": front, "add_generation_prompt": True}
    ids = await _offered(endpoint, "POST", "tokenize", body, Tokens)
    if ids is None or not ids.tokens:
        return None, "no /tokenize for chats"
    text: Body = {"model": model, "prompt": _PREFILL, "add_special_tokens": False}
    prefix = await _offered(endpoint, "POST", "tokenize", text, Tokens)
    if prefix is None or not prefix.tokens:
        return None, "no /tokenize for text"
    prompt = ids.tokens + prefix.tokens
    try:
        reply = await endpoint.post("completions", {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0}, TextReply)
    except (ModelRefused, ContextOverflow):
        return None, "no /v1/completions from token ids"
    if reply.usage is not None and reply.usage.prompt_tokens not in (None, len(prompt)):
        return None, "/v1/completions changes token ids"
    return ids, ""


async def _opens_thinking(endpoint: Endpoint, model: str, ids: list[int]) -> bool:
    text = await _offered(endpoint, "POST", "detokenize", {"model": model, "tokens": ids[-_TAIL:]}, Detokenized)
    return text is not None and text.prompt.rstrip().endswith(_THINK)


async def _continues_chat(endpoint: Endpoint, model: str, front: list[JSON], told: Body) -> tuple[Way, str, bool]:
    """Whether the chat route leaves the prefill open, and whether its last line end survives, told by counted prompt tokens."""

    def turns(prefill: str) -> list[JSON]:
        return [*front, {"role": "assistant", "content": prefill}]

    try:
        opened = await _prompt_tokens(endpoint, model, turns(_PREFILL), told, opened=True)
        closed = await _prompt_tokens(endpoint, model, turns(_PREFILL), told, opened=False)
        trimmed = await _prompt_tokens(endpoint, model, turns(_PREFILL.rstrip()), told, opened=True)
    except (ModelRefused, ContextOverflow):
        return Way.INSTRUCT, "continue_final_message is refused", True
    if opened is None or closed is None or trimmed is None:
        return Way.INSTRUCT, "whether continue_final_message is honoured cannot be told without counted tokens", True
    if opened >= closed:
        return Way.INSTRUCT, "continue_final_message is ignored", True
    return Way.CONTINUE, "continue_final_message leaves the prefill open", trimmed < opened


async def _takes_system(endpoint: Endpoint, model: str, told: Body) -> bool:
    body: Body = {**told, "model": model, "messages": [_SYSTEM, _QUESTION], "max_tokens": 1, "temperature": 0}
    try:
        await endpoint.post("chat/completions", body, ChatReply)
    except (ModelRefused, ContextOverflow):
        return False
    return True


async def _prompt_tokens(endpoint: Endpoint, model: str, messages: list[JSON], told: Body, *, opened: bool) -> int | None:
    body: Body = {**told, "model": model, "messages": messages, "max_tokens": 1, "temperature": 0}
    # The generation prompt is off in both, so that only the end of the turn makes a difference.
    body |= {"continue_final_message": opened, "add_generation_prompt": False}
    reply = await endpoint.post("chat/completions", body, ChatReply)
    return reply.usage.prompt_tokens if reply.usage is not None else None


def same(abilities: Iterable[Ability]) -> bool:
    """Whether replicas can stand in for one another without changing what is asked."""
    return len({(one.way, one.context, one.keeps_line_end, one.thinking, one.system) for one in abilities}) <= 1
