"""The WebSocket edge `/ws`: carries a client's frames to the node and back (docs/protocol.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from hub import protocol
from hub.auth import Identity, trusts
from hub.errors import (
    CLOSE_BAD_REQUEST,
    CLOSE_INTERNAL,
    CLOSE_INVALID_TOKEN,
    CLOSE_NO_SIGN_IN,
    CLOSE_PERMISSION_DENIED,
    HubError,
    InvalidFrame,
    Unauthorized,
)
from hub.node import Node
from hub.session import Wire
from hub.transports.conversation import AUTH_TIMEOUT_S, Conversation
from hub.transports.credentials import find_ticket, find_token
from hub.transports.uvicorn_websocket import of_scope

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class WebSocketEndpoint:
    """The ASGI application behind `/ws`."""

    def __init__(
        self,
        *,
        node: Node,
        verify: Callable[[str], Identity],
        redeem: Callable[[str], Awaitable[Identity]],
        origins: frozenset[str],
    ) -> None:
        self._node = node
        self._verify = verify
        self._redeem = redeem
        self._origins = origins

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
        deadline = await self._begin(conversation, wire, headers, scope)
        try:
            await _serve(conversation, wire, receive)
        finally:
            if deadline is not None:
                deadline.cancel()
            conversation.end()

    async def _begin(
        self, conversation: Conversation, wire: Wire, headers: dict[bytes, str], scope: dict[str, Any]
    ) -> asyncio.TimerHandle | None:
        """Sign in with the ticket or token of the handshake, or give the client AUTH_TIMEOUT_S to send one."""
        origin = headers.get(b"origin")
        if origin is not None and not trusts(origin, host=headers.get(b"host", ""), allowed=self._origins):
            wire.close(CLOSE_PERMISSION_DENIED, "This origin may not connect; the hub's HUB_HTTP_ORIGINS can allow it")
            return None
        ticket, token = find_ticket(scope["query_string"]), find_token(headers, scope["subprotocols"])
        if ticket is not None:
            await self._sign_in_by_ticket(conversation, wire, ticket)
            return None
        if token is not None:
            conversation.sign_in(token)
            return None
        return asyncio.get_running_loop().call_later(AUTH_TIMEOUT_S, _end_unsigned, conversation, wire)

    async def _sign_in_by_ticket(self, conversation: Conversation, wire: Wire, ticket: str) -> None:
        try:
            conversation.begin(await self._redeem(ticket))
        except Unauthorized as error:
            wire.close(CLOSE_INVALID_TOKEN, str(error))
        except HubError as error:
            wire.close(CLOSE_INTERNAL, str(error))


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
