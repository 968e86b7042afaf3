"""How well the engine feeds a vLLM server: completion tokens a second, against its own requests sent raw, and against one call at a time.

At each concurrency the engine searches four times as many problems, at least 16, with the sandbox as judge, and every request for a
completion is recorded. Then the recorded bodies are sent as they are, as many at the same time. Each way is warmed up once and measured
in alternating order. The one call at a time of a sequential loop is the raw requests at concurrency 1.
Usage: python benchmarks/serving.py CHECKPOINT [--vllm-python PYTHON | --base-url URL] [--concurrency 1 4 16 64] [--budget 4]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import msgspec
from yarl import URL

sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).parent]  # sandbox.py is there

from apps_eval.benchmark import Apps  # noqa: E402
from apps_eval.options import AppsOptions  # noqa: E402
from gifmcts.assembly import plan  # noqa: E402
from gifmcts.models.catalog import ModelSettings  # noqa: E402
from gifmcts.models.replica import Replica  # noqa: E402
from gifmcts.models.replies import TextReply  # noqa: E402
from gifmcts.models.server import Server  # noqa: E402
from gifmcts.models.spawned import Spawned  # noqa: E402
from gifmcts.models.vllm import launch  # noqa: E402
from gifmcts.models.wire import Answer, Body, Endpoint, Reply  # noqa: E402
from gifmcts.records import GradeRow, Summary  # noqa: E402
from gifmcts.run import Run  # noqa: E402
from gifmcts.seams import Task  # noqa: E402
from gifmcts.settings import Grading, RunSettings, SamplingSettings  # noqa: E402
from gifmcts.store import RunFolder  # noqa: E402
from gifmcts.types import Attempt, Refusal  # noqa: E402

MINI = Path(__file__).parent.parent / "apps_eval" / "mini" / "problems.jsonl"
ON_ONE_CORE = ("--max-num-seqs=64", "--enforce-eager", "--max-model-len=4096")


@dataclass(frozen=True)
class Target:
    """The server that is measured."""

    url: str
    key: str
    served: str


class Silent:
    """Watches nothing."""

    def found(self, task: Task, done: bool) -> None: ...
    def committed(self, task: Task, attempt: Attempt, again: bool) -> None: ...
    def refused(self, refusal: Refusal) -> None: ...
    def finished(self, summary: Summary, grades: list[GradeRow]) -> None: ...


class Recording(Endpoint):
    """Keeps the bodies of completion requests."""

    def __init__(self, url: str, key: str, in_flight: int) -> None:
        super().__init__(url, key, timeout=600, in_flight=in_flight)
        self.bodies: list[Body] = []
        self.rendered = 0

    async def post(self, path: str, body: Body, kind: type[Reply]) -> Reply:
        """Ask for a completion as ever."""
        if path == "completions" and body.get("max_tokens") != 1:
            self.bodies.append(body)
        return await super().post(path, body, kind)

    async def ask(self, method: str, url: URL, body: Body | None = None) -> Answer:
        """Ask for anything else as ever."""
        self.rendered += url.path.endswith("/tokenize")
        return await super().ask(method, url, body)


async def search(server: Target, data: Path, concurrency: int, budget: int, tokens: int) -> tuple[float, Recording]:
    """Tokens a second of one search of all problems, and what it asked."""
    endpoint = Recording(server.url, server.key, concurrency)
    model = Server("vllm", [Replica(endpoint, server.served)], retry_seconds=60)
    options = AppsOptions(data=str(data))
    benchmark = Apps(options)
    # More problems are in work than calls in flight: while one is judged, another's call takes its place.
    settings = RunSettings(budget=budget, concurrency=2 * concurrency, grade=Grading.BEST)
    async with benchmark.open():
        prepared = plan(benchmark, options, settings, SamplingSettings(max_tokens=tokens), ModelSettings())
        await model.preflight()
        with tempfile.TemporaryDirectory() as place, RunFolder(Path(place) / "run").claim(prepared.manifest) as folder:
            run = Run(benchmark, prepared.strategy, replace(prepared.setting, model=model), folder, Silent(), prepared.grading)
            began = perf_counter()
            await run.go(settings.concurrency)
            seconds = perf_counter() - began
            made = sum(row.completion_tokens for row in folder.summaries().values())
    await model.close()
    return made / seconds, endpoint


async def raw(server: Target, bodies: list[Body], concurrency: int) -> float:
    """Tokens a second of the same requests with nothing between them."""
    endpoint = Endpoint(server.url, server.key, timeout=600, in_flight=concurrency)
    waiting, made = iter(bodies), 0

    async def sender() -> None:
        nonlocal made
        for body in waiting:
            reply = await endpoint.post("completions", body, TextReply)
            made += (reply.usage.completion_tokens or 0) if reply.usage else 0

    began = perf_counter()
    await asyncio.gather(*(sender() for _ in range(concurrency)))
    seconds = perf_counter() - began
    await endpoint.close()
    return made / seconds


async def compare(server: Target, concurrency: int, arguments: argparse.Namespace, data: Path) -> tuple[float, float, str]:
    """Median tokens a second of the engine and of its requests sent raw, and how many of these there were."""
    _, first = await search(server, data, concurrency, arguments.budget, arguments.tokens)
    await raw(server, first.bodies, concurrency)
    engine, alone = [], []
    for turn in range(arguments.repeats):
        for way in ("engine", "raw") if turn % 2 == 0 else ("raw", "engine"):
            if way == "engine":
                engine.append((await search(server, data, concurrency, arguments.budget, arguments.tokens))[0])
            else:
                alone.append(await raw(server, first.bodies, concurrency))
    return statistics.median(engine), statistics.median(alone), f"{len(first.bodies)} completions, {first.rendered} renderings"


async def measure(server: Target, arguments: argparse.Namespace, place: Path) -> None:
    """Print a line for each concurrency."""
    sequential = 0.0
    for concurrency in arguments.concurrency:
        data = problems(place, max(16, 4 * concurrency))
        ours, theirs, asked = await compare(server, concurrency, arguments, data)
        sequential = sequential or (theirs if concurrency == 1 else 0.0)
        times = f", {ours / sequential:.1f} times one call at a time" if sequential else ""
        rates = f"engine {ours:.0f} tokens/s, raw {theirs:.0f}, ratio {ours / theirs:.2f}{times}"
        print(f"concurrency {concurrency}: {rates}; {asked}; load {os.getloadavg()[0]:.1f}", flush=True)


async def started(arguments: argparse.Namespace, place: Path) -> None:
    """Measure a server that is started here, on a core of its own where there are several."""
    words = launch(arguments.checkpoint, ModelSettings(vllm_python=arguments.vllm_python, vllm_arg=ON_ONE_CORE))
    server = Spawned(words, None)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    try:
        await server.start()
        os.sched_setaffinity(0, cores[1:] or cores)
        await measure(Target(server.url, server.key, server.served), arguments, place)
    finally:
        await server.stop()


def problems(place: Path, count: int) -> Path:
    """The bundled problems, repeated under new numbers."""
    rows = [json.loads(line) for line in MINI.read_text(encoding="utf-8").splitlines()]
    many = [{**rows[number % len(rows)], "problem_id": number} for number in range(count)]
    file = place / f"{count}.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in many))
    return file


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="a folder or name; with --base-url the name that the server knows")
    parser.add_argument("--base-url", help="a server that runs already")
    parser.add_argument("--vllm-python", type=Path)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--budget", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=2)
    with tempfile.TemporaryDirectory() as place:
        arguments = parser.parse_args()
        if arguments.base_url:
            asyncio.run(measure(Target(arguments.base_url, "", arguments.checkpoint), arguments, Path(place)))
        else:
            asyncio.run(started(arguments, Path(place)))


if __name__ == "__main__":
    main()
