"""Where a client is: at the other end of its connection, or where a trusted proxy says (X-Forwarded-For)."""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


async def _nowhere(*_: Any) -> None:
    """Only the addresses of the middleware are wanted where there is nothing behind it."""


class Proxies:
    """The proxies whose word is taken, by address or network. uvicorn's own reading of the header."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = ProxyHeadersMiddleware(_nowhere, list(trusted)).trusted_hosts

    def locate(self, scope: MutableMapping[str, Any]) -> None:
        """Put the client's own address into an ASGI scope in place of a trusted proxy's."""
        client = scope.get("client")
        if client is None or client[0] not in self._trusted:
            return
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if named:
            host, port = self._trusted.get_trusted_client_address(", ".join(named))
            if host:
                scope["client"] = (host[:MAX_ADDRESS_CHARS], port)


MAX_ADDRESS_CHARS = 64
"""No address is longer; what a proxy passes on unseen might be."""


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's address; "" where it has none."""
    client = scope.get("client")
    return "" if client is None else str(client[0])
