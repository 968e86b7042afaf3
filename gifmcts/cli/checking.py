"""``gifmcts check``: what works on this machine."""

import asyncio
import json as jsonlib
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from gifmcts.assembly import benchmark_class
from gifmcts.cli.progress import phases
from gifmcts.errors import PreflightError
from gifmcts.models.catalog import ModelSettings, open_model
from gifmcts.models.modelfile import describe
from gifmcts.settings import SamplingSettings
from gifmcts.types import Chat, Finish, Message, Role, Sampling


def check(
    *,
    model: str = "simulated",
    base_url: tuple[str, ...] = (),
    vllm_arg: Annotated[tuple[str, ...], Parameter(allow_leading_hyphen=True)] = (),
    vllm_python: Path | None = None,
    device: str = "auto",
    dtype: str = "auto",
    unsafe_no_isolation: bool = False,
    json: bool = False,
) -> int:
    """Say what works on this machine: the isolation of programs, every benchmark's reference solutions, and the model.

    Parameters
    ----------
    model
        The model to try, or a model file FILE.toml.
    base_url
        Address of an OpenAI-compatible server.
    vllm_arg
        An argument of the vLLM server that vllm/NAME starts; repeatable.
    vllm_python
        The interpreter of an environment that has vLLM, where that of gifmcts has none.
    device
        Where transformers/NAME is computed: cuda, cuda:1 or cpu.
    dtype
        The type of its weights: float32, bfloat16 or float16.
    unsafe_no_isolation
        Try benchmarks even where this machine offers no isolation.
    json
        Print one JSON object instead of text.
    """
    settings = ModelSettings(base_url=base_url, vllm_arg=vllm_arg, vllm_python=vllm_python, device=device, dtype=dtype)
    with phases(Console(stderr=True)):
        return asyncio.run(_check(model, settings, unsafe_no_isolation, json))


async def _check(model: str, settings: ModelSettings, unsafe: bool, as_json: bool) -> int:
    found: dict[str, dict[str, str]] = {}
    failed: list[str] = []
    for point in entry_points(group="gifmcts.benchmarks"):
        kind = benchmark_class(point.name)
        options = kind.options(unsafe_no_isolation=unsafe) if unsafe and "unsafe_no_isolation" in kind.local else kind.options()
        benchmark = kind(options)  # type: ignore[call-arg]
        found[point.name] = {}
        try:
            found[point.name] = dict(await benchmark.check())
        except PreflightError as error:
            failed.append(f"{point.name}: {error}")
    try:
        found[f"model {model}"] = await _answers(model, settings)
    except PreflightError as error:
        failed.append(f"model {model}: {error}")
    _print(found, failed, as_json)
    return 3 if failed else 0


async def _answers(spec: str, settings: ModelSettings) -> dict[str, str]:
    """Ask the model for one short program."""
    described = describe(spec, settings, SamplingSettings())
    model = open_model(described.model, described.settings, lambda _: (), 0)
    try:
        await model.preflight()
        messages = (Message(Role.USER, "Write a Python program that prints 1."), Message(Role.ASSISTANT, "```python\n"))
        completion = await model.complete(Chat(messages, "check"), Sampling(temperature=0.0, top_p=None, top_k=None, max_tokens=64), 0)
        if completion.finish is Finish.OVERFLOW or not (completion.completion_tokens or completion.text):
            raise PreflightError("it answered nothing; see the server's log")
        return {**model.facts(), "answer": f"{completion.completion_tokens} tokens in {completion.seconds:.2f} s"}
    finally:
        await model.close()


def _print(found: dict[str, dict[str, str]], failed: list[str], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(jsonlib.dumps({"ok": not failed, "found": found, "failed": failed}) + "\n")
        return
    console = Console()
    for name, facts in found.items():
        console.print(name, style="bold", highlight=False)
        for key, value in facts.items():
            console.print(f"  {key}: {value}", markup=False, highlight=False, soft_wrap=True)
    for line in failed:
        console.print(f"FAILED {line}", style="red", markup=False, highlight=False, soft_wrap=True)
    console.print("everything works" if not failed else "something does not work; see above", highlight=False)
