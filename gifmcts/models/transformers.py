"""Models in this process, by the transformers library: for machines without vLLM."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gifmcts.errors import ConfigError
from gifmcts.models.batching import Asked, Batches
from gifmcts.models.catalog import ModelSettings, References
from gifmcts.models.replies import ChatChoice, Spoken, answered
from gifmcts.models.room import refuse_overlong, refuse_roomless
from gifmcts.types import Chat, Completion, Sampling

if TYPE_CHECKING:
    from gifmcts.models.checkpoint import Checkpoint, Prompt, Written

_EXTRA = ("torch", "transformers")


class Transformers:
    """A checkpoint by its name or path; calls that come together are answered as a batch, in a thread of their own.

    What an answer draws depends on its seed alone. Sums are rounded otherwise in a batch of another shape, which can change a token
    where two are nearly as likely; batches of one (``max_in_flight`` 1) rule that out.
    """

    simulated = False

    def __init__(self, name: str, settings: ModelSettings) -> None:
        self.name = f"transformers/{name}"
        self._path, self._settings = name, settings
        self._loading: asyncio.Task[Checkpoint] | None = None
        self._checkpoint: Checkpoint | None = None
        self._batches: Batches[Prompt, Written] = Batches(self._write, lambda prompt: prompt.sampling, settings.max_in_flight)

    @classmethod
    def open(cls, name: str, settings: ModelSettings, references: References, seed: int) -> "Transformers":  # noqa: ARG003
        """A checkpoint of the hub or of a directory; nothing is loaded yet.

        Raises:
            ConfigError: none is named, there is no such path, or the libraries are not installed.
        """
        if not name:
            raise ConfigError("no model is named; write transformers/NAME with a name of the hub or the path of a checkpoint")
        if not Path(name).exists():
            if ":" in name:
                raise ConfigError(f"transformers/{name}: an adapter after a colon is for vllm/; merge it into the checkpoint, or use vLLM")
            if name.startswith((".", "/", "~")):
                raise ConfigError(f"there is nothing at {name}: give the folder of a checkpoint, or a name of the hub")
        missing = [library for library in _EXTRA if find_spec(library) is None]
        if missing:
            raise ConfigError(f"transformers/{name} needs {' and '.join(missing)}: pip install 'gifmcts[transformers]'")
        return cls(name, settings)

    async def preflight(self) -> None:
        """Load the tokenizer; the weights are loaded when the model is first asked, so that a finished run loads none.

        Raises:
            PreflightError: there is no such checkpoint, device or type, or it was not made for chats.
        """
        await self._ready()

    def facts(self) -> Mapping[str, str]:
        """Device, type of the weights, context, how a prefill is continued, and the libraries' versions, once the tokenizer is loaded."""
        facts = {"model": self.name, "version": ", ".join(f"{library} {version(library)}" for library in _EXTRA)}
        if (checkpoint := self._checkpoint) is None:
            return facts
        facts |= {"device": str(checkpoint.device), "dtype": checkpoint.dtype, "continuation": "token ids"}
        facts |= {"context": str(checkpoint.context)} if checkpoint.context else {}
        return facts | ({"reasoning": "closed before the prefill"} if checkpoint.thinking else {})

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """Continue the chat, together with whatever else is asked at the same time.

        Raises:
            PreflightError: the checkpoint cannot be loaded.
            ContextOverflow: the chat and the answer's room do not fit.
            ModelUnavailable: the device failed.
            ModelRefused: no prompt would fit beside the answer.
        """
        from gifmcts.models.checkpoint import Prompt

        started = time.perf_counter()
        checkpoint = await self._ready()
        refuse_roomless(sampling, checkpoint.context)
        ids = checkpoint.prompt(chat)
        refuse_overlong(len(ids), sampling, checkpoint.context)
        written = await self._batches.ask(Prompt(ids, sampling, seed))
        text, reasoning = written.text, ""
        if not chat.prefill:
            told = answered(ChatChoice(Spoken(written.text), written.finish.value), thinking=checkpoint.thinking)
            text, reasoning = told.text, told.reasoning
        seconds = time.perf_counter() - started
        return Completion(text, len(ids), written.tokens, written.finish, seconds, reasoning=reasoning)

    async def close(self) -> None:
        """Give up what is being written and release the weights; the model can be used again, in another event loop too."""
        self._loading = None
        await self._batches.close()
        if self._checkpoint is not None:
            self._checkpoint.release()

    async def _ready(self) -> "Checkpoint":
        """The checkpoint without its weights, loaded once, in a thread."""
        if self._checkpoint is None:
            self._loading = self._loading or asyncio.create_task(asyncio.to_thread(self._load))
            self._checkpoint = await asyncio.shield(self._loading)
        return self._checkpoint

    def _load(self) -> "Checkpoint":
        from gifmcts.models.checkpoint import Checkpoint, Place

        settings = self._settings
        return Checkpoint(self._path, Place(settings.device, settings.dtype), settings.chat, settings.context)

    def _write(self, batch: "Sequence[Asked[Prompt, Written]]") -> "Sequence[Written]":
        assert self._checkpoint is not None
        return self._checkpoint.write(batch)
