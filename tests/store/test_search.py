"""What every store promises of finding events; one suite for all of them."""

from collections.abc import AsyncIterator

import pytest

from hub.events import Position
from hub.registry import Record
from hub.search_entry import words_of
from hub.store import said
from hub.store.postgres import PostgresEventStore
from hub.store.search_base import EventSearch, Found, Wanted
from hub.store.sqlite import SqliteEventStore
from tests.store.batches import T0, batch, event, readings
from tests.store.places import Where, event_store

Store = SqliteEventStore | PostgresEventStore

SAID = [
    event("chat/ops", T0, text="Pumpe läuft; 100%", author="anna", id="1"),
    event("telemetry/pump", T0, mode="Pumpe"),
    event("command/pump/7", T0 + 1, step="created", name="start", by="ivan"),
    event("connectivity/pump", T0 + 2, state="offline", cause="will message"),
    event("twin/pump", T0 + 3, version=1, desired={"mode": "auto"}, since={"mode": T0 + 3}, by="anna"),
    event("twin/pump", T0 + 9_000, version=1, desired={"mode": "auto"}, since={"mode": T0 + 3}, by="anna"),
    event("alarm/pump/hot", T0 + 4, severity="major", text="too hot"),
    event("system/audit/access", T0 + 5, event="user_changed", user="ivan", about="anna"),
    event("chat/ops/night", T0 + 6, text="pump is off", author="ivan", id="2"),
    event("registry/pump", T0 + 7, name="Pump 3", tags=["hall"]),
]
EVERYTHING = [9, 8, 7, 6, 4, 3, 2, 0]


@pytest.fixture
async def store(where: Where) -> AsyncIterator[Store]:
    async with event_store(where, fold_s=0) as store:
        for offset, one in enumerate(SAID, 1):
            await store.write([batch(offset, one)])
        yield store


async def found(store: EventSearch, wanted: Wanted | None = None, *, limit: int = 100) -> list[int]:
    page = await store.search(wanted or Wanted(), before=None, after=None, limit=limit)
    return [one.place for one in page.events]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(), EVERYTHING),
        (Wanted(words=words_of("PUMP")), [9, 8, 6, 4, 3, 2, 0]),
        (Wanted(words=words_of("lauft pümp")), [0]),
        (Wanted(words=words_of("100")), [0]),
        (Wanted(words=words_of("pump nothing")), []),
        (Wanted(words=words_of("mess will")), [3]),
        (Wanted(words=words_of("x" * 200)), []),
        (Wanted(topic_filter="chat/+"), [0]),
        (Wanted(topic_filter="chat/ops/#"), [8, 0]),
        (Wanted(topic_filter="+/pump"), [9, 4, 3]),
        (Wanted(topic_filter="chat/ops"), [0]),
        (Wanted(words=words_of("pump"), topic_filter="chat/#", user="ivan"), [8]),
        (Wanted(device="pump"), [9, 6, 4, 3, 2]),
        (Wanted(user="ivan"), [8, 7, 2]),
        (Wanted(start=T0 + 1, end=T0 + 5), [6, 4, 3, 2]),
        (Wanted(start=-(2**70), end=2**70), EVERYTHING),
        (Wanted(behind=2, last=6), [6, 4, 3]),
        (Wanted(behind=99), []),
    ],
)
async def test_what_is_asked_for(store: Store, wanted: Wanted, places: list[int]) -> None:
    assert await found(store, wanted) == places


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE said; --",
        "' OR 1=1 --",
        "pump%",
        "p_mp",
        "pump & ! | <-> :* ()",
        "pump:*B",
        '"pump" NEAR(a b) AND OR NOT ^x',
        "pump\\' $1 {} %s",
        "\0pump\0",
        "ﬁ ½ 漢字 \U0001d518 \u0301 \U0010ffff",
        "x" * 10_000,
    ],
)
async def test_whatever_is_asked_for_is_no_syntax(store: Store, text: str) -> None:
    plain = [word for word in words_of(text) if word != "pump"]
    assert await found(store, Wanted(words=words_of(text))) == ([] if plain else [9, 8, 6, 4, 3, 2, 0])
    assert await found(store, Wanted(device=text.replace("\0", "|"))) == []
    assert await found(store, Wanted(user=text.replace("\0", "|"))) == []
    assert await found(store) == EVERYTHING


