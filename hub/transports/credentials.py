"""Where a request carries its token: header, subprotocol, or the sign-in cookie; and whether it may come in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from hub.auth import COOKIE, Identity, trusts
from hub.errors import PermissionDenied, Unauthorized

TOKEN_SUBPROTOCOL = "bearer."  # noqa: S105 - the prefix, not a token


def find_token(headers: Mapping[bytes, str], subprotocols: Sequence[str] = ()) -> str | None:
    """The first token that is there, in the order of docs/protocol.md; header names are lower case."""
    authorization = headers.get(b"authorization", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    for subprotocol in subprotocols:
        if subprotocol.startswith(TOKEN_SUBPROTOCOL):
            return subprotocol.removeprefix(TOKEN_SUBPROTOCOL)
    try:
        morsel = SimpleCookie(headers.get(b"cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def find_ticket(query_string: bytes) -> str | None:
    """The ticket of a URL, if there is one."""
    if b"ticket=" not in query_string:
        return None
    return parse_qs(query_string.decode("latin-1")).get("ticket", [None])[-1]


class Admission:
    """Who may come in: by a token that holds, from a page that may use this hub.

    `identify` gives the identity of a token, or raises Unauthorized.
    """

    def __init__(self, identify: Callable[[str], Awaitable[Identity]], origins: frozenset[str]) -> None:
        self._identify = identify
        self._origins = origins

    def trusts(self, headers: Mapping[bytes, str]) -> bool:
        """Whether the page that asks is this hub's own or an allowed one; what is no page has no Origin."""
        origin = headers.get(b"origin")
        return origin is None or trusts(origin, host=headers.get(b"host", ""), allowed=self._origins)

    async def identity(self, headers: Mapping[bytes, str], token: str | None = None) -> Identity:
        """The identity of the token, else of the one in the headers; raises PermissionDenied or Unauthorized."""
        if not self.trusts(headers):
            raise PermissionDenied("This origin may not connect; the hub's HUB_HTTP_ORIGINS can allow it.")
        token = token or find_token(headers)
        if not token:
            raise Unauthorized
        return await self._identify(token)
