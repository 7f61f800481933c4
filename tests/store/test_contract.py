"""What every store promises; one suite for all of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from hub.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, HubError
from hub.events import Position
from hub.latest import CHAT_TAIL
from hub.store.base import Point, User, UserStore
from hub.store.user_table import UserTable
from tests.store.batches import EVER, T0, OpenStore, batch, event, latest_by_topic, pages, readings, series, values
from tests.store.places import Where, database, event_store
from tests.store.writing_process import PER_BATCH, kill_writer

Open = Callable[[], OpenStore]
DEVICE_TEXT: dict[str, Any] = {
    "name": "Küche 厨房",
    "family": "tasmota",
    "units": {"temperature": "°C"},
    "attributes": {},
}


@pytest.fixture(params=["sqlite", "folded", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Where, float]:
    """Where the store is, and after how many seconds it folds."""
    # The same answers, whether events still wait to be folded or are already where they stay.
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url"), 1e9
    return tmp_path / "hub.db", 0 if request.param == "folded" else 1e9


@pytest.fixture
def where(place: tuple[Where, float]) -> Where:
    return place[0]


@pytest.fixture
def open_store(place: tuple[Where, float]) -> Open:
    where, fold_s = place
    return lambda: event_store(where, fold_s=fold_s)


@pytest.fixture
async def store(open_store: Open) -> AsyncIterator[OpenStore]:
    async with open_store() as store:
        yield store


async def events(
    store: OpenStore, topic: str, *, start: int = -EVER, end: int = EVER, limit: int = 100, newest: bool = False
) -> list[object]:
    """What the events of a topic say as `n`."""
    found = await store.events(topic, start=start, end=end, limit=limit, newest=newest)
    return [one["data"]["n"] for one in found]


@pytest.fixture
async def users(where: Where) -> AsyncIterator[UserStore]:
    async with database(where) as opened:
        yield UserTable(opened)


class TestPosition:
    async def test_none_before_the_first_write(self, store: OpenStore) -> None:
        assert await store.position() is None

    async def test_that_of_the_last_batch_written(self, store: OpenStore) -> None:
        assert await store.write(readings(1, 3, per_batch=4)) == 12
        assert await store.position() == Position("e", 3)

    async def test_writing_nothing_changes_nothing(self, store: OpenStore) -> None:
        assert await store.write([]) == 0
        assert await store.position() is None

    async def test_a_batch_without_events_counts(self, store: OpenStore) -> None:
        assert await store.write([batch(1), batch(2, event("telemetry/d0", n=1)), batch(3)]) == 1
        assert await store.position() == Position("e", 3)
        assert await store.write([batch(4)]) == 0
        assert await store.position() == Position("e", 4)
        assert await values(store, "d0", "n") == [1]

    async def test_a_restart_keeps_it_and_all_else(self, open_store: Open) -> None:
        async with open_store() as store:
            await store.write(readings(1, 5))
        async with open_store() as store:
            assert await store.position() == Position("e", 5)
            assert await store.write(readings(1, 7)) == 2
            assert await values(store, "d0", "n") == list(range(7))

    async def test_a_batch_that_is_not_on_the_log_is_refused(self, store: OpenStore) -> None:
        [lost] = readings(1, 1)
        lost.position = None
        with pytest.raises(ValueError, match="no position"):
            await store.write([lost])
        assert await store.write(readings(1, 1)) == 1


class TestExactlyOnce:
    async def test_the_same_batches_twice(self, store: OpenStore) -> None:
        assert await store.write(readings(1, 3)) == 3
        assert await store.write(readings(1, 3)) == 0
        assert await values(store, "d0", "n") == [0, 1, 2]

    async def test_lists_that_overlap(self, store: OpenStore) -> None:
        assert await store.write(readings(1, 3)) == 3
        assert await store.write(readings(2, 4)) == 2
        assert await store.write([*readings(4, 3), *readings(5, 3)]) == 2
        assert await values(store, "d0", "n") == list(range(7))

    async def test_two_stores_that_write_the_same(self, open_store: Open) -> None:
        async with open_store() as one, open_store() as other:
            written = 0
            for first in range(1, 40, 3):
                written += sum(await asyncio.gather(one.write(readings(first, 5)), other.write(readings(first, 6))))
            assert written == 42
            for store in (one, other):
                assert await values(store, "d0", "n") == list(range(42))
                assert latest_by_topic(await store.latest())["telemetry/d0"] == [{"n": 41}]

    async def test_a_new_epoch_goes_on_behind_the_old_one(self, store: OpenStore) -> None:
        pieces = [event("telemetry/d0", T0, n=n) for n in range(4)]
        await store.write([batch(1, pieces[0]), batch(2, pieces[1])])
        assert await store.write([batch(1, pieces[2], epoch="f"), batch(2, pieces[3], epoch="f")]) == 2
        assert await store.position() == Position("f", 2)
        assert await values(store, "d0", "n") == [0, 1, 2, 3]

    async def test_what_an_earlier_epoch_gives_again_is_passed_over(self, store: OpenStore) -> None:
        await store.write([batch(1, event("telemetry/d0", n=1))])
        await store.write([batch(1, event("telemetry/d0", n=2), epoch="f")])
        assert await store.write([batch(1, event("telemetry/d0", n=1))]) == 0
        assert await store.position() == Position("f", 1)
        assert await values(store, "d0", "n") == [1, 2]

    async def test_many_epochs(self, store: OpenStore) -> None:
        for number in range(40):
            await store.write([batch(1, event("telemetry/d0", n=number), epoch=f"e{number}")])
        assert await store.position() == Position("e39", 1)
        assert await values(store, "d0", "n") == list(range(40))

    async def test_a_write_that_is_cancelled_is_there_whole_or_not_at_all(self, store: OpenStore) -> None:
        write = asyncio.create_task(store.write(readings(1, 50, per_batch=100)))
        await asyncio.sleep(0)
        write.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await write
        await store.write(readings(1, 51, per_batch=100))
        assert await values(store, "d0", "n") == list(range(5100))


@pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)
def test_kill_9_between_and_in_writes(where: Where) -> None:
    told = 0
    for _ in range(4):
        told = kill_writer(where, after=told + 60)
    position, found, latest = asyncio.run(read_all(where))
    assert position.offset >= told
    assert found == list(range(position.offset * PER_BATCH))
    assert latest == set(range(position.offset * PER_BATCH - 3, position.offset * PER_BATCH))


async def read_all(where: Where) -> tuple[Position, list[object], set[object]]:
    """The position, all values in their order, and what is latest."""
    async with event_store(where) as store:
        position = await store.position()
        assert position is not None
        found = [point for device in range(3) for point in await series(store, f"d{device}", "n")]
        latest = latest_by_topic(await store.latest())
    return position, [point.value for point in sorted(found)], {data["n"] for [data] in latest.values()}


class TestHistory:
    async def test_values_come_back_as_they_were(self, store: OpenStore) -> None:
        exact = [
            2**63 - 1,
            -(2**63),
            0,
            0.1 + 0.2,
            1e300,
            -0.5,
            "21.5",
            '°C 温度 \u2028 \n"quoted", 😀',
            "",
            True,
            False,
        ]
        await store.write([batch(1, *(event("telemetry/d", T0 + n, key=value) for n, value in enumerate(exact)))])
        found = await values(store, "d", "key")
        assert found == exact
        assert [type(value) for value in found] == [type(value) for value in exact]

    async def test_late_and_disordered_events_are_in_the_order_of_time(self, store: OpenStore) -> None:
        times = [5, 3, 9, 1, 7, 3]
        await store.write([batch(n, event("telemetry/d", T0 + at, n=n)) for n, at in enumerate(times, 1)])
        assert await series(store, "d", "n") == [
            Point(T0 + at, n) for at, n in sorted((at, n) for n, at in enumerate(times, 1))
        ]

    async def test_two_values_of_one_millisecond_are_both_kept(self, store: OpenStore) -> None:
        await store.write(
            [batch(1, event("telemetry/d", n=1), event("telemetry/d", n=1)), batch(2, event("telemetry/d", n=0))]
        )
        assert await values(store, "d", "n") == [1, 1, 0]

    async def test_from_start_until_before_end(self, store: OpenStore) -> None:
        await store.write(readings(1, 10))
        page = await store.history("d0", "n", start=T0 + 3, end=T0 + 6, limit=100)
        assert page.points == [Point(T0 + n, n) for n in (3, 4, 5)]
        assert page.next is None
        assert (await store.history("d0", "n", start=T0 + 6, end=T0 + 3, limit=100)).points == []

    async def test_times_that_no_clock_has(self, store: OpenStore) -> None:
        far = 10**30
        await store.write([batch(1, event("telemetry/d", 2**63 - 1, n=1), event("telemetry/d", -(2**63), n=2))])
        page = await store.history("d", "n", start=-far, end=far, limit=10)
        assert [point.value for point in page.points] == [2]
        assert (await store.history("d", "n", start=0, end=far, limit=10)).points == []
        assert latest_by_topic(await store.latest()) == {"telemetry/d": [{"n": 1}]}

    async def test_an_event_without_the_key_is_passed_over(self, store: OpenStore) -> None:
        await store.write(
            [batch(1, event("telemetry/d", a=1), event("telemetry/d", b=2), event("telemetry/d", a=3, b=4))]
        )
        assert await values(store, "d", "a") == [1, 3]
        assert await values(store, "d", "b") == [2, 4]
        assert await values(store, "d", "c") == []

    async def test_nothing_of_others(self, store: OpenStore) -> None:
        await store.write(
            [batch(1, event("telemetry/d", n=1), event("telemetry/d%2F2", n=2), event("connectivity/d", n=3))]
        )
        assert await values(store, "d", "n") == [1]
        assert await values(store, "d%2F2", "n") == [2]
        assert await values(store, "nobody", "n") == []

    async def test_keys_are_those_a_device_has_sent(self, store: OpenStore) -> None:
        assert await store.keys("d") == []
        await store.write([batch(1, event("telemetry/d", b=1, a="x"), event("telemetry/e", z=1))])
        await store.write([batch(2, event("telemetry/d", T0 - 5, **{"AM2301.Temperature": 1, "é": True}))])
        assert await store.keys("d") == ["AM2301.Temperature", "a", "b", "é"]
        assert await store.keys("nobody") == []


class TestPages:
    @pytest.mark.parametrize("limit", [1, 7, 10, 999])
    async def test_pages_join_without_hole_or_repetition(self, store: OpenStore, limit: int) -> None:
        await store.write([batch(n, event("telemetry/d", T0 + n // 3, n=n)) for n in range(1, 31)])
        found = await pages(store, "d", "n", limit=limit)
        assert [point.value for page in found for point in page.points] == list(range(1, 31))
        assert all(len(page.points) <= limit for page in found)

    async def test_while_events_are_written(self, store: OpenStore) -> None:
        await store.write(readings(1, 20, per_batch=10))
        found: list[object] = []
        after = None
        for offset in range(21, 200):
            page = await store.history("d0", "n", start=0, end=EVER, limit=30, after=after)
            found += [point.value for point in page.points]
            after = page.next
            if after is None:
                break
            await store.write(readings(offset, 1, per_batch=10))
        assert found == list(range(len(found)))
        assert len(found) > 200

    async def test_a_page_looks_at_a_bounded_number_of_events(self, store: OpenStore) -> None:
        await store.write(readings(1, 3, per_batch=4000))
        await store.write([batch(4, event("telemetry/d0", T0 + 50_000, rare=1))])
        found = await pages(store, "d0", "rare", limit=1)
        assert [point for page in found for point in page.points] == [Point(T0 + 50_000, 1)]
        assert len(found) > 1
        assert len(await pages(store, "d0", "n", limit=10**9)) > 1

    async def test_behind_a_page_later_events_are_found(self, store: OpenStore) -> None:
        await store.write(readings(1, 2))
        page = await store.history("d0", "n", start=0, end=EVER, limit=1)
        assert page.next is not None
        await store.write(readings(3, 1))
        rest = await store.history("d0", "n", start=0, end=EVER, limit=9, after=page.next)
        assert [point.value for point in rest.points] == [1, 2]

    @pytest.mark.parametrize("after", ["", "x", "1", "1.", "1.-2", "1.2.3", "9" * 30 + ".1"])
    async def test_what_no_page_gave_is_refused(self, store: OpenStore, after: str) -> None:
        with pytest.raises(HubError) as caught:
            await store.history("d", "n", start=0, end=EVER, limit=1, after=after)
        assert caught.value.code == BAD_REQUEST


class TestEvents:
    async def test_the_oldest_or_the_newest_in_their_order(self, store: OpenStore) -> None:
        for offset in range(1, 8):
            await store.write([batch(offset, event("chat/ops", T0 + offset, n=offset), event("chat/b", T0, n=0))])
        assert await events(store, "chat/ops", limit=3) == [1, 2, 3]
        assert await events(store, "chat/ops", limit=3, newest=True) == [5, 6, 7]
        assert await events(store, "chat/ops", start=T0 + 2, end=T0 + 6) == [2, 3, 4, 5]
        assert await events(store, "chat/ops", end=T0 + 6, limit=2, newest=True) == [4, 5]
        assert await events(store, "chat/ops", start=T0 + 3, limit=1, newest=True) == [7]
        assert await events(store, "chat/ops", limit=0) == await events(store, "chat/ops", limit=0, newest=True) == []

    async def test_of_one_time_in_the_order_of_the_log(self, store: OpenStore) -> None:
        pieces = [event("chat/ops", T0, n=1), event("chat/ops", T0 - 1, n=0), event("chat/ops", T0, n=2)]
        await store.write([batch(1, *pieces), batch(2, event("chat/ops", T0, n=3))])
        assert await events(store, "chat/ops") == [0, 1, 2, 3]
        assert await events(store, "chat/ops", limit=2, newest=True) == [2, 3]

    async def test_whole_events_and_none_of_raw_or_unknown_topics(self, store: OpenStore) -> None:
        said = event("chat/ops", T0, text="дверь\n", author="anna")
        await store.write([batch(1, said, event("raw/x", n=1))])
        found = await store.events("chat/ops", start=-EVER, end=EVER, limit=9)
        assert found == [{"topic": "chat/ops", "time": T0, "data": {"text": "дверь\n", "author": "anna"}}]
        assert await events(store, "raw/x") == await events(store, "chat/none") == []


class TestLatest:
    async def test_nothing_at_first(self, store: OpenStore) -> None:
        assert await store.latest() == []

    async def test_telemetry_is_merged_and_late_events_only_fill(self, store: OpenStore) -> None:
        await store.write([batch(1, event("telemetry/d", a=1, b=2))])
        await store.write(
            [batch(2, event("telemetry/d", T0 + 5, b=3)), batch(3, event("telemetry/d", T0 - 5, a=0, c=4))]
        )
        assert latest_by_topic(await store.latest()) == {"telemetry/d": [{"a": 1, "b": 3, "c": 4}]}

    async def test_the_tail_of_a_room_in_order(self, store: OpenStore) -> None:
        for offset in range(1, CHAT_TAIL + 20):
            await store.write([batch(offset, event("chat/ops", T0 - offset, text=f"{offset}\n"))])
        said = latest_by_topic(await store.latest())["chat/ops"]
        assert [data["text"] for data in said] == [f"{offset}\n" for offset in range(20, CHAT_TAIL + 20)]

    async def test_of_other_topics_the_newest(self, store: OpenStore) -> None:
        await store.write([batch(1, event("device/d", name="old"), event("connectivity/d", state="online"))])
        await store.write([batch(2, event("device/d", **DEVICE_TEXT), event("alarm/d/hot", state="raised"))])
        assert latest_by_topic(await store.latest()) == {
            "device/d": [DEVICE_TEXT],
            "connectivity/d": [{"state": "online"}],
            "alarm/d/hot": [{"state": "raised"}],
        }

    async def test_raw_messages_have_no_history_but_the_newest_is_latest(self, store: OpenStore) -> None:
        await store.write([batch(1, event("raw/x", n=1), event("telemetry/d", n=1), event("raw/x", n=2))])
        await store.write([batch(2, event("raw/x", n=3)), batch(3, event("telemetry/d", n=2))])
        assert latest_by_topic(await store.latest()) == {"raw/x": [{"n": 3}], "telemetry/d": [{"n": 2}]}
        assert await values(store, "d", "n") == [1, 2]

    async def test_read_markers_and_rooms(self, store: OpenStore) -> None:
        await store.write([batch(1, event("$read/anna/ops", id="a"), event("room/ops", version=2, title="two"))])
        await store.write([batch(2, event("$read/anna/ops", id="b"), event("room/ops", version=2, title="void"))])
        assert latest_by_topic(await store.latest()) == {
            "$read/anna/ops": [{"id": "b"}],
            "room/ops": [{"version": 2, "title": "two"}],
        }

    async def test_commands_are_not_in_it(self, store: OpenStore) -> None:
        await store.write([batch(1, event("command/d", step="sent"))])
        assert await store.latest() == []

    async def test_after_a_restart(self, open_store: Open) -> None:
        async with open_store() as store:
            await store.write(readings(1, 30, devices=7))
        async with open_store() as store:
            before = latest_by_topic(await store.latest())
            assert before == {f"telemetry/d{n % 7}": [{"n": n}] for n in range(23, 30)}
            await store.write([batch(31, event("telemetry/d0", T0 + 99, m=1))])
            assert latest_by_topic(await store.latest())["telemetry/d0"] == [{"n": 28, "m": 1}]


@pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)
class TestUsers:
    anna = User("anna", "admin", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", 1732412345123)

    async def test_a_user_is_kept(self, users: UserStore) -> None:
        await users.add(self.anna)
        assert await users.get("anna") == self.anna

    async def test_nobody(self, users: UserStore) -> None:
        assert await users.get("anna") is None
        assert await users.list() == []

    async def test_all_by_name(self, users: UserStore) -> None:
        for name in ("иван", "anna", "zoë"):
            await users.add(User(name, "viewer", "hash", 1))
        assert [user.name for user in await users.list()] == ["anna", "zoë", "иван"]

    async def test_a_name_that_is_taken(self, users: UserStore) -> None:
        await users.add(self.anna)
        with pytest.raises(HubError) as caught:
            await users.add(User("anna", "viewer", "other", 2))
        assert caught.value.code == CONFLICT
        assert await users.get("anna") == self.anna

    async def test_a_new_password_and_role(self, users: UserStore) -> None:
        await users.add(self.anna)
        await users.set_password("anna", "new", now_ms=5)
        await users.set_role("anna", "viewer", now_ms=5)
        assert await users.get("anna") == User("anna", "viewer", "new", self.anna.created)

    async def test_remove(self, users: UserStore) -> None:
        await users.add(self.anna)
        await users.remove("anna", now_ms=5)
        assert await users.get("anna") is None

    async def test_what_is_not_there(self, users: UserStore) -> None:
        for change in (
            users.remove("x", now_ms=5),
            users.set_password("x", "y", now_ms=5),
            users.set_role("x", "admin", now_ms=5),
        ):
            with pytest.raises(HubError) as caught:
                await change
            assert caught.value.code == NOT_FOUND

    async def test_two_processes_and_the_event_store_beside(
        self, users: UserStore, store: OpenStore, where: Where
    ) -> None:
        async with database(where) as opened:
            others = UserTable(opened)
            writing = asyncio.gather(*(store.write(readings(n, 1)) for n in range(1, 30)))
            for number in range(10):
                await (users, others)[number % 2].add(User(f"u{number}", "viewer", "hash", number))
            await writing
            assert len(await users.list()) == len(await others.list()) == 10
            assert await values(store, "d0", "n") == list(range(29))
