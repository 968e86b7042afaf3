"""Pages are made beside the server's loop, and texts are shown as far as a page bears them."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from finished_runs import finished
from viewing import Hostile, ask, viewed

from gifmcts.tiny import TinyOptions
from gifmcts.view.answers import WAITING
from gifmcts.view.shelf import Shelf
from gifmcts.view.texts import LONGEST

LONG = {
    "one character": "{" * 5_000_000,
    "blank lines": " \n" * 2_500_000,
    "lines": "x = 1\n" * 800_000,
    "blank lines that are shown": " \n" * 9_000,
}


class Closed(Shelf):
    """Runs that cannot be listed before a door is opened."""

    def __init__(self, runs: Path) -> None:
        super().__init__(runs)
        self.door, self.tried = threading.Event(), threading.Event()

    def names(self) -> list[str]:
        self.tried.set()
        self.door.wait(60)
        return super().names()


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., Path]:
    """A run whose first attempt is given another program, answer and test."""

    def rewrite(source: str) -> Path:
        file = finished(tmp_path / "run", budget=2, options=TinyOptions(problems=1, lines=4)).path / "trees" / "tiny-0.jsonl"
        lines = file.read_text().splitlines()
        line = json.loads(lines[1])
        line["program"]["source"] = line["completion"]["text"] = source
        line["evaluation"]["checks"] = [{"name": f"test {number}", "verdict": "wrong", "detail": {"got": source}} for number in range(20)]
        file.write_text("\n".join([lines[0], json.dumps(line)]) + "\n")
        return tmp_path

    return rewrite


@pytest.mark.parametrize("source", LONG.values(), ids=LONG)
def test_a_long_text_is_cut_and_can_be_had_whole(rewritten: Callable[..., Path], source: str) -> None:
    """The page says how much is left out, with the address of the text as it is, which no browser takes for a page."""
    with viewed(rewritten(source)) as address:
        status, _, page = ask(address, "/run/run/tiny-0?attempt=0")
        assert (status, len(page) < 5_000_000) == (200, True)
        rest = [part.split("</p>")[0] for part in page.split('class="rest muted">')[1:]]
        assert (len(source) > LONGEST) == any(f"and {len(source) - LONGEST} more characters" in words for words in rest)
        addresses = [unescape(words.split('href="')[1].split('"')[0]) for words in rest]
        for path in {*addresses[:2], "/text/run/tiny-0?attempt=0&name=answer", "/text/run/tiny-0?attempt=0&name=test+3+got"}:
            status, headers, text = ask(address, path)
            assert (status, text == source) == (200, True)
            assert headers["content-type"] == "text/plain; charset=utf-8"
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]


def test_a_text_is_sent_as_it_is(tmp_path: Path) -> None:
    """With its marks and control characters: it is no page; and a field of the statement can be had, too."""
    folder = finished(tmp_path / "evil", Hostile, budget=1, options=TinyOptions(problems=1, lines=4))
    header, (attempt,) = folder.tree("tiny-0")
    with viewed(tmp_path) as address:
        assert ask(address, "/text/evil/tiny-0?attempt=0&name=answer")[2] == attempt.completion.text
        for key, text in header.fields.items():
            assert ask(address, f"/text/evil/tiny-0?{urlencode({'name': f'field {key}'})}")[2] == text


@pytest.mark.parametrize("query", ["", "?name=answer", "?attempt=9&name=answer", "?attempt=0&name=none", "?attempt=0&name=..%2fconfig"])
def test_a_text_that_there_is_not_is_said(tmp_path: Path, query: str) -> None:
    """In plain words, as text."""
    finished(tmp_path / "run", budget=1, options=TinyOptions(problems=1, lines=4))
    with viewed(tmp_path) as address:
        status, headers, text = ask(address, f"/text/run/tiny-0{query}")
    assert (status, headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "has no such text" in text


def test_a_page_that_takes_long_holds_up_nothing_else(tmp_path: Path) -> None:
    """What needs no page is answered meanwhile, and what waits is answered in the end."""
    shelf = Closed(tmp_path)
    with viewed(tmp_path, shelf=shelf) as address, ThreadPoolExecutor(3) as browsers:
        slow = [browsers.submit(ask, address, "/") for _ in range(3)]
        assert shelf.tried.wait(30)
        assert ask(address, "/static/view.css")[0] == 200
        assert not any(page.done() for page in slow)
        shelf.door.set()
        assert [page.result(30)[0] for page in slow] == [200, 200, 200]


def test_what_is_asked_beyond_a_bound_is_refused(tmp_path: Path) -> None:
    """With when to ask again; afterwards all is as before."""
    shelf = Closed(tmp_path)
    with viewed(tmp_path, shelf=shelf) as address, ThreadPoolExecutor(WAITING + 1) as browsers:
        pages = [browsers.submit(ask, address, "/") for _ in range(WAITING + 1)]
        (refused,) = wait(pages, 30, FIRST_COMPLETED).done
        status, headers, _ = refused.result()
        assert (status, headers["retry-after"]) == (503, "1")
        shelf.door.set()
        assert sorted(page.result(30)[0] for page in pages) == [200] * WAITING + [503]
        assert ask(address, "/")[0] == 200


ENDLESS = """
import asyncio, signal, threading
from pathlib import Path
from gifmcts.view.server import serve
from gifmcts.view.shelf import Shelf

class Endless(Shelf):
    def names(self):
        print("asked", flush=True)
        threading.Event().wait()

async def view():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(Endless(Path()), 0, lambda address: print(address, flush=True), stop)

asyncio.run(view())
"""


def test_the_end_of_the_view_waits_for_no_page() -> None:
    """Neither for one that would never be made nor for those behind it."""
    process = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with ThreadPoolExecutor(10) as browsers:
            pages = [browsers.submit(ask, address, "/") for _ in range(10)]
            assert process.stdout.readline() == "asked\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            assert all(page.exception(30) for page in pages)
    finally:
        process.kill()
        _, errors = process.communicate(timeout=60)
    assert errors == ""