async def test_whatever_is_said_is_kept(store: Store) -> None:
    odd = "'; DROP TABLE said; -- \0 & | ! <-> :* \\ \" " + "y" * 5_000
    await store.write([batch(11, event("chat/odd", T0, text=odd, author=odd, device=odd), event("room/empty"))])
    page = await store.search(Wanted(topic_filter="chat/odd"), before=None, after=None, limit=9)
    assert page.events[0].event["data"] == {"text": odd, "author": odd, "device": odd}
    assert await found(store, Wanted(words=["drop", "yyy"])) == [10]
    assert await found(store, Wanted(topic_filter="room/+")) == [11]


async def test_an_event_is_whole_and_has_its_position(store: Store) -> None:
    page = await store.search(Wanted(topic_filter="chat/ops"), before=None, after=None, limit=1)
    data = {"text": "Pumpe läuft; 100%", "author": "anna", "id": "1"}
    assert page.events == [Found(0, str(Position("e", 1)), {"topic": "chat/ops", "time": T0, "data": data})]


@pytest.mark.parametrize("looked_at", [2, 2_000])
@pytest.mark.parametrize("topic_filter", ["#", "+/+"])
async def test_pages_both_ways(
    store: Store, monkeypatch: pytest.MonkeyPatch, looked_at: int, topic_filter: str
) -> None:
    monkeypatch.setattr(said, "LOOKED_AT", looked_at)
    wanted = Wanted(topic_filter=topic_filter)
    expected = EVERYTHING if topic_filter == "#" else [9, 4, 3, 0]
    down: list[int] = []
    before, more = None, True
    while more:
        page = await store.search(wanted, before=before, after=None, limit=2)
        assert len(page.events) <= 2
        down += [one.place for one in page.events]
        before, more = page.end, page.more
    assert down == expected
    up: list[int] = []
    after, more = -1, True
    while more:
        page = await store.search(wanted, before=None, after=after, limit=2)
        up += [one.place for one in reversed(page.events)]
        after, more = page.end, page.more
    assert up == expected[::-1]


async def test_what_is_erased_is_found_no_more(store: Store) -> None:
    gone = event("registry/pump", T0 + 500, **Record(1, forgotten=T0 + 500, erased=True).shown())
    await store.write([batch(11, gone)])
    for offset in range(12, 24):
        await store.write([batch(offset, event("connectivity/pump", T0 + 1_000, state="online"))])
    places = await found(store, Wanted(topic_filter="+/pump"))
    assert places == [*range(22, 10, -1), 10, 9]
    assert await entries(store) == len(EVERYTHING) - 2 + 13


async def test_what_is_too_old_is_found_no_more(where: Where) -> None:
    now_s = T0 / 1000
    kind = event_store(where).__class__
    async with kind(where, keep_s=3_600, fold_s=0, clock=lambda: now_s) as store:  # type: ignore[arg-type] # as in places
        await store.write([batch(1, event("chat/a", T0, text="old"))])
        assert await found(store) == [0]
        now_s += 30 * 86_400
        await store.write(readings(2, 1))
        for offset in range(3, 6):
            await store.write([batch(offset, event("chat/a", int(now_s * 1000), text="new"))])
        assert await found(store) == [4, 3, 2]
        assert await entries(store) == 3


async def entries(store: Store) -> int:
    """How many events can be found, whether they are there or not."""
    if isinstance(store, SqliteEventStore):
        return await store._writing.run(lambda db: db.execute("SELECT count(*) FROM said_text").fetchone()[0])
    count: int = await store._thread.run(lambda connection: connection.fetchval("SELECT count(*) FROM said"))
    return count
