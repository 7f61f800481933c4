"""The WebSocket edge `/ws`: signs a client in and carries its frames to the node (docs/protocol.md)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from hub import protocol
from hub.auth import COOKIE, Identity, Keys, trusts, verify
from hub.errors import (
    CLOSE_BAD_REQUEST,
    CLOSE_EXPIRED,
    CLOSE_INTERNAL,
    CLOSE_INVALID_TOKEN,
    CLOSE_NO_SIGN_IN,
    CLOSE_PERMISSION_DENIED,
    TOKEN_EXPIRED,
    UNAUTHORIZED,
    HubError,
    InvalidFrame,
    Unauthorized,
)
from hub.node import Node
from hub.session import Session, Wire
from hub.transports.uvicorn_websocket import of_scope

log = logging.getLogger(__name__)

TOKEN_SUBPROTOCOL = "bearer."  # noqa: S105 - the prefix, not a token
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
        connection = _Connection(self._node, wire, self._verify)
        origin = headers.get(b"origin")
        if origin is not None and not trusts(origin, host=headers.get(b"host", ""), allowed=self._origins):
            wire.close(CLOSE_PERMISSION_DENIED, "This origin may not connect; the hub's HUB_HTTP_ORIGINS can allow it")
        else:
            connection.sign_in(_token(headers, scope["subprotocols"]))
        try:
            await connection.serve(receive)
        finally:
            connection.end()

    def _verify(self, token: str) -> Identity:
        return verify(token, self._keys, now_s=self._now_s())


def _token(headers: dict[bytes, str], subprotocols: list[str]) -> str | None:
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


class _Connection:
    """One client: first without, then with a session."""

    __slots__ = ("_deadline", "_node", "_session", "_verify", "_wire")

    def __init__(self, node: Node, wire: Wire, verify_token: Callable[[str], Identity]) -> None:
        self._node = node
        self._wire = wire
        self._verify = verify_token
        self._session: Session | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def sign_in(self, token: str | None) -> None:
        """Begin a session with the token of the handshake, or give the client AUTH_TIMEOUT_S to send one."""
        if token is not None:
            self._open(token)
        else:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(AUTH_TIMEOUT_S, self._wire.close, CLOSE_NO_SIGN_IN, "No sign-in in time")

    def _open(self, token: str) -> Identity | None:
        try:
            identity = self._verify(token)
        except Unauthorized as error:
            self._wire.close(CLOSE_EXPIRED if error.code is TOKEN_EXPIRED else CLOSE_INVALID_TOKEN, str(error))
            return None
        if self._session is None:
            self._session = self._node.open(identity, self._wire)
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        else:
            self._node.renew(self._session, identity)
        return identity

    async def serve(self, receive: Receive) -> None:
        """Carry out frame after frame until the connection ends."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                self._wire.close(CLOSE_BAD_REQUEST, "Binary frames are not understood; send JSON text")
                continue
            try:
                await self._carry_out(protocol.parse(text))
            except InvalidFrame as error:
                if error.fatal:
                    self._wire.close(CLOSE_BAD_REQUEST, str(error))
                else:
                    self._wire.write(protocol.refusal(error.frame_id, error))
            except Exception:
                log.exception("A client frame failed; its connection is closed.")
                self._wire.close(CLOSE_INTERNAL, CLOSE_INTERNAL.message)

    async def _carry_out(self, frame: protocol.ClientFrame) -> None:
        try:
            if isinstance(frame, protocol.Auth):
                self._auth(frame)
            elif self._session is None:
                raise Unauthorized("Sign in first: send an auth frame.", code=UNAUTHORIZED)
            elif isinstance(frame, protocol.Subscribe):
                await self._node.subscribe(self._session, frame)
            elif isinstance(frame, protocol.Unsubscribe):
                self._node.unsubscribe(self._session, frame)
            else:
                position = await self._node.publish(self._session.identity, frame.topic, frame.data)
                self._session.answer(protocol.reply(frame.id, {"position": str(position)}))
        except HubError as error:
            self._wire.write(protocol.refusal(frame.id, error))

    def _auth(self, frame: protocol.Auth) -> None:
        identity = self._open(frame.token)
        if identity is not None:
            fields = {"user": identity.user, "role": identity.role, "expires": identity.expires_s}
            self._wire.write(protocol.reply(frame.id, fields))

    def end(self) -> None:
        """The connection is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._session is not None:
            self._node.close(self._session)
