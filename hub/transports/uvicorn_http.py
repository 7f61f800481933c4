"""uvicorn's HTTP protocol with a way to the socket: a block that was built once goes to many responses as it is."""

from asyncio import WriteTransport
from collections.abc import Callable, Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "hub.http"
"""The ASGI scope extension under which an endpoint finds the connection."""


def _nobody() -> None:
    """Nobody waits for the end of this connection."""


class HubHttpProtocol(HttpToolsProtocol):
    """One HTTP connection; given to uvicorn as `http=`.

    `on_lost` is called when the client is gone; an endpoint that waits for something else sets it.
    """

    on_lost: Callable[[], object] = staticmethod(_nobody)

    def on_message_begin(self) -> None:
        """Offer this connection to the endpoint through the scope."""
        super().on_message_begin()
        extensions: dict[str, Any] = {EXTENSION: self}
        self.scope["extensions"] = extensions

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the endpoint too."""
        super().connection_lost(exc)
        self.on_lost()

    @property
    def socket(self) -> WriteTransport:
        """Where what is written goes out as it is, in the order of what the response sent before."""
        return self.transport


def of_scope(scope: Mapping[str, Any]) -> HubHttpProtocol:
    """The connection of an ASGI scope; raises KeyError under a server that was not given this protocol."""
    connection: HubHttpProtocol = scope["extensions"][EXTENSION]
    return connection
