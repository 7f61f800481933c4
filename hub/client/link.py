"""One WebSocket to the hub: the only file that knows the driver."""

from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from hub.client.frames import SUBPROTOCOL
from hub.errors import BAD_REQUEST, HubError

OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
MAX_FRAME_BYTES = 16 * 1024 * 1024
"""More than the hub sends in one frame: 512 KiB, or one event."""

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class LinkLost(Exception):
    """There is no link (any more): why, the close code where there was one, and whether another try is of no use."""

    def __init__(self, reason: str, *, close_code: int | None = None, final: bool = False) -> None:
        super().__init__(reason)
        self.close_code = close_code
        self.final = final


def websocket_url(url: str) -> str:
    """Where the hub's WebSocket is, of its origin or of the address itself; raises HubError(BAD_REQUEST)."""
    parts = urlsplit(url)
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise HubError(f"{url[:80]!r} is no address of a hub, such as http://127.0.0.1:8000.", code=BAD_REQUEST)
    if parts.username is not None or parts.query or parts.fragment:
        raise HubError("The address of a hub has no user, query or fragment; give the token apart.", code=BAD_REQUEST)
    path = "/ws" if parts.path in {"", "/"} else parts.path
    return urlunsplit((scheme, parts.netloc, path, "", ""))


class Link:
    """An open WebSocket. All methods raise LinkLost."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def open(cls, url: str, token: str | None) -> Self:
        """Connect; the token goes into the Authorization header."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            socket = await connect_websocket(
                url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers=headers,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                # Heartbeats are the hub's; a client that pauses must not be ended by its own pings.
                ping_interval=None,
                max_size=MAX_FRAME_BYTES,
            )
        except InvalidStatus as refused:
            status = refused.response.status_code
            raise LinkLost(f"The hub answered HTTP {status}.", final=status in _REFUSED) from None
        except (InvalidHandshake, WebSocketException, OSError, TimeoutError) as error:
            raise LinkLost(f"The hub could not be reached: {error or type(error).__name__}.") from None
        return cls(socket)

    async def receive(self) -> bytes:
        """The next message."""
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            raise _lost(closed) from None

    async def send(self, payload: bytes) -> None:
        """Send a message; returns when there is room for the next."""
        try:
            await self._socket.send(payload, text=True)
        except ConnectionClosed as closed:
            raise _lost(closed) from None

    async def close(self) -> None:
        """End it properly."""
        await self._socket.close()

    def abort(self) -> None:
        """End it at once; `receive` raises."""
        self._socket.transport.abort()


def _lost(closed: ConnectionClosed) -> LinkLost:
    if closed.rcvd is None:
        return LinkLost("The link broke.")
    return LinkLost(closed.rcvd.reason or "The hub closed.", close_code=closed.rcvd.code)
