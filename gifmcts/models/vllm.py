"""Local models on a vLLM server that the run starts when it first asks, starts again when it dies, and ends with itself."""

import asyncio
import contextlib
import logging
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from gifmcts.errors import ConfigError, ModelUnavailable, PreflightError
from gifmcts.models.catalog import ModelSettings, References
from gifmcts.models.replica import Replica
from gifmcts.models.server import Server
from gifmcts.models.spawned import Launch, Spawned
from gifmcts.models.wire import Endpoint
from gifmcts.types import Chat, Completion, Sampling

_phase = logging.getLogger("gifmcts.phase")


_RESTARTS = 5
"""How often a server that dies is started again within one run."""
_KILLED = 128 + signal.SIGKILL
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""What ``--max-lora-rank`` of vLLM can be."""
_KEPT = {
    **dict.fromkeys(("--model", "--served-model-name"), "the model is named by --model vllm/NAME"),
    **dict.fromkeys(("--host", "--port", "--uds", "--root-path", "--config", "--headless"), "the run keeps its server where it finds it"),
    **dict.fromkeys(("--ssl-keyfile", "--ssl-certfile"), "the server is asked on this machine alone, without TLS"),
    "--api-key": "the server has a key that only this run knows, and this one would be recorded",
    "--hf-token": "it would be recorded; set HF_TOKEN in the environment",
}
"""Arguments that are not passed on, and why."""


class _Adapter(msgspec.Struct):
    """What the configuration of a LoRA adapter says of its size (Hu et al. 2021)."""

    r: int


def launch(name: str, settings: ModelSettings) -> Launch:
    """How a server of ``MODEL`` or ``MODEL:ADAPTER`` is started, each a name that vLLM can fetch or a path.

    Raises:
        ConfigError: a path does not exist, or an argument cannot be split into words or is not for the user to set.
    """
    base, colon, adapter = (name, "", "") if Path(name).exists() or ":" not in name else name.rpartition(":")
    if colon and not (base and adapter):
        raise ConfigError(f"vllm/{name} names no {'adapter after' if base else 'model before'} the colon; write vllm/MODEL:ADAPTER")
    for given in filter(None, (base, adapter)):
        if given.startswith((".", "/", "~")) and not Path(given).exists():
            raise ConfigError(f"there is nothing at {given}: give the folder of a checkpoint, or a name that vLLM can fetch")
    words = ["--model", base, "--served-model-name", base]
    if adapter:
        named = msgspec.json.encode({"name": name, "path": adapter, "base_model_name": base}).decode()
        words += ["--enable-lora", *_rank(Path(adapter)), "--lora-modules", named]
    return Launch(str(settings.vllm_python or sys.executable), name, (*words, *_passed_on(settings.vllm_arg)))


def _passed_on(arguments: Sequence[str]) -> list[str]:
    """The user's arguments as words."""
    try:
        words = [word for given in arguments for word in shlex.split(given)]
    except ValueError as error:
        raise ConfigError(f"--vllm-arg cannot be read: {error}; write it like --vllm-arg='--max-model-len 8192'") from error
    for word in words:
        flag = word.partition("=")[0].replace("_", "-")
        if flag in _KEPT:
            raise ConfigError(f"--vllm-arg cannot set {flag}: {_KEPT[flag]}")
    return words


def _rank(adapter: Path) -> tuple[str, ...]:
    """Room for an adapter that is wider than vLLM's default, where its configuration can be read."""
    try:
        rank = msgspec.json.decode((adapter / "adapter_config.json").read_bytes(), type=_Adapter).r
    except (OSError, msgspec.MsgspecError):
        return ()
    return ("--max-lora-rank", str(next((room for room in _RANKS if room >= rank), rank)))


