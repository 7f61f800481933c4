"""The WebSocket edge `/ws`: carries a client's frames to the node and back (docs/protocol.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from hub import protocol
from hub.auth import Identity, Keys, trusts, verify
from hub.errors import (
    CLOSE_BAD_REQUEST,
    CLOSE_INTERNAL,
    CLOSE_NO_SIGN_IN,
    CLOSE_PERMISSION_DENIED,
    InvalidFrame,
)
from hub.node import Node
from hub.session import Wire
from hub.transports.conversation import Conversation
from hub.transports.credentials import find_token
from hub.transports.uvicorn_websocket import of_scope

log = logging.getLogger(__name__)

AUTH_TIMEOUT_S = 10.0

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class WebSocketEndpoint:
    """The ASGI application behind `/ws`."""

    def __init__(self, *, node: Node, keys: Keys, origins: frozenset[str], now_s: Callable[[], float]) -> None:
        self._node = node
        self._keys = keys
        self._origins = origins
        self._now_s = now_s

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        await receive()
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if protocol.SUBPROTOCOL in scope["subprotocols"]:
            accept["subprotocol"] = protocol.SUBPROTOCOL
        await send(accept)
        wire = of_scope(scope)
        conversation = Conversation(self._node, wire, self._verify)
        deadline = self._begin(conversation, wire, headers, scope["subprotocols"])
        try:
            await _serve(conversation, wire, receive)
        finally:
            if deadline is not None:
                deadline.cancel()
            conversation.end()

    def _begin(
        self, conversation: Conversation, wire: Wire, headers: dict[bytes, str], subprotocols: list[str]
    ) -> asyncio.TimerHandle | None:
        """Sign in with the token of the handshake, or give the client AUTH_TIMEOUT_S to send one."""
        origin = headers.get(b"origin")
        if origin is not None and not trusts(origin, host=headers.get(b"host", ""), allowed=self._origins):
            wire.close(CLOSE_PERMISSION_DENIED, "This origin may not connect; the hub's HUB_HTTP_ORIGINS can allow it")
            return None
        token = find_token(headers, subprotocols)
        if token is not None:
            conversation.sign_in(token)
            return None
        return asyncio.get_running_loop().call_later(AUTH_TIMEOUT_S, _end_unsigned, conversation, wire)

    def _verify(self, token: str) -> Identity:
        return verify(token, self._keys, now_s=self._now_s())


def _end_unsigned(conversation: Conversation, wire: Wire) -> None:
    if conversation.session is None:
        wire.close(CLOSE_NO_SIGN_IN, CLOSE_NO_SIGN_IN.message)


async def _serve(conversation: Conversation, wire: Wire, receive: Receive) -> None:
    """Carry out frame after frame until the connection ends."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            wire.close(CLOSE_BAD_REQUEST, "Binary frames are not understood; send JSON text")
            continue
        try:
            await conversation.carry_out(protocol.parse(text))
        except InvalidFrame as error:
            if error.fatal:
                wire.close(CLOSE_BAD_REQUEST, str(error))
            else:
                wire.write(protocol.refusal(error.frame_id, error))
        except Exception:
            log.exception("A client frame failed; its connection is closed.")
            wire.close(CLOSE_INTERNAL, CLOSE_INTERNAL.message)
