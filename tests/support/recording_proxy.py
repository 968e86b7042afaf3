"""A proxy on loopback that keeps what is asked of a server: real requests to a real engine, read afterwards."""

import asyncio
import json
import threading
from typing import Self

import aiohttp
from aiohttp import web

JSON = dict[str, object]


class RecordingProxy:
    """Passes every request on to a server; a context manager, on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)
        self.port = 0
        self.sent: list[tuple[str, JSON]] = []
        """Path and body of every request that had a body, in the order in which they came."""

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self.port}"

    def bodies(self, path: str) -> list[JSON]:
        """What was sent to a route."""
        return [body for route, body in self.sent if route == path]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(30)
        self._loop.close()

    async def _serve(self) -> None:
        self._done = asyncio.Event()
        timeout, connector = aiohttp.ClientTimeout(total=None), aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector, auto_decompress=False) as self._session:
            app = web.Application(client_max_size=64 << 20)
            app.router.add_route("*", "/{path:.*}", self._pass)
            runner = web.AppRunner(app, handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            self._ready.set()
            await self._done.wait()
            await runner.cleanup()

    async def _pass(self, request: web.Request) -> web.Response:
        body = await request.read()
        if body:
            self.sent.append((request.path, json.loads(body)))
        headers = {"Content-Type": "application/json"} | {key: request.headers[key] for key in ("Authorization",) if key in request.headers}
        try:
            async with self._session.request(request.method, self._server + request.path, data=body or None, headers=headers) as reply:
                return web.Response(status=reply.status, body=await reply.read(), content_type=reply.content_type)
        except aiohttp.ClientError as error:
            return web.Response(status=502, text=str(error))
