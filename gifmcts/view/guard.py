"""What keeps the view to this machine: no other host's name, no script but its own, nothing but reading."""

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what no page of ours asks for, and forbid in every answer what no page of ours does.

    A page elsewhere whose name is made to lead to this machine (DNS rebinding) still sends its own name as ``Host``.
    """
    response: web.StreamResponse
    if _name(request.headers.get("Host", "")) not in _HOSTS:
        response = web.Response(status=403, text="this view answers on this machine only, under the names localhost and 127.0.0.1\n")
    elif request.method not in ("GET", "HEAD"):
        response = web.Response(status=405, text="this view only reads\n", headers={"Allow": "GET, HEAD"})
    else:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = web.Response(status=error.status, text=f"{error.reason}\n")
    response.headers.update(_HEADERS)
    return response


def _name(host: str) -> str:
    """The name of a ``Host`` without its port."""
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0].lower()
