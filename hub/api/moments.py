"""A moment of the past: when a position of the log was, and what a device had told by then: `/api/moments`."""

from collections.abc import Awaitable
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query
from pydantic import BaseModel

from hub.api.answers import example
from hub.api.deps import Asking, Here
from hub.api.times import MAX_MOMENT_CHARS, parse_moment
from hub.auth import Identity, sees
from hub.errors import (
    PERMISSION_DENIED,
    UNRECOVERABLE_POSITION,
    PermissionDenied,
    Unrecoverable,
)
from hub.events import Batch, Position, Scalar, decode_event
from hub.refusals import refusals
from hub.store.base import EventStore
from hub.topics import MAX_TOPIC_BYTES

EVENTS_READ = 500
"""Events of the device before the moment that are looked at: a key that none of them has is left out."""


class History(Protocol):
    """Reads the log; see Engine.history."""

    def __call__(self, since: Position, *, limit: int) -> Awaitable[list[Batch]]:
        """Raises Unrecoverable where the log does not reach back, Unavailable where it does not answer."""
        ...


class ValueThen(BaseModel):
    """A value, and when it was told; ms since the epoch."""

    time: int
    value: Scalar


class Moment(BaseModel):
    """A moment in ms since the epoch; `values` are the last that the device had told by then, by key."""

    model_config = example(
        time=1_732_412_345_123,
        position="k3v9-1041",
        device="kitchen",
        values={"temperature": {"time": 1_732_412_345_120, "value": 21.5}},
    )

    time: int
    position: str | None
    device: str | None
    values: dict[str, ValueThen]


def router(history: History) -> APIRouter:
    """`/moments` of the log that `history` reads."""
    routes = APIRouter(prefix="/moments", tags=["history"])

    @routes.get(
        "",
        summary="Read a moment",
        responses=refusals(PERMISSION_DENIED, UNRECOVERABLE_POSITION),
    )
    async def read_moment(
        here: Here,
        asking: Asking,
        at: Annotated[
            str,
            Query(
                max_length=MAX_MOMENT_CHARS,
                description="a position, or a time as of `/api/history`",
                examples=["k3v9-1041"],
            ),
        ],
        device: Annotated[
            str | None, Query(min_length=1, max_length=MAX_TOPIC_BYTES, description="its id", examples=["kitchen"])
        ] = None,
    ) -> Moment:
        """When it was, and with `device` its values as they were then."""
        _check(asking, device)
        moment = parse_moment(at)
        position = moment if isinstance(moment, Position) else None
        time = moment if isinstance(moment, int) else await time_of(history, moment)
        values = {} if device is None else await values_at(here.store, device, time)
        return Moment(time=time, position=None if position is None else str(position), device=device, values=values)

    return routes


def _check(asking: Identity, device: str | None) -> None:
    if device is not None and not sees(asking.view, f"telemetry/{device}"):
        raise PermissionDenied(f"Your token does not allow to read {device!r}.")


async def time_of(history: History, position: Position) -> int:
    """When the batch at a position had arrived, ms since the epoch; raises Unrecoverable for one that is not there."""
    if position.offset == 0:
        raise Unrecoverable
    found = await history(Position(position.epoch, position.offset - 1), limit=1)
    if not found:
        raise Unrecoverable
    event: dict[str, Any] = decode_event(found[0].pieces()[-1])
    # `time` may be the clock of a device, which can be wrong; then `received` is the hub's.
    return int(event.get("received", event["time"]))


async def values_at(store: EventStore, device: str, time: int) -> dict[str, ValueThen]:
    """The last value of each key that a device had told by a time (ms); of its newest EVENTS_READ events before."""
    events = await store.events(f"telemetry/{device}", start=0, end=time + 1, limit=EVENTS_READ, newest=True)
    values: dict[str, ValueThen] = {}
    for event in events:
        values.update({key: ValueThen(time=event["time"], value=value) for key, value in event["data"].items()})
    return dict(sorted(values.items()))
