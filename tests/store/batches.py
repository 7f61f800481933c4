"""Batches as the log gives them, made by hand."""

from collections.abc import Sequence
from typing import Protocol, Self

import orjson

from hub.events import Batch, Position, encode_event
from hub.store.base import EventStore, Page, Point

T0 = 1732412345123
EVER = 2**60


class OpenStore(EventStore, Protocol):
    """A store as the suite uses it: opened and closed by `async with`."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...


def event(topic: str, time: int = T0, **data: object) -> bytes:
    """An encoded event."""
    return encode_event(topic, time, data)


def batch(offset: int, *pieces: bytes, epoch: str = "e") -> Batch:
    """Encoded events as a batch that is on the log, as if just read from there."""
    decoded = [orjson.loads(piece) for piece in pieces]
    made = Batch.of([one["topic"] for one in decoded], [one["time"] for one in decoded], list(pieces))
    return Batch.decode(made.encode(), Position(epoch, offset))


def readings(first: int, count: int, *, devices: int = 1, per_batch: int = 1) -> list[Batch]:
    """Batches of telemetry: event i (from 0) says n=i at T0+i on device i % devices; batch offsets begin at `first`."""
    return [
        batch(
            offset,
            *(
                event(f"telemetry/d{n % devices}", T0 + n, n=n)
                for n in range((offset - 1) * per_batch, offset * per_batch)
            ),
        )
        for offset in range(first, first + count)
    ]


async def pages(store: EventStore, device: str, key: str, *, limit: int = 1000) -> list[Page]:
    """All pages of a series."""
    found = [await store.history(device, key, start=-EVER, end=EVER, limit=limit)]
    while found[-1].next is not None:
        found.append(await store.history(device, key, start=-EVER, end=EVER, limit=limit, after=found[-1].next))
    return found


async def series(store: EventStore, device: str, key: str, *, limit: int = 1000) -> list[Point]:
    """All of a series."""
    return [point for page in await pages(store, device, key, limit=limit) for point in page.points]


async def values(store: EventStore, device: str, key: str) -> list[object]:
    """The values of a series."""
    return [point.value for point in await series(store, device, key)]


def latest_by_topic(pieces: Sequence[bytes]) -> dict[str, list[dict[str, object]]]:
    """What `latest` gave: the data of each topic's events."""
    found: dict[str, list[dict[str, object]]] = {}
    for one in map(orjson.loads, pieces):
        found.setdefault(one["topic"], []).append(one["data"])
    return found
