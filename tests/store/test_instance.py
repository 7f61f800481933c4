"""A whole hub is moved from store to store: afterwards everything that can be asked has the same answer."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import instance
from hub.errors import CONFLICT, INTERNAL, HubError
from hub.events import NOWHERE, Batch, Position
from hub.incident import INSTANCE, InvalidIncident, Manifest, Writer
from hub.incident_file import check, writing
from hub.latest import EVERYTHING
from hub.projections import LATEST
from hub.rollup_plan import plan
from hub.store import accounts
from hub.store.access_tables import AccessTables
from hub.store.base import ApiKey, User
from hub.store.search_base import EventSearch, Wanted
from hub.store.user_table import UserTable
from tests.store.batches import EVER, T0, batch, event, series
from tests.store.places import Where, database, event_store, step_store

HOUR = 3_600_000
KEY = ApiKey("k1", "digest", "gateway", "operator", ("chat/#",), ("telemetry/#", "chat/ops"), T0, 1_900_000_000)


def traffic(count: int, *, epoch: str = "e") -> list[Batch]:
    """Telemetry, late too, of three devices; chat, commands, raw messages, and what is not kept."""
    numbers = random.Random(count)
    made = []
    for n in range(1, count + 1):
        at = T0 + n * 977 - numbers.choice((0, 0, 0, 2 * HOUR))
        pieces = [event(f"telemetry/d{n % 3}", at, n=2**62 + n, t=numbers.random(), on=n % 2 == 0, s=f"é{n}")]
        if n % 5 == 0:
            pieces.append(event(f"chat/room{n % 2}", at, text=f"message {n}", author="anna", id=str(n)))
        if n % 7 == 0:
            pieces.append(event(f"command/d{n % 3}/c{n:04}", at, state="sent", command="on", id=f"c{n:04}"))
        if n % 11 == 0:
            pieces = [event(f"raw/gh/{n}", at, payload="?")]
        made.append(batch(n, *pieces, epoch=epoch))
    return made


async def fill(where: Where) -> None:
    async with database(where) as opened:
        users, access = UserTable(opened), AccessTables(opened)
        for name, role in (("anna", "admin"), ("otto", "viewer"), ("gone", "viewer")):
            await users.add(User(name, role, f"$argon2id${name}", T0))
        await users.remove("gone", now_ms=T0)
        await access.add_key(KEY)
        async with event_store(where) as store:
            await store.write(traffic(400))
            await store.write(traffic(60, epoch="f"))


async def answers(where: Where) -> dict[str, Any]:
    """What a hub on this store would say."""
    async with database(where) as opened, event_store(where) as store, step_store(where) as steps:
        users, access = UserTable(opened), AccessTables(opened)
        asked = {f"d{n}": ["n", "t", "on", "s"] for n in range(3)}
        return {
            "position": await store.position(),
            "archive": [one[1:] async for one in instance.recorded(store)],
            "history": [await series(store, f"d{n}", key) for n in range(3) for key in ("n", "t", "on", "s")],
            "summaries": await store.summaries(asked, plan(T0 - 3 * HOUR, T0 + HOUR, 50), limit_s=60),
            "events": [await store.events(f"chat/room{n}", start=-EVER, end=EVER, limit=1000) for n in range(2)],
            "latest": sorted(await store.latest()),
            "keys": await store.keys("d1"),
            "found": [await found(store, wanted) for wanted in (Wanted(), Wanted(words=("message",), user="anna"))],
            "state": [
                sorted(await store.state((await store.moment(Position(epoch, offset))).place))
                for epoch, offset in (("e", 1), ("e", 200), ("f", 30))
            ],
            "steps": await steps.newest(limit=1000),
            "of a device": await steps.of_device("d1", before=None, limit=1000),
            "users": await users.list(),
            "api keys": await access.keys(),
            "floors": await access.floors(),
        }


async def found(store: EventSearch, wanted: Wanted) -> list[tuple[str, dict[str, Any]]]:
    """All that is found, newest first, without the places."""
    events, before, more = [], None, True
    while more:
        page = await store.search(wanted, before=before, after=None, limit=50)
        events += [(one.position, one.event) for one in page.events]
        before, more = page.end, page.more
    return events


async def export(where: Where, path: Path) -> instance.Moved:
    async with database(where) as opened, event_store(where) as store:
        return await instance.export(store, opened, path, version="0.1.0", now_ms=T0)


async def take(path: Path, where: Where) -> instance.Moved:
    async with database(where) as opened:
        return await instance.take(path, lambda: event_store(where), opened)


async def test_from_sqlite_to_postgresql_and_back(postgres_url: str, tmp_path: Path) -> None:
    there, back = tmp_path / "there.hubz", tmp_path / "back.hubz"
    await fill(tmp_path / "hub.db")
    before = await answers(tmp_path / "hub.db")
    assert len(before["archive"]) > 500
    assert len(before["found"][1]) > 80
    moved = await export(tmp_path / "hub.db", there)
    assert moved.counts["event"] == len(before["archive"])
    assert (moved.counts["user"], moved.counts["key"], moved.counts["floor"]) == (2, 1, 1)
    assert moved.counts["latest"] == len(before["latest"])

    assert await take(there, postgres_url) == moved
    assert await answers(postgres_url) == before

    assert await export(postgres_url, back) == moved
    assert await take(back, tmp_path / "again.db") == moved
    assert await answers(tmp_path / "again.db") == before


async def test_what_is_recorded_next_goes_on_behind(where: Where, tmp_path: Path) -> None:
    path = tmp_path / "a.hubz"
    await fill(tmp_path / "old.db")
    await export(tmp_path / "old.db", path)
    await take(path, where)
    async with event_store(where) as store:
        # The log gives again what the store has, and what follows.
        assert await store.write(traffic(61, epoch="f")) == len(traffic(61, epoch="f")[-1].topics)
        assert await store.position() == Position("f", 61)


class Broken(Exception):
    """A power cut, say."""


async def test_what_was_broken_off_goes_on(where: Where, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.hubz"
    await fill(tmp_path / "old.db")
    await export(tmp_path / "old.db", path)
    monkeypatch.setattr(instance, "WRITE_EVENTS", 100)
    left = 3

    async with database(where) as opened:
        kind = type(event_store(where))
        write: Callable[..., Any] = kind.write

        async def breaking(store: Any, batches: list[Batch]) -> int:
            nonlocal left
            left -= 1
            if left < 0:
                raise Broken
            written: int = await write(store, batches)
            return written

        with monkeypatch.context() as context:
            context.setattr(kind, "write", breaking)
            with pytest.raises(Broken):
                await instance.take(path, lambda: event_store(where), opened)
        assert await UserTable(opened).list() == []
        await instance.take(path, lambda: event_store(where), opened)
    assert await answers(where) == await answers(tmp_path / "old.db")


async def test_a_file_goes_into_an_empty_store_only_and_once(where: Where, tmp_path: Path) -> None:
    path, others = tmp_path / "a.hubz", tmp_path / "b.hubz"
    await fill(tmp_path / "old.db")
    await export(tmp_path / "old.db", path)
    await take(path, where)
    before = await answers(where)
    for file in (path, others):
        async with database(tmp_path / "other.db"), event_store(tmp_path / "other.db") as store:
            await store.write(traffic(5, epoch="other"))
        if file is others:
            await export(tmp_path / "other.db", others)
        with pytest.raises(HubError) as refused:
            await take(file, where)
        assert refused.value.code is CONFLICT
    assert await answers(where) == before
    with pytest.raises(HubError, match="has other events"):
        await take(path, tmp_path / "other.db")


async def test_a_file_that_is_not_whole_leaves_the_store_empty(where: Where, tmp_path: Path) -> None:
    path, cut, part = tmp_path / "a.hubz", tmp_path / "b.hubz", tmp_path / "c.hubz"
    await fill(tmp_path / "old.db")
    await export(tmp_path / "old.db", path)
    cut.write_bytes(path.read_bytes()[:-20])
    writer = Writer()
    with writing(part) as put:
        put(writer.manifest(Manifest("incident", "0.1.0", T0)))
        put(writer.end())
    for file in (cut, part):
        with pytest.raises(InvalidIncident):
            await take(file, where)
    async with event_store(where) as store:
        assert (await store.position(), await store.latest()) == (None, [])


def rows_file(path: Path, kind: str, row: dict[str, Any]) -> None:
    writer = Writer()
    with writing(path) as put:
        put(writer.manifest(Manifest(INSTANCE, "0.1.0", T0)))
        put(writer.record(kind, row))
        put(writer.end())


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("user", {"name": "anna"}),
        ("user", {"name": "anna", "role": "admin", "password_hash": None, "created": 1}),
        ("user", {"name": "anna", "role": "admin", "password_hash": "x", "created": "1"}),
        ("floor", {"user": "anna", "floor": True}),
        ("key", {"id": "k", "extra; DROP TABLE users": 1}),
    ],
)
async def test_rows_that_the_tables_can_t_have(tmp_path: Path, kind: str, row: dict[str, Any]) -> None:
    rows_file(tmp_path / "a.hubz", kind, row)
    with pytest.raises(HubError, match=f"A {kind} has other columns"):
        await take(tmp_path / "a.hubz", tmp_path / "hub.db")


async def test_events_of_before_positions_were_kept(where: Where, tmp_path: Path) -> None:
    path, writer = tmp_path / "a.hubz", Writer()
    pieces = [event("telemetry/d", T0 + n, n=n) for n in range(5_000)]
    with writing(path) as put:
        put(writer.manifest(Manifest(INSTANCE, "0.1.0", T0, "", "e-9", EVERYTHING)))
        for piece in pieces:
            put(writer.placed(NOWHERE, piece))
        put(writer.latest(pieces[-1]))
        put(writer.end())
    moved = await take(path, where)
    assert moved.counts["event"] == 5_000
    async with event_store(where) as store:
        assert await store.position() == Position("e", 9)
    assert await export(where, tmp_path / "b.hubz") == moved
    assert check(tmp_path / "b.hubz")[1].tally.events == moved.digest


async def test_what_is_latest_stays_when_it_is_folded_anew_though_its_event_is_gone(
    where: Where, tmp_path: Path
) -> None:
    path, writer = tmp_path / "a.hubz", Writer()
    gone, there = event("telemetry/gone", n=1), event("telemetry/there", n=2)
    with writing(path) as put:
        put(writer.manifest(Manifest(INSTANCE, "0.1.0", T0, "", "e-9", EVERYTHING)))
        put(writer.placed(Position("e", 9), there))
        for piece in (gone, there, event("raw/gh/1", payload="?")):
            put(writer.latest(piece))
        put(writer.end())
    await take(path, where)
    async with event_store(where) as store:
        folded: list[str] = []
        await store.rebuild([LATEST], told=lambda name, _: folded.append(name))
        assert set(folded) == {LATEST}
        kept = await store.latest()
    assert {gone, there} <= set(kept)


async def test_a_store_that_has_other_than_the_file_is_an_error(tmp_path: Path) -> None:
    path, writer = tmp_path / "a.hubz", Writer()
    with writing(path) as put:
        put(writer.manifest(Manifest(INSTANCE, "0.1.0", T0, "", "e-9", EVERYTHING)))
        put(writer.placed(Position("e", 9), event("raw/gh/1", payload="not kept in history")))
        put(writer.end())
    with pytest.raises(HubError, match="The store has 0 rows of 'event' now, the file 1") as refused:
        await take(path, tmp_path / "hub.db")
    assert refused.value.code is INTERNAL


async def test_more_events_of_one_position_than_a_hub_puts_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "MAX_BATCH_EVENTS", 10)
    path, writer = tmp_path / "a.hubz", Writer()
    with writing(path) as put:
        put(writer.manifest(Manifest(INSTANCE, "0.1.0", T0, "", "e-9", EVERYTHING)))
        for n in range(11):
            put(writer.placed(Position("e", 9), event("chat/a", n=n)))
        put(writer.end())
    with pytest.raises(InvalidIncident, match="over 10 events of one position"):
        await take(path, tmp_path / "hub.db")


async def test_a_hub_that_records_meanwhile_is_to_be_stopped(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(postgres_url)
    async with database(postgres_url) as opened, event_store(postgres_url) as store, event_store(postgres_url) as other:
        rows = accounts.rows

        async def meanwhile(database: Any) -> list[Any]:
            await other.write(traffic(61, epoch="f")[-1:])
            return await rows(database)

        monkeypatch.setattr(accounts, "rows", meanwhile)
        with pytest.raises(HubError, match="stop it first"):
            await instance.export(store, opened, tmp_path / "a.hubz", version="0.1.0", now_ms=T0)
    assert list(tmp_path.glob("*.hubz")) == []
