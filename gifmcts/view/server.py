"""A server on loopback that shows runs and writes nothing."""

import asyncio
import logging
import mimetypes
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from importlib.resources import files

from aiohttp import web

from gifmcts.errors import GifmctsError, UsageError
from gifmcts.view.guard import guard
from gifmcts.view.pages import Pages
from gifmcts.view.shelf import Shelf

ADDRESS = "127.0.0.1"
_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.CRITICAL)  # requests that are no requests are answered so, and are nothing to whoever started the view
_PARTING = 0.5
"""Seconds that pages which are being sent have left when the view ends; browsers keep connections open that nothing is sent on."""


def application(shelf: Shelf) -> web.Application:
    """The view of the runs of a shelf."""
    pages = Pages(shelf)
    app = web.Application(middlewares=[guard])
    app.router.add_get("/", _page(pages, lambda _: pages.runs()))
    app.router.add_get("/run/{run}", _page(pages, lambda asked: pages.run(asked.match_info["run"], asked.query)))
    app.router.add_get(
        "/run/{run}/{task}", _page(pages, lambda asked: pages.problem(asked.match_info["run"], asked.match_info["task"], asked.query))
    )
    app.router.add_get("/side", _page(pages, lambda asked: pages.side(asked.query)))
    app.router.add_get("/side/{task}", _page(pages, lambda asked: pages.side_problem(asked.match_info["task"], asked.query)))
    app.router.add_get("/static/{name}", _static())
    return app


async def serve(shelf: Shelf, port: int, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Answer until ``stop`` is set; ``ready`` is told the address.

    Raises:
        UsageError: the port is taken or forbidden.
    """
    runner = web.AppRunner(application(shelf), access_log=None, logger=_LOG, shutdown_timeout=_PARTING)
    await runner.setup()
    try:
        site = web.TCPSite(runner, ADDRESS, port)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            raise UsageError(f"--port {port}: {error}; choose another one, or 0 for any that is free") from error
        ready(f"http://{ADDRESS}:{runner.addresses[0][1]}/")
        await stop.wait()
    finally:
        await runner.cleanup()


def _page(pages: Pages, make: Callable[[web.Request], str]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A page; whoever has it already is told that nothing has changed."""

    async def answer(request: web.Request) -> web.Response:
        status = 200
        try:
            text = make(request)
        except UsageError as error:
            status, text = 404, pages.trouble(str(error))
        except (GifmctsError, OSError) as error:
            status, text = 500, pages.trouble(str(error))
        body = text.encode("utf-8", "replace")
        tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers={"ETag": tag})

    return answer


def _static() -> Callable[[web.Request], Awaitable[web.Response]]:
    """The files of the view, read once; no other name leads to a file."""
    folder = files("gifmcts.view").joinpath("static")
    known = {file.name: (file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain") for file in folder.iterdir()}

    async def answer(request: web.Request) -> web.Response:
        found = known.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[0], content_type=found[1], charset="utf-8")

    return answer
