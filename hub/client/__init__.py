"""The hub's client library: `async with connect("http://127.0.0.1:8000", token=…) as hub:` (docs/client.md).

It needs of the hub's package only the vocabulary (errors, events, topics), and beside it websockets and orjson.
"""

from collections.abc import Callable

from hub.client.changes import Change
from hub.client.errors import Ended, NotConnected, OutcomeUnknown
from hub.client.frames import Event
from hub.client.hub_client import HubClient, Token
from hub.client.inbox import Batch, Overflow
from hub.client.subscription import Subscription
from hub.errors import HubError

__all__ = [
    "Batch",
    "Change",
    "Ended",
    "Event",
    "HubClient",
    "HubError",
    "NotConnected",
    "OutcomeUnknown",
    "Overflow",
    "Subscription",
    "Token",
    "connect",
]


def connect(url: str, *, token: Token = None, on_change: Callable[[Change], None] = lambda _: None) -> HubClient:
    """A client of the hub at the address, of its origin (http, https) or of its WebSocket (ws, wss).

    `token` is a token, or a function that gives the one for the next try, also a coroutine function. `on_change` is
    told of the connection's changes; it returns soon. Raises HubError(BAD_REQUEST) for what is no address.
    """
    return HubClient(url, token=token, on_change=on_change)
