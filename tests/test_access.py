"""Who gets in, with a real store: tokens, API keys, revocation, public keys that come late."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub import access as access_module
from hub.access import TOPIC, Access
from hub.api_keys import new_key
from hub.auth import Identity, Keys, Role, sign
from hub.errors import INVALID_TOKEN, LIMIT_EXCEEDED, NOT_AVAILABLE, TOKEN_EXPIRED, HubError, Unauthorized, Unavailable
from hub.jwks import UNKNOWN_S, Jwks
from hub.store.access_tables import AccessTables
from hub.store.base import ApiKey, User
from hub.store.database_sqlite import SqliteDatabase
from hub.store.ticket_table import TicketTable
from hub.store.user_table import UserTable
from hub.tickets import TICKET_TTL_S, Tickets
from tests.issuers import issuer, key_pair
from tests.running import until

KEYS = Keys(b"for tests")


@dataclass
class Hub:
    """What a node and a clock are to access."""

    path: Path
    now_s: float = 1_732_412_345.5
    announced: list[Mapping[str, object]] = field(default_factory=list)
    looks: int = 0
    away: bool = False

    def clock(self) -> float:
        return self.now_s

    async def append(self, topic: str, data: Mapping[str, object]) -> None:
        assert topic == TOPIC
        if self.away:
            raise Unavailable("the log is away")
        self.announced.append(data)

    def end_sessions(self, holds: object) -> None:
        assert callable(holds)
        self.looks += 1

    async def access(self, stack: AsyncExitStack, jwks: Jwks | None = None) -> Access:
        store = AccessTables(await stack.enter_async_context(SqliteDatabase(self.path)))
        return await stack.enter_async_context(
            Access(KEYS, store=store, append=self.append, end_sessions=self.end_sessions, now_s=self.clock, jwks=jwks)
        )

    def token(self, user: str = "anna", *, issued_ms: int | None = None, ttl_s: int = 60) -> str:
        issued = int(self.now_s * 1000) if issued_ms is None else issued_ms
        return sign(Identity(user, Role.VIEWER, int(self.now_s) + ttl_s, issued_ms=issued), KEYS)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub.db")


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def refused(access: Access, token: str) -> HubError:
    with pytest.raises(Unauthorized) as caught:
        access.verify(token)
    return caught.value


def made(
    hub: Hub, *, ttl_s: int | None = None, randomness: bytes = b"r" * 32, name: str = "script"
) -> tuple[str, ApiKey]:
    return new_key(
        name,
        Role.OPERATOR,
        subscribe=["telemetry/+"],
        publish=None,
        expires_s=None if ttl_s is None else int(hub.now_s) + ttl_s,
        now_ms=int(hub.now_s * 1000),
        randomness=randomness,
    )


async def test_tokens_hold_until_they_expire(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    token = hub.token()
    assert access.verify(token).user == "anna"
    assert (await access.identify(token)).user == "anna"
    hub.now_s += 60
    assert refused(access, token).code is TOKEN_EXPIRED
    with pytest.raises(Unauthorized):
        await access.identify(token)
    assert refused(access, "no token").code is INVALID_TOKEN


async def test_an_api_key_holds_until_it_is_revoked(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    secret, key = made(hub)
    assert refused(access, secret).code is INVALID_TOKEN
    await access.add_key(key)
    identity = access.verify(secret)
    assert (identity.user, identity.role, identity.subscribe) == ("key:script", Role.OPERATOR, ("telemetry/+",))
    assert access.holds(identity)
    assert [one.id for one in await access.list_keys()] == [key.id]
    await access.revoke_key(key.id)
    assert not access.holds(identity)
    assert refused(access, secret).code is INVALID_TOKEN
    assert hub.announced == [{"event": "key_added", "key": key.id}, {"event": "key_revoked", "key": key.id}]


async def test_an_api_key_can_expire(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    secret, key = made(hub, ttl_s=10)
    await access.add_key(key)
    hub.now_s += 10
    assert refused(access, secret).code is TOKEN_EXPIRED


async def test_keys_are_bounded(hub: Hub, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "MAX_API_KEYS", 1)
    access = await hub.access(stack)
    await access.add_key(made(hub)[1])
    with pytest.raises(HubError) as caught:
        await access.add_key(made(hub, randomness=b"s" * 32, name="other")[1])
    assert caught.value.code is LIMIT_EXCEEDED


async def test_a_change_of_a_user_ends_the_tokens_of_before(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    users = UserTable(await stack.enter_async_context(SqliteDatabase(hub.path)))
    await users.add(User("anna", "viewer", "hash", 1))
    before, without = hub.token(), hub.token(issued_ms=0)
    assert access.verify(before)
    assert access.verify(without)
    await users.set_role("anna", "admin", now_ms=int(hub.now_s * 1000))
    await access.user_changed("anna")
    assert refused(access, before).code is INVALID_TOKEN
    assert refused(access, without).code is INVALID_TOKEN
    assert access.verify(hub.token(issued_ms=access.issue_ms("anna")))
    assert access.verify(hub.token("ivan")).user == "ivan"
    hub.now_s += 5
    assert access.issue_ms("anna") == int(hub.now_s * 1000)
    assert hub.announced == [{"event": "user_changed", "user": "anna"}]


async def test_what_another_process_changes_is_seen(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    store = AccessTables(await stack.enter_async_context(SqliteDatabase(hub.path)))
    secret, key = made(hub)
    await store.add_key(key)
    await until(lambda: access._by_digest != {})
    identity = access.verify(secret)
    looks = hub.looks
    await store.remove_key(key.id)
    access.wake()
    await until(lambda: not access.holds(identity))
    assert hub.looks == looks + 1


async def test_a_revocation_holds_here_though_the_log_is_away(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    secret, key = made(hub)
    await access.add_key(key)
    hub.away = True
    await access.revoke_key(key.id)
    assert refused(access, secret).code is INVALID_TOKEN


async def test_looking_goes_on_after_a_failure(
    hub: Hub, stack: AsyncExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    access = await hub.access(stack)
    store = AccessTables(await stack.enter_async_context(SqliteDatabase(hub.path)))
    with closing(sqlite3.connect(hub.path)) as connection:
        connection.execute("ALTER TABLE access RENAME TO elsewhere")
    access.wake()
    await until(lambda: "What was revoked is not known" in caplog.text)
    with closing(sqlite3.connect(hub.path)) as connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO access")
    secret, key = made(hub)
    await store.add_key(key)
    access.wake()
    await until(lambda: access._by_digest != {})
    assert access.verify(secret)


async def test_public_keys_that_come_late(hub: Hub, stack: AsyncExitStack) -> None:
    other = await stack.enter_async_context(issuer())

    async def find_url() -> str:
        return other.jwks_url

    jwks = Jwks(find_url, now_s=hub.clock)
    access = await hub.access(stack, jwks)
    claims = {"sub": "anna", "role": "viewer", "exp": int(hub.now_s) + 1000}
    token, rotated = key_pair("RS256").sign(claims), key_pair("ES256", "two").sign(claims)
    assert refused(access, token).code is NOT_AVAILABLE
    keeping = asyncio.create_task(jwks.keep())
    assert (await access.identify(token)).user == "anna"
    assert access.verify(token).user == "anna"
    assert refused(access, rotated).code is INVALID_TOKEN
    other.pairs.append(key_pair("ES256", "two"))
    hub.now_s += UNKNOWN_S
    assert refused(access, rotated).code is NOT_AVAILABLE
    assert (await access.identify(rotated)).user == "anna"
    other.pairs = other.pairs[1:]
    hub.now_s += UNKNOWN_S
    assert jwks.want()
    await jwks.settled()
    assert refused(access, token).code is INVALID_TOKEN
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def test_tickets(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    database = await stack.enter_async_context(SqliteDatabase(hub.path))
    tickets = Tickets(TicketTable(database), holds=access.holds, now_s=hub.clock)
    identity = access.verify(hub.token())
    ticket, expires_s = await tickets.issue(identity)
    assert expires_s == int(hub.now_s) + TICKET_TTL_S
    assert await tickets.redeem(ticket) == identity
    for bad in (ticket, "never", ""):
        with pytest.raises(Unauthorized):
            await tickets.redeem(bad)
    late, _ = await tickets.issue(identity)
    hub.now_s += TICKET_TTL_S
    with pytest.raises(Unauthorized):
        await tickets.redeem(late)


async def test_a_ticket_is_worth_no_more_than_what_it_stands_for(hub: Hub, stack: AsyncExitStack) -> None:
    access = await hub.access(stack)
    database = await stack.enter_async_context(SqliteDatabase(hub.path))
    tickets = Tickets(TicketTable(database), holds=access.holds, now_s=hub.clock)
    secret, key = made(hub)
    await access.add_key(key)
    identity = access.verify(secret)
    kept, revoked = (await tickets.issue(identity))[0], (await tickets.issue(identity))[0]
    assert await tickets.redeem(kept) == identity
    await access.revoke_key(key.id)
    with pytest.raises(Unauthorized):
        await tickets.redeem(revoked)
    short, _ = await tickets.issue(access.verify(hub.token(ttl_s=5)))
    hub.now_s += 5
    with pytest.raises(Unauthorized):
        await tickets.redeem(short)
