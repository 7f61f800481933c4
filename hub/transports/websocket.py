"""The WebSocket edge `/ws`: carries a client's frames to the node and back (docs/protocol.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from hub import protocol
from hub.auth import Identity, trusts
from hub.errors import (
    CLOSE_INTERNAL,
    CLOSE_NO_SIGN_IN,
    CLOSE_PERMISSION_DENIED,
    HubError,
    InvalidFrame,
    TooManyRequests,
)
from hub.node import Node
from hub.replaying import Replaying
from hub.seats import network_of
from hub.session import Wire
from hub.transports.conversation import AUTH_TIMEOUT_S, Conversation
from hub.transports.credentials import find_ticket, find_token
from hub.transports.forwarded import address_of
from hub.transports.guest import Guest
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
        replaying: Replaying,
    ) -> None:
        self._node = node
        self._verify = verify
        self._redeem = redeem
        self._origins = origins
        self._replaying = replaying

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        await receive()
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if protocol.SUBPROTOCOL in scope["subprotocols"]:
            accept["subprotocol"] = protocol.SUBPROTOCOL
        await send(accept)
        wire = of_scope(scope)
        address = address_of(scope)
        conversation = Conversation(self._node, wire, self._verify, replaying=self._replaying, address=address)
        guest = await self._begin(conversation, wire, headers, scope)
        try:
            await _serve(conversation, receive, guest)
        finally:
            if guest is not None:
                guest.leave()
            conversation.end()

    async def _begin(
        self, conversation: Conversation, wire: Wire, headers: dict[bytes, str], scope: dict[str, Any]
    ) -> Guest | None:
        """Sign in with the ticket or token of the handshake, or give the client AUTH_TIMEOUT_S to send one."""
        origin = headers.get(b"origin")
        if origin is not None and not trusts(origin, host=headers.get(b"host", ""), allowed=self._origins):
            wire.close(CLOSE_PERMISSION_DENIED, "This origin may not connect; the hub's HUB_HTTP_ORIGINS can allow it")
            return None
        ticket, token = find_ticket(scope["query_string"]), find_token(headers, scope["subprotocols"])
        if ticket is not None:
            await self._sign_in_by_ticket(conversation, ticket)
            return None
        if token is not None:
            conversation.sign_in(token)
            return None
        seats, network = self._node.allowance.guests, network_of(address_of(scope))
        guest = Guest(seats, network, timeout_s=AUTH_TIMEOUT_S, late=partial(_end_unsigned, conversation))
        try:
            guest.enter()
        except TooManyRequests as error:
            conversation.shut_out(error)
        return guest

    async def _sign_in_by_ticket(self, conversation: Conversation, ticket: str) -> None:
        try:
            conversation.begin(await self._redeem(ticket))
        except HubError as error:
            conversation.shut_out(error)


def _end_unsigned(conversation: Conversation) -> None:
    if conversation.session is None:
        conversation.close(CLOSE_NO_SIGN_IN, CLOSE_NO_SIGN_IN.message)


async def _serve(conversation: Conversation, receive: Receive, guest: Guest | None) -> None:
    """Carry out frame after frame until the connection ends."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await conversation.drained()
        await _take(conversation, message.get("text"))
        if guest is not None and conversation.session is not None:
            guest.leave()
        # What one read of the socket brought may be thousands of frames: others have their turn between any two.
        await asyncio.sleep(0)


async def _take(conversation: Conversation, text: str | None) -> None:
    if text is None:
        conversation.shut_out(InvalidFrame("Binary frames are not understood; send JSON text."))
        return
    try:
        await conversation.carry_out(protocol.parse(text))
    except InvalidFrame as error:
        if error.fatal:
            conversation.shut_out(error)
        else:
            conversation.refuse(error.frame_id, error)
    except Exception:
        log.exception("A client frame failed; its connection is closed.")
        conversation.close(CLOSE_INTERNAL, CLOSE_INTERNAL.message)
