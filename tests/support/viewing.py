"""The view as a server of its own thread, and a client that sends what it is told to."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue

from scripted import Scripted

from gifmcts.store import RunFolder
from gifmcts.types import Chat, Completion, Finish, Sampling
from gifmcts.view.server import serve
from gifmcts.view.shelf import Shelf

EVIL = "</pre><script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">&amp;\x1b[31m\u202e"
"""What a program may hold: an end of the page's own marks, a script, an image that runs one, a colour, and a change of direction."""


class Hostile(Scripted):
    """A model whose programs attack whoever shows them."""

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """A script in a comment, in a text, and outside of the program."""
        self.calls += 1
        code = f"# {EVIL}\nprint({EVIL!r})\nvalue_{self.calls} = '''\n{EVIL}\n'''\n"
        text = f"{code}```{EVIL}" if chat.prefill.startswith("```") else f"{EVIL}\n```python\n{code}```\n{EVIL}"
        return Completion(text, 10, 20, Finish.STOP, reasoning=EVIL)


class Verbose(Scripted):
    """A model that does not come to an end."""

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """A program of a million characters, most of them in one line."""
        return Completion(f"a = 1\nb = '{'x' * 1_000_000}'\n```", 10, 20, Finish.STOP)


@contextmanager
def viewed(runs: Path, one: RunFolder | None = None, shelf: Shelf | None = None) -> Iterator[str]:
    """The address of a view of these runs, which answers for the time of the context."""
    shelf = shelf or Shelf(runs, one)
    told: Queue[str] = Queue()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(shelf, 0, told.put, stop)))
    thread.start()
    try:
        yield told.get(timeout=30)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def ask(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    """The status, the headers in small letters, and the text; the path is sent as it is."""
    connection = HTTPConnection(address.split("/")[2], timeout=30)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()
