"""What every store promises of its archive; one suite for all of them."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Unrecoverable
from hub.events import NOWHERE, Batch, Position
from hub.latest import EVERYTHING, Latest
from hub.registry import Record
from hub.store import archive_states, archive_window, postgres_erase, sqlite_erase
from hub.store.archive_base import Archive, Archived, Moment
from hub.store.postgres import PostgresEventStore
from hub.store.sqlite import SqliteEventStore
from hub.topics import matches
from tests.store.batches import T0, batch, event, readings
from tests.store.places import Where, event_store
from tests.store.writing_process import PER_BATCH, kill_writer

Open = Callable[[], SqliteEventStore | PostgresEventStore]


@pytest.fixture(params=["sqlite", "folded", "postgres", "folded postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    postgres = request.param.endswith("postgres")
    where: Where = request.getfixturevalue("postgres_url") if postgres else tmp_path / "hub.db"
    return lambda: event_store(where, fold_s=0 if request.param.startswith("folded") else 1e9)


@pytest.fixture
async def store(open_store: Open) -> AsyncIterator[SqliteEventStore | PostgresEventStore]:
    async with open_store() as store:
        yield store


async def everything(store: Archive, **asked: Any) -> list[Archived]:
    """All that is there, a page at a time."""
    found: list[Archived] = []
    after = -1
    while page := await store.read(after=after, limit=asked.get("limit", 7), filters=asked.get("filters", ("#",))):
        found += page
        after = page[-1].place
    return found


def pieces(batches: list[Batch]) -> list[bytes]:
    return [piece for one in batches for piece in one.pieces()]


FILTERS = ["#"], ["telemetry/d1"], ["chat/+", "telemetry/d2"], ["+/d0"], ["chat/#"], ["chat"], ["a/b", "telemetry/none"]


class TestReading:
    async def test_all_in_the_order_of_the_log(self, store: SqliteEventStore) -> None:
        batches = readings(1, 30, devices=3, per_batch=4)
        for first in range(0, 30, 5):
            await store.write(batches[first : first + 5])
        found = await everything(store)
        assert [one.piece for one in found] == pieces(batches)
        assert [one.place for one in found] == list(range(120))
        assert [one.position for one in found] == [Position("e", n // 4 + 1) for n in range(120)]
        assert [(one.topic, one.time) for one in found] == [(f"telemetry/d{n % 3}", T0 + n) for n in range(120)]

    async def test_an_empty_one(self, store: SqliteEventStore) -> None:
        assert await everything(store) == []
        assert await store.moment() == Moment(-1, NOWHERE, 0)
        assert await store.state(-1) == []

    async def test_a_part(self, store: SqliteEventStore) -> None:
        await store.write(readings(1, 10, devices=3))
        assert [one.place for one in await store.read(after=2, until=6, limit=100)] == [3, 4, 5, 6]
        assert [one.place for one in await store.read(after=2, until=6, limit=2)] == [3, 4]
        assert [one.place for one in await store.read(after=8, until=99, limit=100)] == [9]
        assert await store.read(after=9, limit=100) == []
        found = await store.read(after=-1, filters=["telemetry/d1", "chat/#"], limit=100)
        assert [one.place for one in found] == [1, 4, 7]

    async def test_narrow_filters_pass_over_much_else(self, store: SqliteEventStore) -> None:
        await store.write([batch(1, event("chat/a", text="first"))])
        await store.write(readings(2, 3, per_batch=1_000))
        await store.write([batch(5, event("chat/a", text="last"))])
        found = await store.read(after=-1, filters=["chat/+"], limit=2)
        assert [one.place for one in found] == [0, 3_001]

    async def test_filters_select_the_same_wherever_they_are_looked_at(
        self, store: SqliteEventStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archive_window, "WHOLE_WINDOWS", 2)
        monkeypatch.setattr(archive_window, "WINDOW", 10)
        monkeypatch.setattr(archive_window, "LEAST", 5)
        monkeypatch.setattr(archive_window, "PART_WINDOW", 30)
        monkeypatch.setattr(archive_window, "TOPICS_AT_ONCE", 2)
        chance = random.Random(3)
        names = [f"telemetry/d{n}" for n in range(9)] + ["chat/a", "chat/d0", "chat", "chatter/d0", "raw/d0"]
        made = [batch(offset, *(event(chance.choice(names), n=offset) for _ in "ab")) for offset in range(1, 61)]
        for first in range(0, 60, 5):
            await store.write(made[first : first + 5])
        whole = await store.read(after=-1, limit=1_000)
        for filters in FILTERS:
            wanted = [one for one in whole if any(matches(each, one.topic) for each in filters)]
            assert await everything(store, filters=filters, limit=5) == wanted
            assert await store.read(after=50, until=90, filters=filters, limit=100) == [
                one for one in wanted if 50 < one.place <= 90
            ]

    async def test_raw_messages_have_a_place_but_are_not_there(self, store: SqliteEventStore) -> None:
        await store.write([batch(1, event("raw/x", n=1), event("telemetry/d", n=2**63 - 1)), batch(2, event("raw/x"))])
        (only,) = await everything(store)
        assert (only.place, only.position) == (1, Position("e", 1))
        assert b'"n":9223372036854775807' in only.piece
        assert (await store.moment()).position == Position("e", 2)

    async def test_after_a_restart(self, open_store: Open) -> None:
        batches = readings(1, 6, devices=2, per_batch=3)
        for one in batches:
            async with open_store() as store:
                await store.write([one])
        async with open_store() as store:
            found = await everything(store)
            assert [one.piece for one in found] == pieces(batches)
            assert [one.position.offset for one in found] == [n // 3 + 1 for n in range(18)]


def test_kill_9_leaves_each_event_with_its_position(where: Where) -> None:
    told = 0
    for _ in range(3):
        told = kill_writer(where, after=told + 60)
    found = asyncio.run(all_of(where))
    assert len(found) >= told * PER_BATCH
    assert [(one.place, one.position, one.time) for one in found] == [
        (n, Position("e", n // PER_BATCH + 1), T0 + n) for n in range(len(found))
    ]


async def all_of(where: Where) -> list[Archived]:
    """All that is there."""
    async with event_store(where) as store:
        return await everything(store, limit=2_000)


class TestMoments:
    async def test_of_a_position(self, store: SqliteEventStore) -> None:
        await store.write(readings(1, 3, per_batch=4))
        await store.write(readings(4, 2, per_batch=4))
        for offset in range(1, 6):
            found = await store.moment(Position("e", offset))
            assert (found.place, found.position) == (offset * 4 - 1, Position("e", offset))
        assert await store.moment() == await store.moment(Position("e", 5))

    async def test_a_position_that_is_not_there(self, store: SqliteEventStore) -> None:
        await store.write(readings(3, 2))
        for position in (
            *(Position("e", n) for n in (5, 2, 0, 10**19 - 1)),
            Position("other", 1),
            Position("other", 0),
        ):
            with pytest.raises(Unrecoverable, match="is not, or no longer"):
                await store.moment(position)

    async def test_of_a_log_on_which_nothing_is_yet(self, store: SqliteEventStore) -> None:
        await store.write(readings(1, 2, per_batch=3))
        await store.write([batch(1, event("telemetry/d", n=7), epoch="f")])
        assert (await store.moment(Position("e", 0))).place == -1
        assert await store.moment(Position("f", 0)) == (5, Position("f", 0), (await store.moment()).time)

    async def test_a_batch_of_which_nothing_was_kept(self, store: SqliteEventStore) -> None:
        empty = batch(2, event("telemetry/d"))
        empty.topics, empty.times, empty.lengths, empty.body = [], [], [], b""
        await store.write([*readings(1, 1), Batch.decode(empty.encode(), Position("e", 2)), *readings(3, 1)])
        assert (await store.moment(Position("e", 2))).place == 0
        assert (await store.moment(Position("e", 3))).place == 1

    async def test_two_lives_of_the_log(self, store: SqliteEventStore) -> None:
        await store.write(readings(1, 2))
        await store.write([batch(1, event("telemetry/d", n=7), epoch="f")])
        assert (await store.moment(Position("e", 2))).place == 1
        assert (await store.moment(Position("f", 1))).place == 2
        assert [one.position.epoch for one in await everything(store)] == ["e", "e", "f"]

    async def test_of_a_time(self, store: SqliteEventStore) -> None:
        for offset, time in enumerate([10, 20, 20, 15, 30], 1):
            await store.write([batch(offset, event("telemetry/d", time, n=offset))])
        places = [(await store.moment(time)).place for time in (9, 10, 19, 20, 29, 30, 2**70)]
        assert places == [-1, 0, 0, 3, 3, 4, 4]

    async def test_a_clock_that_is_ahead_is_not_believed(self, store: SqliteEventStore) -> None:
        await store.write([batch(1, event("telemetry/d", 2**60, n=1))])
        assert T0 < (await store.moment()).time < T0 * 2


def states(batches: list[Batch], places: int) -> set[bytes]:
    """What is latest after so many events."""
    latest = Latest()
    latest.restore(pieces(batches)[: places + 1])
    return set(latest.snapshot(EVERYTHING))


def store_that_forgets(
    where: Where, clock: Callable[[], float], *, keep_s: float = 100
) -> SqliteEventStore | PostgresEventStore:
    """One that keeps what is not older, and looks whenever something is written."""
    kind = SqliteEventStore if isinstance(where, Path) else PostgresEventStore
    return kind(where, keep_s=keep_s, fold_s=0, clock=clock)  # type: ignore[arg-type] # each gets its own


class TestStates:
    @pytest.fixture(autouse=True)
    def _often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive_states, "EVERY_EVENTS", 40)
        monkeypatch.setattr(archive_states, "EVERY_TOPICS", 1)
        monkeypatch.setattr(archive_states, "READ_PLACES", 7)

    async def test_at_any_moment_as_folding_all_events_would_tell(self, open_store: Open) -> None:
        chance = random.Random(7)
        batches = []
        for offset in range(1, 150):
            made = [
                event(f"telemetry/d{chance.randrange(5)}", T0 + chance.randrange(10_000), **{chance.choice("abc"): n})
                for n in range(chance.randrange(1, 5))
            ]
            made.append(event(f"chat/{chance.choice('xy')}", T0 + offset, text=f"{offset}"))
            batches.append(batch(offset, *made))
        for first in range(0, len(batches), 25):
            async with open_store() as store:
                for one in batches[first : first + 25]:
                    await store.write([one])
        async with open_store() as store:
            last = (await store.moment()).place
            for place in [0, 1, 39, 40, 41, last - 1, last, *(chance.randrange(last) for _ in range(10))]:
                assert set(await store.state(place)) == states(batches, place)

    async def test_what_was_before_the_first(self, store: SqliteEventStore) -> None:
        await store.write(readings(1, 1))
        assert await store.state(-1) == []

    async def test_the_last_is_known_however_long_ago(self, where: Where) -> None:
        now_s = T0 / 1000
        async with store_that_forgets(where, lambda: now_s) as store:
            await store.write(readings(1, 3))
            await store.write([batch(4, event("raw/x", n=1))])
            now_s += 1_000
            assert set(await store.state((await store.moment()).place)) == set(await store.latest())
            assert len(await store.latest()) == 2

    async def test_where_events_may_be_gone_no_moment_is_told_wrong(self, where: Where) -> None:
        now_s = T0 / 1000
        batches: list[Batch] = []
        async with store_that_forgets(where, lambda: now_s, keep_s=150) as store:
            for offset in range(1, 120):
                now_s += 3
                made = batch(offset, event(f"telemetry/d{offset % 7}", int(now_s * 1000), n=offset))
                batches.append(made)
                await store.write([made])
            told = 0
            for place in range(119):
                try:
                    found = await store.state(place)
                except Unrecoverable:
                    continue
                told += 1
                assert set(found) == states(batches, place)
            # Of the last 150 s (on SQLite up to a minute more) all since the first snapshot that is as new.
            assert told == 39
            with pytest.raises(Unrecoverable, match="is not known"):
                await store.state(-1)

    async def test_a_quiet_store_has_a_snapshot_each_hour(self, where: Where) -> None:
        now_s = T0 / 1000
        async with store_that_forgets(where, lambda: now_s, keep_s=20_000) as store:
            for offset in range(1, 21):
                now_s += 1_801
                await store.write([batch(offset, event(f"telemetry/d{offset}", int(now_s * 1000), n=offset))])
            # 20,000 s are the last 12 events; the one in the middle is known by a snapshot that is no older.
            assert len(await store.state(12)) == 13

    async def test_too_long_ago(self, tmp_path: Path) -> None:
        now_s = T0 / 1000
        async with SqliteEventStore(tmp_path / "x.db", keep_s=100, fold_s=0, clock=lambda: now_s) as store:
            await store.write(readings(1, 60))
            now_s += 4_000
            await store.write([batch(61, event("telemetry/d", T0 + 4_000_000, n=1))])
            for offset in range(62, 66):
                await store.write([batch(offset, event("telemetry/d", T0 + 4_000_000 + offset, n=1))])
            with pytest.raises(Unrecoverable, match="is not known"):
                await store.state(30)
            assert len(await store.state(62)) == 2
        with closing(sqlite3.connect(tmp_path / "x.db")) as db:
            # Of what is too old one snapshot is left, which the moments behind need.
            assert db.execute("SELECT min(place) FROM runs").fetchone() == (60,)
            assert db.execute("SELECT count(*) FROM snapshots WHERE place < 60").fetchone() == (1,)

    async def test_a_store_of_before_the_archive(self, tmp_path: Path) -> None:
        async with SqliteEventStore(tmp_path / "x.db", fold_s=0) as store:
            await store.write(readings(1, 3))
        with closing(sqlite3.connect(tmp_path / "x.db")) as db:
            db.executescript("DELETE FROM runs; DELETE FROM snapshots")
        async with SqliteEventStore(tmp_path / "x.db", fold_s=0) as store:
            await store.write(readings(4, 1))
            assert [one.position for one in await everything(store)] == [NOWHERE] * 3 + [Position("e", 4)]
            with pytest.raises(Unrecoverable, match="is not known"):
                await store.state(2)
            assert len(await store.state(3)) == 1

    async def test_what_is_erased_goes_from_the_states_of_before(
        self, where: Where, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite_erase, "ERASE_ROWS", 50)
        monkeypatch.setattr(postgres_erase, "ERASE_ROWS", 50)
        gone = event("registry/d0", T0 + 500, **Record(1, forgotten=T0 + 500, erased=True).shown())
        async with event_store(where, fold_s=0) as store:
            for one in readings(1, 80, devices=2, per_batch=5):
                await store.write([one])
            await store.write([batch(81, gone)])
            for offset in range(82, 110):
                await store.write([batch(offset, event("telemetry/d0", T0 + 1_000, n=offset))])
            for place in (50, 100, 399):
                state = await store.state(place)
                assert not [piece for piece in state if b"telemetry/d0" in piece]
                assert [piece for piece in state if b"telemetry/d1" in piece]
            assert [piece for piece in await store.state(405) if b"telemetry/d0" in piece]