class Vllm:
    """A model by its name or path, with an adapter after a colon; one server on this machine serves all problems."""

    simulated = False

    def __init__(self, name: str, launch: Launch, settings: ModelSettings) -> None:
        self.name = f"vllm/{name}"
        self._launch, self._settings = launch, settings
        self._serving: asyncio.Task[Server] | None = None
        self._spawned: Spawned | None = None
        self._server: Server | None = None
        self._watch: asyncio.Task[None] | None = None
        self._answered = self._restarts = 0

    @classmethod
    def open(cls, name: str, settings: ModelSettings, references: References, seed: int) -> "Vllm | Server":
        """A model on a server of its own, or on those at --base-url or VLLM_BASE_URL; nothing is started yet."""
        if not name:
            raise ConfigError("no model is named; write vllm/NAME with a name or path that vLLM can load, and :ADAPTER for a LoRA adapter")
        urls = settings.base_url or tuple(os.environ.get("VLLM_BASE_URL", "").replace(",", " ").split())
        if not urls:
            return cls(name, launch(name, settings), settings)
        if settings.vllm_arg:
            raise ConfigError(f"--vllm-arg cannot change the servers that run already at {', '.join(urls)}; leave one of them away")
        server = Server.open(name, replace(settings, base_url=urls), references, seed)
        server.name = f"vllm/{name}"
        return server

    async def preflight(self) -> None:
        """See that vLLM is installed; the model is loaded when it is first asked, so that a finished run loads none.

        Raises:
            PreflightError: it is not installed.
        """
        self._launch.torch()

    def facts(self) -> Mapping[str, str]:
        """What the server tells of itself once it runs, and the words that it was started with."""
        facts = dict(self._server.facts()) if self._server else {}
        return {**facts, "model": self.name, "vllm": shlex.join(self._launch.words)}

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """Continue the chat; where the server died, it is started once more and asked again.

        Raises:
            PreflightError: the server cannot be started.
            ContextOverflow, ModelRefused: as any server's.
            ModelUnavailable: the server died before it answered anything, or again and again.
        """
        while True:
            serving = self._serving = self._serving or asyncio.create_task(self._start())
            server = await asyncio.shield(serving)
            try:
                completion = await server.complete(chat, sampling, seed)
            except ModelUnavailable:
                if serving is self._serving:
                    raise
            else:
                self._answered += 1
                return completion

    def monitors(self) -> list[str]:
        """Where the server tells what it does, once it runs."""
        return self._server.monitors() if self._server else []

    async def close(self) -> None:
        """End the server; the model can be used again, which starts another."""
        for task in (self._watch, self._serving):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, PreflightError, ModelUnavailable):
                    await task
        self._watch = self._serving = None
        if self._server is not None:
            await self._server.close()
        if self._spawned is not None:
            await self._spawned.stop()
            self._spawned = None

    async def _start(self) -> Server:
        if self._spawned is None:
            self._spawned = Spawned(self._launch, self._settings.folder)
            endpoint = Endpoint(
                self._spawned.url, self._spawned.key, timeout=self._settings.request_timeout, in_flight=self._settings.max_in_flight
            )
            replica = Replica(endpoint, self._launch.served, self._settings.chat, self._settings.context)
            self._server = Server(self.name, [replica], retry_seconds=self._settings.retry_seconds)
        assert self._server is not None
        try:
            await self._spawned.start()
        except PreflightError as error:
            if not self._restarts:
                raise
            raise ModelUnavailable(f"{error}. The same command continues") from error
        self._answered = 0
        await self._server.preflight()
        self._watch = asyncio.create_task(self._stand_by(self._spawned, self._server))
        return self._server

    async def _stand_by(self, spawned: Spawned, server: Server) -> None:
        """Wait for the server's death; begin it again where it had served, else let everybody who waits give up."""
        status = await spawned.ended()
        killed = " (killed, as the kernel does when memory runs out)" if status == _KILLED else ""
        told = f"the vLLM server ended with status {status}{killed}: {spawned.cause()}; its whole log is {spawned.log}"
        if self._answered and self._restarts < _RESTARTS:
            self._restarts += 1
            _phase.info("%s. It is started again, the searches wait", told)
            self._serving = asyncio.create_task(self._start())
            return
        server.give_up(f"{told}. It is not started again now; the same command continues")
