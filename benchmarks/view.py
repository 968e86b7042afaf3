"""The view of a large run: seconds until a page is there, from a view that was just started, and when nothing has changed.

Writes a run of 5,000 problems with 50 nodes each: the trees of a few tiny problems, searched in earnest, under many names, with grades as
long as those of problems with 21 measured tests. Prints a row a page, and how long it takes only to read the trees for comparison.
"""

import argparse
import asyncio
import tempfile
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter

from engine import Clock, Instant

from gifmcts.assembly import plan
from gifmcts.models.catalog import ModelSettings
from gifmcts.records import GradedCheck, encode
from gifmcts.run import Run
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Footprint, Verdict
from gifmcts.view.server import serve
from gifmcts.view.shelf import Shelf

SEARCHED = 10
"""How many problems are searched in earnest."""
TESTS = 21


def write(path: Path, problems: int, nodes: int) -> None:
    """A finished run of so many problems."""
    options = TinyOptions(problems=SEARCHED, lines=14)
    prepared = plan(Tiny(options), options, RunSettings(budget=nodes), SamplingSettings(), ModelSettings())
    with RunFolder(path).claim(prepared.manifest) as folder:
        run = Run(Tiny(options), prepared.strategy, replace(prepared.setting, model=Instant()), folder, Clock(), prepared.grading)
        asyncio.run(run.go(4))
    multiply(RunFolder(path), problems)


def multiply(folder: RunFolder, problems: int) -> None:
    """Write every tree under many names, with a row and grades for each."""
    summaries, grades = folder.summaries(), folder.grades()
    checks = tuple(GradedCheck(f"test-{index}", Verdict.PASS, Footprint(0.001, 12 << 20, 40)) for index in range(TESTS))
    trees = {task: (folder.path / "trees" / f"{task}.jsonl").read_bytes() for task in summaries}
    with (folder.path / "summary.jsonl").open("wb") as rows, (folder.path / "grades.jsonl").open("wb") as graded:
        for index in range(problems):
            source, name = f"tiny-{index % SEARCHED}", f"tiny-{index}"
            tree = trees[source].replace(f'"task":"{source}"'.encode(), f'"task":"{name}"'.encode(), 1)
            (folder.path / "trees" / f"{name}.jsonl").write_bytes(tree)
            rows.write(encode(replace(summaries[source], task=name, bytes=len(tree))) + b"\n")
            for row in grades[source]:
                graded.write(encode(replace(row, task=name, checks=checks)) + b"\n")


def ask(address: str, path: str, tag: str = "") -> tuple[float, int, int, str]:
    """Seconds, status, bytes and tag of a page."""
    connection = HTTPConnection(address.split("/")[2], timeout=120)
    began = perf_counter()
    connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
    answer = connection.getresponse()
    body = answer.read()
    seconds = perf_counter() - began
    connection.close()
    return seconds, answer.status, len(body), answer.headers.get("ETag", "")


async def measure(folder: RunFolder, problems: int) -> None:
    """Start a view for each page, and ask for it twice."""
    middle = f"tiny-{problems // 2}"
    for path in ("/", "/run/large", f"/run/large/{middle}", f"/run/large?q={middle}", "/side?a=large&b=large"):
        addresses: asyncio.Queue[str] = asyncio.Queue()
        stop = asyncio.Event()
        serving = asyncio.create_task(serve(Shelf(folder.path.parent), 0, addresses.put_nowait, stop))
        address = await addresses.get()
        seconds, status, size, tag = await asyncio.to_thread(ask, address, path)
        again, unchanged, _, _ = await asyncio.to_thread(ask, address, path, tag)
        stop.set()
        await serving
        print(f"{path:28} first {seconds:6.2f} s (bound: 2 s)   again {again:6.3f} s   status {status}, {unchanged}   {size:7} bytes")


def main() -> None:
    """Make the run, measure, and clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--keep", type=Path, help="write the run below this folder and leave it there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        path = (chosen.keep or Path(place)) / "large"
        if not (path / "config.json").is_file():
            write(path, chosen.problems, chosen.nodes)
        folder = RunFolder(path)
        print(f"{chosen.problems} problems × {chosen.nodes} nodes, grades {(path / 'grades.jsonl').stat().st_size / 2**20:.0f} MiB")
        asyncio.run(measure(folder, chosen.problems))
        began = perf_counter()
        size = sum(len(file.read_bytes()) for file in (path / "trees").iterdir())
        print(f"for comparison: only to read the trees, {size / 2**20:.0f} MiB, takes {perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
