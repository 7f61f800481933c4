"""What a client of Socket.IO may send, before the engine reads it: what it can't read is refused by name."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.types import Receive, Scope, Send

from hub import protocol
from hub.errors import TOO_LARGE, HubError, InvalidFrame, TooManyRequests
from hub.protocol import MAX_CLIENT_FRAME_BYTES
from hub.seats import RETRY_S

MAX_PACKETS = 500
"""Of one polling body; as many frames of one connection are carried out at once."""
MAX_CONNECTS = 100
"""Sign-ins that a connection may try; each is answered."""
UPGRADE = ("2probe", "5")
"""What the WebSocket of a client begins with that began with polling."""
_CLOSE, _PONG, _CONNECT = "1", "3", "40"
_MESSAGES = tuple(f"4{kind}" for kind in range(7))
_SEPARATOR = "\x1e"
_METHODS = {"GET", "POST"}


class Call(NamedTuple):
    """What a client emitted: the verb, its argument, and the number of the acknowledgement it waits for."""

    verb: str
    argument: object
    acknowledgement: int | None
    problem: str = ""


class StrictJson:
    """JSON as the hub can write it again, in place of Python's own: no NaN, no half of a surrogate pair."""

    @staticmethod
    def loads(text: str) -> Any:
        """The value of a text; raises ValueError."""
        return orjson.loads(text)

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        """The text of a value."""
        return orjson.dumps(value).decode()


class Sieve:
    """The packets of one Engine.IO connection, by every transport that it has."""

    __slots__ = ("_connects", "closed")

    def __init__(self) -> None:
        self.closed = False
        self._connects = 0

    def take(self, packet: str | bytes) -> bool:
        """Whether the engine is to have it: nothing behind the last. Raises InvalidFrame or TooManyRequests."""
        if self.closed:
            return False
        if packet == _CLOSE:
            self.closed = True
        elif packet != _PONG:
            self._check(packet)
        return True

    def _check(self, packet: str | bytes) -> None:
        if isinstance(packet, bytes) or not packet.startswith(_MESSAGES):
            raise InvalidFrame("A packet could not be understood.")
        if packet.startswith(_CONNECT):
            self._connects += 1
            if self._connects > MAX_CONNECTS:
                raise TooManyRequests(f"{MAX_CONNECTS} sign-ins were tried; wait {RETRY_S} s.", retry_after_s=RETRY_S)


def check_request(scope: Mapping[str, Any], query: Mapping[str, Sequence[str]]) -> None:
    """Raise InvalidFrame for a request that opens no connection and goes on with none."""
    transport = query.get("transport", ["polling"])[0]
    websocket = scope["type"] == "websocket"
    if transport != ("websocket" if websocket else "polling") or "j" in query:
        raise InvalidFrame("`transport` must be `websocket` for a WebSocket, else `polling`.")
    method = "GET" if websocket else scope["method"]
    if method not in _METHODS:
        raise InvalidFrame("Only GET and POST are understood.")
    if "sid" not in query and (method != "GET" or query.get("EIO") != ["4"]):
        raise InvalidFrame("A connection begins with GET and EIO=4: a client of Socket.IO 4.")


async def read_body(receive: Receive) -> bytes | None:
    """The body of a request; None where the client leaves before it is there. Raises HubError when it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_CLIENT_FRAME_BYTES:
            raise HubError(f"The body may have {MAX_CLIENT_FRAME_BYTES} bytes.", code=TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(body)


def split(body: bytes) -> list[str]:
    """The packets of a polling body; raises InvalidFrame."""
    try:
        packets = body.decode().split(_SEPARATOR)
    except UnicodeDecodeError:
        raise InvalidFrame("The body is not UTF-8.") from None
    if len(packets) > MAX_PACKETS:
        raise InvalidFrame(f"A body may have {MAX_PACKETS} packets.")
    return packets


def join(packets: Sequence[str]) -> bytes:
    """The polling body of packets."""
    return _SEPARATOR.join(packets).encode()


async def refuse(scope: Scope, send: Send, error: HubError) -> None:
    """Answer a request, or a WebSocket's handshake, in the API's shape (ASGI extension `websocket.http.response`)."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    headers = [(b"content-type", b"application/json")]
    if isinstance(error, TooManyRequests):
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    await send({"type": f"{kind}.start", "status": error.code.http_status, "headers": headers})
    await send({"type": f"{kind}.body", "body": orjson.dumps({"error": protocol.shown(error)})})
