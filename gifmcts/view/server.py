"""A server on loopback that shows runs and writes nothing."""

import asyncio
import logging
import mimetypes
from collections.abc import Awaitable, Callable
from importlib.resources import files

from aiohttp import web

from gifmcts.errors import UsageError
from gifmcts.view.answers import Answers, Make
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
    answers, app = Answers(pages), web.Application(middlewares=[guard])
    app.on_cleanup.append(answers.close)
    run, task = "{run:[^/]+}", "{task:[^/]+}"  # the usual form of a part of a path has no braces, which a name may have
    made: dict[str, Make] = {
        "/": lambda _: pages.runs(),
        f"/run/{run}": lambda asked: pages.run(asked.match_info["run"], asked.query),
        f"/run/{run}/{task}": lambda asked: pages.problem(*_place(asked), asked.query),
        "/side": lambda asked: pages.side(asked.query),
        f"/side/{task}": lambda asked: pages.side_problem(asked.match_info["task"], asked.query),
    }
    for path, make in made.items():
        app.router.add_get(path, answers.page(make))
    app.router.add_get(f"/text/{run}/{task}", answers.text(lambda asked: pages.text(*_place(asked), asked.query)))
    app.router.add_get("/static/{name}", _static())
    app.router.add_get("/favicon.ico", _no_icon)
    return app


async def serve(shelf: Shelf, port: int, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Answer until ``stop`` is set; ``ready`` is told the address.

    Raises:
        UsageError: the port is taken or forbidden.
    """
    runner = web.AppRunner(application(shelf), access_log=None, logger=_LOG, shutdown_timeout=_PARTING, handler_cancellation=True)
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


def _place(asked: web.Request) -> tuple[str, str]:
    """Which run and which problem are asked for."""
    return asked.match_info["run"], asked.match_info["task"]


async def _no_icon(_: web.Request) -> web.Response:
    """What browsers ask for beside a text, which cannot say that there is none."""
    return web.Response(status=204)


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
