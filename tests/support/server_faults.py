"""How the test server fails a request: by a status with a complaint, or by a connection that does not keep its promise."""

import json
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class Fault:
    """How one request fails; exactly one of the fields is set."""

    status: int = 0
    message: str = "the server is unhappy"
    retry_after: str = ""
    drop: bool = False
    """The connection is closed without a reply."""
    malformed: bool = False
    """The reply's JSON ends in its middle."""
    hang: bool = False
    """No reply comes until the client goes away."""


@dataclass(frozen=True)
class Strange:
    """A whole reply as no honest server sends it."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


BUSY = Fault(status=429, message="too many requests", retry_after="0.01")
BROKEN = Fault(status=500, message="internal error")
DROP = Fault(drop=True)
MALFORMED = Fault(malformed=True)
HANG = Fault(hang=True)
OVERFLOW = Fault(status=400, message="This model's maximum context length is 8 tokens. However, you requested 9 tokens")


def error(status: int, message: str, retry_after: str = "") -> web.HTTPException:
    """A status with a complaint in the API's form."""
    kinds: dict[int, type[web.HTTPException]] = {
        400: web.HTTPBadRequest,
        401: web.HTTPUnauthorized,
        403: web.HTTPForbidden,
        404: web.HTTPNotFound,
        422: web.HTTPUnprocessableEntity,
        429: web.HTTPTooManyRequests,
        500: web.HTTPInternalServerError,
        503: web.HTTPServiceUnavailable,
    }
    headers = {"Retry-After": retry_after} if retry_after else {}
    text = json.dumps({"error": {"message": message, "type": "Error", "code": status}})
    return kinds[status](text=text, headers=headers, content_type="application/json")
