"""What a client says and is answered, the same on every transport."""

from collections.abc import Callable

from hub import protocol
from hub.auth import Identity
from hub.errors import (
    CLOSE_EXPIRED,
    CLOSE_INTERNAL,
    CLOSE_INVALID_TOKEN,
    NOT_AVAILABLE,
    TOKEN_EXPIRED,
    HubError,
    Unauthorized,
)
from hub.node import Node
from hub.session import Session, Wire

AUTH_TIMEOUT_S = 10.0
"""How long a client that has connected may take to sign in."""


_CLOSE_CODES = {TOKEN_EXPIRED: CLOSE_EXPIRED, NOT_AVAILABLE: CLOSE_INTERNAL}
"""How a connection ends whose token did not hold, where that is not for good."""


class Conversation:
    """One client: first without, then with a session. Each verb is carried out and answered on the wire.

    `verify` gives the identity of a token or raises Unauthorized; a token that does not hold ends the connection.
    """

    __slots__ = ("_node", "_verify", "_wire", "session")

    def __init__(self, node: Node, wire: Wire, verify: Callable[[str], Identity]) -> None:
        self.session: Session | None = None
        self._node = node
        self._wire = wire
        self._verify = verify

    def sign_in(self, token: str) -> Identity | None:
        """Begin the session, or renew it; None where the token does not hold and the connection ends.

        Raises PermissionDenied for a token of another user than the session's.
        """
        try:
            identity = self._verify(token)
        except Unauthorized as error:
            self._wire.close(_CLOSE_CODES.get(error.code, CLOSE_INVALID_TOKEN), str(error))
            return None
        if self.session is None:
            self.begin(identity)
        else:
            self._node.renew(self.session, identity)
        return identity

    def begin(self, identity: Identity) -> Session:
        """Begin the session of an identity that was verified."""
        self.session = self._node.open(identity, self._wire)
        return self.session

    async def carry_out(self, frame: protocol.ClientFrame) -> None:
        """Do what the frame asks and answer it; a refusal is an answer too."""
        try:
            await self._carry_out(frame)
        except HubError as error:
            self._wire.write(protocol.refusal(frame.id, error))

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
            await self._node.tell_presence(self.session, frame)
        elif isinstance(frame, protocol.Typing):
            await self._node.typing.tell(self.session, frame.topic)
            self.session.answer(protocol.reply(frame.id, {}))
        else:
            position = await self._node.publish(self.session.identity, frame.topic, frame.data)
            self.session.answer(protocol.reply(frame.id, {"position": str(position)}))

    def end(self) -> None:
        """The connection is gone."""
        if self.session is not None:
            self._node.close(self.session)
