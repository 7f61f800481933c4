"""Tickets: short-lived, one-use stand-ins for a token, for clients that can say nothing but a URL."""

import dataclasses
import hashlib
import secrets
from collections.abc import Callable

import orjson

from hub.auth import Identity, Role
from hub.errors import INVALID_TOKEN, Unauthorized
from hub.store.base import TicketStore

TICKET_TTL_S = 30
TICKET_BYTES = 24


class Tickets:
    """Gives tickets out and takes them back, each once over all processes that share the store.

    `holds` says whether an identity was not revoked meanwhile.
    """

    def __init__(self, store: TicketStore, *, holds: Callable[[Identity], bool], now_s: Callable[[], float]) -> None:
        self._store = store
        self._holds = holds
        self._now_s = now_s

    async def issue(self, identity: Identity) -> tuple[str, int]:
        """A ticket for the identity, and when it expires (seconds since the epoch); HubError(LIMIT_EXCEEDED)."""
        ticket, now_s = secrets.token_urlsafe(TICKET_BYTES), self._now_s()
        expires_s = int(now_s) + TICKET_TTL_S
        await self._store.add(_digest(ticket), _encode(identity), expires_s=expires_s, now_s=now_s)
        return ticket, expires_s

    async def redeem(self, ticket: str) -> Identity:
        """The identity of a ticket, which then holds no more; raises Unauthorized, or Unavailable."""
        now_s = self._now_s()
        taken = await self._store.take(_digest(ticket), now_s=now_s)
        if taken is None:
            raise Unauthorized("The ticket was used, has expired or is none of this hub's.", code=INVALID_TOKEN)
        identity = _decode(taken)
        if identity.expires_s <= now_s or not self._holds(identity):
            raise Unauthorized("The token of the ticket holds no more.", code=INVALID_TOKEN)
        return identity


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()


def _encode(identity: Identity) -> bytes:
    return orjson.dumps({**dataclasses.asdict(identity), "role": identity.role.value})


def _decode(kept: bytes) -> Identity:
    fields = orjson.loads(kept)
    for name in ("subscribe", "publish"):
        fields[name] = None if fields[name] is None else tuple(fields[name])
    return Identity(**{**fields, "role": Role.of(fields["role"])})
