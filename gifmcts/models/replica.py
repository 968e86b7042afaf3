"""One replica of a served model: chats in, completions out, in the best way that its server offers."""

import asyncio
import time
from array import array
from collections.abc import Mapping
from types import MappingProxyType

from gifmcts.errors import ContextOverflow
from gifmcts.models.joining import Way, after, instructed, mend_trimmed, without_system
from gifmcts.models.probing import Ability, probe, same
from gifmcts.models.recent import Recent
from gifmcts.models.replies import ChatReply, TextReply, Tokens, Usage, Wrote, answered, continued, cut_at, finish_of
from gifmcts.models.room import refuse_overlong, refuse_roomless
from gifmcts.models.wire import ABSENT, Body, Endpoint, Interrupted
from gifmcts.types import Chat, Completion, Finish, Message, Sampling

_REMEMBERED = 2048
_STOPS = 4
"""How many stop strings the API takes; the others are applied here."""
_TURN = 64
"""Tokens around one message, at most; its text has no more of them than bytes."""
_SEEDS = 2**31
"""Servers differ in the width of a seed; all take 31 bits."""
NOTHING: Mapping[str, object] = MappingProxyType({})
_NEWLY_CLOSED = "\n</think>\n\n"


class Replica:
    """A server that answers chats for one model, with what it can do and the token ids that it rendered last."""

    def __init__(self, endpoint: Endpoint, wanted: str, chat: Mapping[str, object] = NOTHING, context: int | None = None) -> None:
        """``chat`` is what the template is told besides the messages; ``context`` a length below what the server could take."""
        self.endpoint = endpoint
        self._wanted = wanted
        self._told: Body = {"chat_template_kwargs": dict(chat)} if chat else {}
        self._context = context
        self._ability: Ability | None = None
        self._first: Ability | None = None
        self._probing: asyncio.Lock | None = None
        self._rendered: Recent[tuple[Message, ...] | str, array[int]] = Recent(_REMEMBERED)

    @property
    def known(self) -> Ability | None:
        """What the last probe found; ``None`` before it and after the server was lost."""
        return self._ability

    async def ability(self) -> Ability:
        """What the server can do, probed once.

        Raises:
            Interrupted: it cannot tell now, or answers otherwise than when it was lost, so that trees would be of two kinds.
        """
        if self._ability is None:
            self._probing = self._probing or asyncio.Lock()
            async with self._probing:
                if self._ability is None:
                    found = await probe(self.endpoint, self._wanted, self._told, self._context)
                    self._first = self._first or found
                    if not same((self._first, found)):
                        change = f"{self._first.told()}; now {found.told()}"
                        raise Interrupted(f"another server than before answers at {self.endpoint.api}: {change}", down=True)
                    self._ability = found
        return self._ability

    def forget(self) -> None:
        """Probe again before the next request: what answers there next may be another server."""
        self._ability = None
        self._rendered = Recent(_REMEMBERED)

    async def close(self) -> None:
        """Close the connections."""
        self._probing = None
        await self.endpoint.close()

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """Continue the chat by one request, after at most two that render it; raises as ``Endpoint.post`` does."""
        ability = await self.ability()
        refuse_roomless(sampling, ability.context)
        started = time.perf_counter()
        body = _drawing(ability.model, sampling, seed)
        if chat.prefill and ability.way is Way.TOKENS:
            wrote, usage, prompt = await self._continue_ids(chat, sampling, body, ability)
        else:
            await self._find_room(chat, sampling, ability)
            wrote, usage = await self._chat(chat, body, ability)
            prompt = 0
        wrote = _stopped(wrote, sampling)
        completion = wrote.completion(usage, time.perf_counter() - started, prompt)
        if _clamped(completion, sampling, ability):
            raise ContextOverflow(f"the answer was cut at the end of the context of {ability.context} tokens, before max_tokens")
        return completion

    async def _continue_ids(self, chat: Chat, sampling: Sampling, body: Body, ability: Ability) -> tuple[Wrote, Usage | None, int]:
        prompt = await self._render(chat, ability)
        refuse_overlong(len(prompt), sampling, ability.context)
        reply = await self.endpoint.post("completions", {**body, "prompt": prompt.tolist()}, TextReply)
        if not reply.choices:
            raise Interrupted(f"{self.endpoint.api} sent a reply without a choice")
        choice = reply.choices[0]
        _completed(choice.finish_reason, self.endpoint)
        return Wrote(choice.text, "", finish_of(choice.finish_reason)), reply.usage, len(prompt)

    async def _chat(self, chat: Chat, body: Body, ability: Ability) -> tuple[Wrote, Usage | None]:
        messages, prefill = chat.messages, chat.prefill
        opened = bool(prefill) and ability.way is Way.CONTINUE
        if opened:
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        elif prefill:
            messages = instructed(chat)
        reply = await self.endpoint.post("chat/completions", {**body, **self._told, "messages": _sent(messages, ability)}, ChatReply)
        if not reply.choices:
            raise Interrupted(f"{self.endpoint.api} sent a reply without a choice")
        choice = reply.choices[0]
        _completed(choice.finish_reason, self.endpoint)
        if opened:
            wrote = continued(choice)
            text = wrote.text if ability.keeps_line_end else mend_trimmed(prefill, wrote.text)
            return Wrote(text, wrote.reasoning, wrote.finish), reply.usage
        wrote = answered(choice, thinking=ability.thinking)
        text = after(prefill, wrote.text) if prefill else wrote.text
        return Wrote(text, wrote.reasoning, wrote.finish), reply.usage

    async def _find_room(self, chat: Chat, sampling: Sampling, ability: Ability) -> None:
        """Refuse a free answer without room before it is written to the context's end, where the server counts tokens."""
        if ability.way is not Way.TOKENS or ability.context is None:
            return
        longest = sum(_TURN + len(message.content.encode(errors="replace")) for message in chat.messages)
        if longest + sampling.max_tokens > ability.context:
            refuse_overlong(len(await self._front(chat.messages, ability)), sampling, ability.context)

    async def _render(self, chat: Chat, ability: Ability) -> "array[int]":
        """The chat's token ids up to the end of its prefill."""
        front = await self._front(chat.messages[:-1], ability)
        prefill = _NEWLY_CLOSED + chat.prefill if ability.thinking else chat.prefill
        back = self._rendered.get(prefill)
        if back is None:
            back = self._rendered.put(prefill, await self._ids({"prompt": prefill, "add_special_tokens": False}, ability))
        return front + back

    async def _front(self, asked: tuple[Message, ...], ability: Ability) -> "array[int]":
        """The token ids of messages and of the beginning of an answer."""
        front = self._rendered.get(asked)
        if front is None:
            body: Body = {**self._told, "messages": _sent(asked, ability), "add_generation_prompt": True}
            front = self._rendered.put(asked, await self._ids(body, ability))
        return front

    async def _ids(self, body: Body, ability: Ability) -> "array[int]":
        answer = await self.endpoint.ask("POST", self.endpoint.root / "tokenize", {"model": ability.model, **body})
        if answer.status in ABSENT:
            self.forget()
            raise Interrupted(f"{self.endpoint.root} no longer renders chats: another server answers there now")
        self.endpoint.judge(answer)
        tokens = self.endpoint.decode(answer, Tokens).tokens
        if not tokens:
            raise Interrupted(f"{self.endpoint.root}/tokenize renders a text to no token")
        return array("q", tokens)


