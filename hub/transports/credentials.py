"""Where a request carries its token: header, subprotocol, or the sign-in cookie."""

from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie

from hub.auth import COOKIE

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
