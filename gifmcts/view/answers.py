"""Answers made beside the server's loop: one at a time, so many waiting, and none that the end of the view waits for."""

from asyncio import wrap_future
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from hashlib import blake2b
from queue import SimpleQueue
from threading import Thread

from aiohttp import web

from gifmcts.errors import GifmctsError, UsageError
from gifmcts.view.guard import Handler
from gifmcts.view.pages import Pages
from gifmcts.wording import harmless

WAITING = 32
"""How many answers can be asked for at once."""

Make = Callable[[web.Request], str]


class Answers:
    """A thread that makes pages and texts; since there is one, indexes of runs are read and brought up to date by nobody else.

    It is no thread of a pool, since Python waits for those when it ends.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._asked: SimpleQueue[tuple[Future[web.Response], Callable[[], web.Response]] | None] = SimpleQueue()
        self._waiting = 0
        Thread(target=self._work, name="view", daemon=True).start()

    def page(self, make: Make) -> Handler:
        """What answers with a page; whoever has it already is told that nothing has changed."""
        return partial(self._beside, lambda request: _page(request, *self._made(make, request, self._pages.trouble)))

    def text(self, make: Make) -> Handler:
        """What answers with a text as it is, which no browser takes for a page."""
        return partial(self._beside, lambda request: _text(*self._made(make, request, harmless)))

    async def close(self, _: web.Application) -> None:
        """Make nothing more; what is being made is not waited for."""
        self._asked.put(None)

    async def _beside(self, answer: Callable[[web.Request], web.Response], request: web.Request) -> web.Response:
        if self._waiting >= WAITING:
            return web.Response(status=503, text="too much is asked for at once; load this again\n", headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            future: Future[web.Response] = Future()
            self._asked.put((future, partial(answer, request)))
            return await wrap_future(future)
        finally:
            self._waiting -= 1

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            future, work = asked
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except Exception as error:  # noqa: BLE001  the boundary: whoever waits for the answer meets it
                    future.set_exception(error)

    def _made(self, make: Make, request: web.Request, trouble: Callable[[str], str]) -> tuple[int, bytes]:
        """The status, and what was asked for or what went wrong."""
        try:
            status, text = 200, make(request)
        except UsageError as error:
            status, text = 404, trouble(str(error))
        except (GifmctsError, OSError) as error:
            status, text = 500, trouble(str(error))
        return status, text.encode("utf-8", "replace")


def _page(request: web.Request, status: int, body: bytes) -> web.Response:
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers={"ETag": tag})


def _text(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="text/plain", charset="utf-8")