def _drawing(model: str, sampling: Sampling, seed: int) -> Body:
    body: Body = {"model": model, "max_tokens": sampling.max_tokens, "temperature": sampling.temperature, "seed": seed % _SEEDS}
    if sampling.top_p is not None:
        body["top_p"] = sampling.top_p
    if sampling.top_k is not None:
        body["top_k"] = sampling.top_k
    if sampling.stop:
        body["stop"] = list(sampling.stop[:_STOPS])
    return body


def _sent(messages: tuple[Message, ...], ability: Ability) -> list[dict[str, str]]:
    messages = messages if ability.system else without_system(messages)
    return [{"role": message.role.value, "content": message.content} for message in messages]


def _stopped(wrote: Wrote, sampling: Sampling) -> Wrote:
    """The answer up to a stop string that the server was not sent or did not heed."""
    text = cut_at(wrote.text, sampling.stop)
    return wrote if text is None else Wrote(text, wrote.reasoning, Finish.STOP)


def _clamped(completion: Completion, sampling: Sampling, ability: Ability) -> bool:
    """Whether the server silently gave less room than was asked for and the answer needed more."""
    if completion.finish is not Finish.LENGTH or ability.context is None or not completion.prompt_tokens:
        return False
    return 0 < completion.completion_tokens < sampling.max_tokens and completion.prompt_tokens + sampling.max_tokens > ability.context


def _completed(reason: str | None, endpoint: Endpoint) -> None:
    """Refuse an answer that the server gave up: it is no answer by the model."""
    if reason in ("abort", "error"):
        raise Interrupted(f"{endpoint.api} gave up the answer ({reason})")
