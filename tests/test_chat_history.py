"""Reading a room's history page by page, from a real store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.chat_history import message_page
from hub.events import Batch, Position, encode_event
from hub.message import message_id
from hub.store.sqlite import SqliteEventStore

T0 = 1_732_412_345_123
TOPIC = "chat/ops"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteEventStore]:
    async with SqliteEventStore(tmp_path / "hub.db") as found:
        yield found


@pytest.fixture(autouse=True)
def short_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.chat_history.LEAST_READ", 4)


def said(n: int) -> dict[str, Any]:
    return {"topic": TOPIC, "time": T0 + n, "data": {"text": f"{n}", "author": "anna", "id": message_id(T0 + n, n)}}


def edited(n: int, received: int, text: str) -> dict[str, Any]:
    data = {"edit": message_id(T0 + n, n), "text": text, "by": "anna"}
    return {"topic": TOPIC, "time": T0 + n, "received": T0 + received, "data": data}


async def write(store: SqliteEventStore, *events: dict[str, Any]) -> None:
    pieces = [encode_event(TOPIC, each["time"], each["data"], each.get("received")) for each in events]
    batch = Batch.of([TOPIC] * len(pieces), [each["time"] for each in events], pieces)
    batch.position = Position("a", 1)
    await store.write([batch])


async def pages(store: SqliteEventStore, tail: list[dict[str, Any]], *, limit: int) -> list[list[str]]:
    """The texts of all pages, the newest first."""
    found = []
    before: str | None = None
    while True:
        page = await message_page(store, TOPIC, tail, before=before, limit=limit)
        found.append([message.text for message in page.messages])
        before = page.next
        if before is None:
            return found


async def test_nothing_was_said(store: SqliteEventStore) -> None:
    assert await pages(store, [], limit=2) == [[]]


async def test_pages_join_without_hole_or_repetition_and_edits_are_in_them(store: SqliteEventStore) -> None:
    edits = [edited(3, 100 + n, f"edit {n}") for n in range(6)]
    await write(store, *(said(n) for n in range(7)), *edits[:3], edited(0, 200, "zero"))
    assert await pages(store, [], limit=2) == [["5", "6"], ["edit 2", "4"], ["1", "2"], ["zero"]]
    assert await pages(store, [], limit=7) == [["zero", "1", "2", "edit 2", "4", "5", "6"]]


async def test_what_the_store_has_not_yet_is_in_the_tail(store: SqliteEventStore) -> None:
    await write(store, *(said(n) for n in range(4)))
    tail = [said(3), said(4), edited(1, 50, "one"), said(5)]
    assert await pages(store, tail, limit=3) == [["3", "4", "5"], ["0", "one", "2"]]


async def test_a_message_may_have_more_revisions_than_are_read_at_once(store: SqliteEventStore) -> None:
    await write(store, said(0), *(edited(0, 100 + n, f"edit {n}") for n in range(9)))
    assert await pages(store, [], limit=1) == [["edit 8"]]
