"""What is refused before a router sees it: changes asked by foreign pages, and bodies that are too large."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.answers import refusal
from hub.api.headers import API_PREFIX
from hub.auth import trusts
from hub.errors import PERMISSION_DENIED, TOO_LARGE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES = 65_536
INGEST_PREFIX = f"{API_PREFIX}ingest/"
MAX_INGEST_BYTES = 1024 * 1024


class Gate:
    """ASGI middleware before the API.

    A browser sends its cookie with whatever a page asks for, and says in `Origin` whose page it is: a change asked by
    a page that is neither the hub's nor one of `origins` is refused. Bearer tokens are not sent by browsers unasked.
    """

    def __init__(self, app: ASGIApp, *, origins: frozenset[str], count_refusal: Callable[[str], object]) -> None:
        self._app = app
        self._origins = origins
        self._count = count_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX) and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            if self._foreign(headers):
                message = f"A page of {headers['origin'][:80]!r} may not do this; HUB_HTTP_ORIGINS can allow it."
                self._count(PERMISSION_DENIED.name)
                await refusal(PERMISSION_DENIED, message)(scope, receive, send)
                return
            length = headers.get("content-length", "0")
            max_bytes = MAX_INGEST_BYTES if scope["path"].startswith(INGEST_PREFIX) else MAX_BODY_BYTES
            if length.isdecimal() and int(length[:20]) > max_bytes:
                message = f"The body may have {max_bytes} bytes."
                self._count(TOO_LARGE.name)
                await refusal(TOO_LARGE, message, headers={"Connection": "close"})(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or headers.get("authorization", "")[:7].lower() == "bearer ":
            return False
        return not trusts(origin, host=headers.get("host", ""), allowed=self._origins)
