"""What a client says and is answered, the same on every transport."""

import asyncio
from collections.abc import Callable

from hub import protocol
from hub.auth import Identity
from hub.errors import (
    BAD_REQUEST,
    CLOSE_BAD_REQUEST,
    CLOSE_EXPIRED,
    CLOSE_INTERNAL,
    CLOSE_INVALID_TOKEN,
    CLOSE_TOO_MANY_REQUESTS,
    NOT_AVAILABLE,
    TOKEN_EXPIRED,
    TOO_MANY_REQUESTS,
    CloseCode,
    HubError,
    InvalidFrame,
    TooManyRequests,
    Unauthorized,
)
from hub.node import Node
from hub.protocol import MAX_CLIENT_FRAME_BYTES
from hub.replay_request import Replay, ReplayAction
from hub.replaying import Replaying, Replays
from hub.seats import RETRY_S
from hub.session import Session, Wire

AUTH_TIMEOUT_S = 10.0
"""How long a client that has connected may take to sign in."""
DRAIN_S = 0.05
"""How often a client that asks without reading is looked after."""
MAX_IN_VAIN = 100
"""Frames in a row that come too fast, or can't be understood, and are answered; whoever goes on is closed."""

_CLOSE_CODES = {
    BAD_REQUEST: CLOSE_BAD_REQUEST,
    TOKEN_EXPIRED: CLOSE_EXPIRED,
    NOT_AVAILABLE: CLOSE_INTERNAL,
    TOO_MANY_REQUESTS: CLOSE_TOO_MANY_REQUESTS,
}
"""How a connection ends, where the reason is another than a token that does not hold."""


class Conversation:
    """One client: first without, then with a session. Each verb is carried out and answered on the wire.

    `verify` gives the identity of a token or raises Unauthorized; a token that does not hold ends the connection.
    `address` is where the client is.
    """

    __slots__ = ("_address", "_ended", "_in_vain", "_node", "_replaying", "_replays", "_verify", "_wire", "session")

    def __init__(
        self, node: Node, wire: Wire, verify: Callable[[str], Identity], *, replaying: Replaying, address: str = ""
    ) -> None:
        self.session: Session | None = None
        self._node = node
        self._wire = wire
        self._verify = verify
        self._replaying = replaying
        self._replays: Replays | None = None
        self._address = address
        self._in_vain = 0
        self._ended = False

    def sign_in(self, token: str) -> Identity | None:
        """Begin the session, or renew it; None where the token does not hold and the connection ends.

        Raises PermissionDenied for a token of another user than the session's.
        """
        try:
            identity = self._verify(token)
            if self.session is None:
                self.begin(identity)
            else:
                self._node.renew(self.session, identity)
        except (Unauthorized, TooManyRequests) as error:
            self.shut_out(error)
            return None
        return identity

    def begin(self, identity: Identity) -> Session:
        """Begin the session of an identity that was verified; raises TooManyRequests where it has too many."""
        self.session = self._node.open(identity, self._wire, address=self._address)
        return self.session

    def shut_out(self, error: HubError) -> None:
        """End the connection of a client that is not let in, or can't be understood."""
        self._count(error)
        self.close(_CLOSE_CODES.get(error.code, CLOSE_INVALID_TOKEN), str(error))

    async def carry_out(self, frame: protocol.ClientFrame) -> None:
        """Do what the frame asks and answer it; a refusal is an answer too."""
        if self._over:
            return
        try:
            self._node.allowance.request(str(id(self)), now_s=asyncio.get_running_loop().time())
            self._in_vain = 0
            await self._carry_out(frame)
        except HubError as error:
            self.refuse(frame.id, error)

    def refuse(self, frame_id: int | None, error: HubError) -> None:
        """Answer a frame with an error; who sends too much, or nonsense, and does not stop is closed."""
        if self._over:
            return
        self._count(error)
        self._wire.write(protocol.refusal(frame_id, error))
        if isinstance(error, TooManyRequests | InvalidFrame):
            self._in_vain += 1
            if self._in_vain > MAX_IN_VAIN:
                self.close(CLOSE_TOO_MANY_REQUESTS, f"{MAX_IN_VAIN} frames in a row were refused; wait {RETRY_S} s")

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection, with or without a session."""
        if self.session is None:
            self._ended = True
            self._wire.close(code, reason)
        else:
            self.session.close(code, reason)

    def end(self) -> None:
        """The connection is gone."""
        self._ended = True
        if self._replays is not None:
            self._replays.end()
        if self.session is not None:
            self._node.close(self.session)

    @property
    def _over(self) -> bool:
        return self._ended or (self.session is not None and self.session.closed is not None)

    def _count(self, error: HubError) -> None:
        self._node.allowance.refused[error.code.name] += 1

    async def drained(self) -> None:
        """Wait until the client has read: who asks and does not read must not fill the memory with answers."""
        limit_bytes = MAX_CLIENT_FRAME_BYTES if self.session is None else self.session.limit_bytes
        while self._wire.waiting_bytes() > limit_bytes and not self._over:  # noqa: ASYNC110 - no wire tells
            await asyncio.sleep(DRAIN_S)

    async def _carry_out(self, frame: protocol.ClientFrame) -> None:
        if isinstance(frame, protocol.Auth):
            identity = self.sign_in(frame.token)
            if identity is not None:
                fields = {"user": identity.user, "role": identity.role.value, "expires": identity.expires_s}
                self._wire.write(protocol.reply(frame.id, fields))
            return
        if self.session is None:
            raise Unauthorized("Sign in first: send an auth frame.")
        if isinstance(frame, protocol.Subscribe):
            await self._node.subscribe(self.session, frame)
        elif isinstance(frame, protocol.Unsubscribe):
            self._node.unsubscribe(self.session, frame)
        elif isinstance(frame, protocol.Presence):
            present = await self._node.present(self.session.identity, frame.topic)
            self.session.answer(protocol.reply(frame.id, present))
        elif isinstance(frame, protocol.Typing):
            await self._node.typing.tell(self.session, frame.topic)
            self.session.answer(protocol.reply(frame.id, {}))
        elif isinstance(frame, Replay | ReplayAction):
            await self._replay(self.session, frame)
        else:
            position = await self._node.publish(self.session.identity, frame.topic, frame.data, address=self._address)
            self.session.answer(protocol.reply(frame.id, {"position": str(position)}))

    async def _replay(self, session: Session, frame: Replay | ReplayAction) -> None:
        if self._replays is None:
            self._replays = Replays(self._replaying, session)
        await (self._replays.start(frame) if isinstance(frame, Replay) else self._replays.act(frame))
