"""The history of devices that were forgotten with it goes, in steps, and nobody else's."""

import pytest

from hub.events import Batch, Position, encode_event
from hub.registry import Record
from hub.store import postgres_erase, sqlite_erase
from hub.store.base import EventStore
from tests.store.places import Where, event_store


def batch(offset: int, *events: tuple[str, int, dict[str, object]]) -> Batch:
    topics, times, _ = zip(*events, strict=True)
    made = Batch.of(list(topics), list(times), [encode_event(*event) for event in events])
    made.position = Position("e", offset)
    return made


def telemetry(device: str, *times: int) -> list[tuple[str, int, dict[str, object]]]:
    return [(f"telemetry/{device}", time, {"v": time}) for time in times]


async def times_of(store: EventStore, device: str) -> list[int]:
    return [event["time"] for event in await store.events(f"telemetry/{device}", start=0, end=10**9, limit=100)]


async def test_what_was_said_before_goes_and_what_is_said_after_stays(
    where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_erase, "ERASE_ROWS", 2)
    monkeypatch.setattr(postgres_erase, "ERASE_ROWS", 2)
    gone = Record(1, forgotten=9, erased=True)
    kept = Record(1, forgotten=9)
    async with event_store(where, fold_s=0) as store:
        await store.write([batch(1, *telemetry("a", 1, 2, 3), *telemetry("b", 1), *telemetry("c", 1))])
        await store.write(
            [
                batch(2, *telemetry("a", 4), ("registry/a", 9, gone.shown()), *telemetry("a", 5)),
                batch(3, *telemetry("a", 6)),
            ]
        )
        await store.write([batch(4, ("registry/c", 9, kept.shown()))])
        for offset in range(5, 10):
            await store.write([batch(offset, *telemetry("b", offset))])
        assert await times_of(store, "a") == [5, 6]
        assert await times_of(store, "b") == [1, 5, 6, 7, 8, 9]
        assert await times_of(store, "c") == [1]


async def test_of_a_forgotten_device_nothing_is_the_latest_after_a_restart(where: Where) -> None:
    async with event_store(where, fold_s=0) as store:
        await store.write([batch(1, *telemetry("a", 1), ("device/a", 1, {"name": "a"}))])
        await store.write([batch(2, ("registry/a", 9, Record(1, forgotten=9).shown()))])
    async with event_store(where) as store:
        (only,) = await store.latest()
        assert b"registry/a" in only
