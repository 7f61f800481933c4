"""The hub's client library: `async with connect("http://127.0.0.1:8000", token=…) as hub:` (docs/client.md).

It needs of the hub's package only the vocabulary (errors, events, topics) and what a condition means (interest,
predicate), and beside it websockets and orjson.
"""

from collections.abc import Callable

from hub.client.changes import Change
from hub.client.conditions import Condition
from hub.client.errors import Ended, NotConnected, OutcomeUnknown
from hub.client.frames import Event, Member, Typing
from hub.client.hub_client import HubClient, Token
from hub.client.inbox import Batch, Overflow
from hub.client.presence import PresenceChange, Present, presence_of
from hub.client.room import Room, RoomChange
from hub.client.subscription import Subscription
from hub.errors import HubError

__all__ = [
    "Batch",
    "Change",
    "Condition",
    "Ended",
    "Event",
    "HubClient",
    "HubError",
    "Member",
    "NotConnected",
    "OutcomeUnknown",
    "Overflow",
    "PresenceChange",
    "Present",
    "Room",
    "RoomChange",
    "Subscription",
    "Token",
    "Typing",
    "connect",
    "presence_of",
]


def connect(
    url: str,
    *,
    token: Token = None,
    on_change: Callable[[Change], None] = lambda _: None,
    on_typing: Callable[[Typing], None] = lambda _: None,
) -> HubClient:
    """A client of the hub at the address, of its origin (http, https) or of its WebSocket (ws, wss).

    `token` is a token, or a function, also a coroutine function, that gives the newest: it is asked at each try and
    before a token expires. `on_change` is told of the connection's changes, `on_typing` who types in a room subscribed
    to; both return soon. Raises HubError(BAD_REQUEST) for what is no address.
    """
    return HubClient(url, token=token, on_change=on_change, on_typing=on_typing)
