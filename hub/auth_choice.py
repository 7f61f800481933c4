"""Chooses and opens what lets people and programs in: access, tickets, audit and the OpenID provider."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.access import TOPIC, Access
from hub.audit import Audit
from hub.auth import Identity
from hub.auth_settings import auth_keys, oidc_roles, oidc_secret
from hub.node import Node
from hub.observability.metrics import Reading
from hub.settings import InvalidSettings, Settings
from hub.store.access_tables import AccessTables
from hub.store.database import Database
from hub.store.ticket_table import TicketTable
from hub.tickets import Tickets

if TYPE_CHECKING:
    from hub.jwks import Jwks
    from hub.oidc import Provider

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Auth:
    """What lets in. `jwks` and `provider` are None where the settings name none."""

    access: Access
    tickets: Tickets
    audit: Audit
    jwks: "Jwks | None"
    provider: "Provider | None"
    node: Node

    def work(self) -> Iterator[tuple[str, Work]]:
        """What is to run for ever beside it, with names for the log."""
        yield "audit", lambda: self.audit.run(self.node.append)
        if self.jwks is not None:
            yield "public keys", self.jwks.keep
        if self.provider is not None:
            yield "provider's public keys", self.provider.jwks.keep

    def readings(self) -> Iterator[Reading]:
        """The counters of these parts."""
        yield "hub_audit_dropped", "", self.audit.dropped
        if self.jwks is not None:
            yield "hub_public_key_failures", "tokens", self.jwks.failures
        if self.provider is not None:
            yield "hub_public_key_failures", "sign-in", self.provider.jwks.failures


async def open_auth(settings: Settings, node: Node, database: Database, stack: AsyncExitStack) -> Auth:
    """Open every part and let the node know it; the stack closes them. Raises InvalidSettings."""
    keys, provider, audit = auth_keys(settings), _provider(settings), Audit()
    jwks = None if settings.auth_jwks_url is None else _jwks(settings.auth_jwks_url)
    store, tickets = AccessTables(database), TicketTable(database)
    access = await stack.enter_async_context(
        Access(keys, store=store, append=node.append, end_sessions=node.end_sessions, now_s=time.time, jwks=jwks)
    )
    node.listen(TOPIC, access.wake)
    node.on_refused = _note_refused(audit)
    return Auth(access, Tickets(tickets, holds=access.holds, now_s=time.time), audit, jwks, provider, node)


def _note_refused(audit: Audit) -> Callable[[Identity, str], None]:
    def note(identity: Identity, topic: str) -> None:
        audit.note("publish", "refused", user=identity.user, topic=topic)

    return note


def _jwks(url: str) -> "Jwks":
    from hub.jwks import Jwks  # noqa: PLC0415 - it asks other servers, most hubs don't

    async def find_url() -> str:
        return url

    return Jwks(find_url, now_s=time.time)


def _provider(settings: Settings) -> "Provider | None":
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise InvalidSettings("HUB_OIDC_CLIENT_ID is missing: what the hub is called at HUB_OIDC_ISSUER.")
    from hub.oidc import Client, Provider  # noqa: PLC0415 - its library is a tenth of the hub's start

    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=oidc_secret(settings),
        user_claim=settings.oidc_user_claim,
        role_claim=settings.oidc_role_claim,
        roles=oidc_roles(settings),
    )
    return Provider(client, now_s=time.time)
