"""The contracts of AccessStore and TicketStore, and what the user store does to tokens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hub.errors import CONFLICT, LIMIT_EXCEEDED, NOT_FOUND, HubError
from hub.store import ticket_table
from hub.store.access_tables import AccessTables
from hub.store.base import AccessStore, ApiKey, TicketStore, User
from hub.store.database import Database
from hub.store.ticket_table import TicketTable
from hub.store.user_table import UserTable
from tests.store.places import Where, database

KEY = ApiKey("0a1b", "d1", "script", "viewer", ("telemetry/+",), (), 5, 10)
PLAIN = ApiKey("2c3d", "d2", "другой", "admin", None, None, 6, None)


@pytest.fixture
async def opened(where: Where) -> AsyncIterator[Database]:
    async with database(where) as opened:
        yield opened


@pytest.fixture
def store(opened: Database) -> AccessStore:
    return AccessTables(opened)


@pytest.fixture
def tickets(opened: Database) -> TicketStore:
    return TicketTable(opened)


async def test_keys_are_kept_by_name(store: AccessStore) -> None:
    await store.add_key(PLAIN)
    await store.add_key(KEY)
    assert await store.keys() == [KEY, PLAIN]
    await store.remove_key(KEY.id)
    assert await store.keys() == [PLAIN]


async def test_a_name_is_there_once(store: AccessStore) -> None:
    await store.add_key(KEY)
    with pytest.raises(HubError) as caught:
        await store.add_key(replace(PLAIN, name=KEY.name))
    assert caught.value.code is CONFLICT
    with pytest.raises(HubError) as caught:
        await store.remove_key(PLAIN.id)
    assert caught.value.code is NOT_FOUND


async def test_a_digest_is_not_shown() -> None:
    assert "d1" not in repr(KEY)


async def test_the_version_grows_with_every_change_in_any_process(store: AccessStore, where: Where) -> None:
    versions = [await store.version()]

    async def changed() -> bool:
        versions.append(await store.version())
        return versions[-1] > versions[-2]

    assert not await changed()
    async with database(where) as elsewhere:
        other, users = AccessTables(elsewhere), UserTable(elsewhere)
        await other.add_key(KEY)
        assert await changed()
        await other.remove_key(KEY.id)
        assert await changed()
        await users.add(User("anna", "viewer", "hash", 1))
        assert not await changed()
        assert await store.floors() == {}
        await users.set_role("anna", "admin", now_ms=10)
        assert await changed()
        await users.set_password("anna", "other", now_ms=20)
        assert await changed()
        assert await store.floors() == {"anna": 20}
        await users.remove("anna", now_ms=15)
        assert await changed()
        assert await store.floors() == {"anna": 21}, "also where clocks differ"
        with pytest.raises(HubError):
            await users.remove("ivan", now_ms=30)
        assert not await changed()


async def test_a_ticket_is_taken_once(tickets: TicketStore, where: Where) -> None:
    await tickets.add("d1", b"anna", expires_s=10, now_s=0)
    async with database(where) as elsewhere:
        both = tickets, TicketTable(elsewhere)
        taken = await asyncio.gather(*(one.take("d1", now_s=9.9) for one in both * 5))
    assert (taken.count(b"anna"), taken.count(None)) == (1, 9)
    assert await tickets.take("never", now_s=0) is None


async def test_a_ticket_expires(tickets: TicketStore) -> None:
    await tickets.add("d1", b"anna", expires_s=10, now_s=0)
    assert await tickets.take("d1", now_s=10) is None


async def test_tickets_that_wait_are_bounded(tickets: TicketStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_table, "MAX_TICKETS", 2)
    await tickets.add("d1", b"", expires_s=10, now_s=0)
    await tickets.add("d2", b"", expires_s=20, now_s=0)
    with pytest.raises(HubError) as caught:
        await tickets.add("d3", b"", expires_s=20, now_s=0)
    assert caught.value.code is LIMIT_EXCEEDED
    await tickets.add("d3", b"", expires_s=20, now_s=10)
