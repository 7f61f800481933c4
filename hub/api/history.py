"""Values of the past: `/api/history`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from hub.aggregates import AGGREGATES, Aggregate
from hub.api import history_export
from hub.api.answers import answer, example
from hub.api.deps import Asking, Context, Here
from hub.api.devices import description_of
from hub.api.history_missed import missed
from hub.api.history_page import HistoryPage
from hub.api.history_points import MAX_POINTS, summed
from hub.api.since import Since
from hub.api.times import parse_range
from hub.auth import sees
from hub.errors import (
    BAD_REQUEST,
    INVALID_POSITION,
    INVALID_TOPIC,
    LIMIT_EXCEEDED,
    NOT_AVAILABLE,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNRECOVERABLE_POSITION,
    HubError,
    PermissionDenied,
)
from hub.events import Scalar
from hub.refusals import refusals
from hub.topics import MAX_TOPIC_BYTES, validate_topic

router = APIRouter(prefix="/history", tags=["history"])

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
MAX_KEYS = 128

DeviceId = Annotated[str, Field(min_length=1, max_length=MAX_TOPIC_BYTES)]
Key = Annotated[str, Field(max_length=MAX_TOPIC_BYTES, pattern="^[^\\x00]*$")]
"""PostgreSQL has no text with a zero."""

Points = Annotated[
    int | None, Query(ge=1, le=MAX_POINTS, description="rows of each series, at most; without it: the values")
]

Aggregates = Annotated[
    list[Aggregate] | None,
    Query(max_length=len(AGGREGATES), description="what a row says, with `points`; may be repeated"),
]

MAX_DEVICES = 100

_SERIES = {
    "device": "kitchen",
    "key": "temperature",
    "unit": "°C",
    "columns": ["time", "value"],
    "points": [[1_732_412_345_123, 21.5]],
}


_FILES: dict[str, Any] = {
    "text/csv": {
        "schema": {"type": "string"},
        "example": "device,key,time,value\r\nkitchen,temperature,1732412345123,21.5\r\n",
    },
    "application/x-ndjson": {
        "schema": {"type": "string"},
        "example": '{"device":"kitchen","key":"temperature","time":1732412345123,"value":21.5}\n',
    },
    "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}, "example": "PAR1…PAR1"},
    "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}, "example": "…"},
}


class Series(BaseModel):
    """Values of one key in the order of time: [ms since the epoch, value], or what `columns` says.

    Answers with `points` have rows without values where a device that used to send had stopped.
    """

    model_config = example(**_SERIES)

    device: str
    key: str
    unit: str | None
    columns: list[str]
    points: list[list[Scalar | None]]


class History(BaseModel):
    """Series; `next` is what to give as `after` for what is behind them.

    `position`: everything up to it was there to be read, so that a subscription with `since` goes on without a hole.
    `resolution_ms`: how long a stretch each point stands for; 0: these are the values themselves.
    """

    model_config = example(
        series=[_SERIES],
        resolution_ms=0,
        next="WzE3MzI0MDg3NDUxMjMsMTczMjQxMjM0NTEyNCx7fV0",
        position="k3v9-1041",
    )

    series: list[Series]
    resolution_ms: int
    next: str | None
    position: str | None


@router.get(
    "",
    response_model=History,
    summary="Read history",
    responses={
        200: {"content": _FILES},
        **refusals(
            BAD_REQUEST,
            INVALID_POSITION,
            INVALID_TOPIC,
            PERMISSION_DENIED,
            NOT_FOUND,
            LIMIT_EXCEEDED,
            NOT_AVAILABLE,
            UNRECOVERABLE_POSITION,
        ),
    },
)
async def read_history(  # noqa: PLR0913, PLR0917 - the parameters of the query are the interface
    here: Here,
    asking: Asking,
    device: Annotated[
        list[DeviceId], Query(min_length=1, max_length=MAX_DEVICES, description="its id", examples=[["kitchen"]])
    ],
    key: Annotated[list[Key] | None, Query(max_length=MAX_KEYS, description="may be repeated")] = None,
    start: Annotated[str | None, Query(alias="from", description="ms since the epoch, or ISO 8601 with a zone")] = None,
    end: Annotated[str | None, Query(alias="to", description="likewise; the range ends before it")] = None,
    points: Points = None,
    aggregate: Aggregates = None,
    form: Annotated[
        Literal["json", "csv", "ndjson", "parquet", "arrow"],
        Query(alias="format", description="all but json: all at once, however much it is, without limit and after"),
    ] = "json",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="values of each series")] = DEFAULT_LIMIT,
    after: Annotated[str | None, Query(description="`next` of the answer before")] = None,
    since: Since = None,
) -> Response:
    """Values of devices, oldest first; without `key` all of their keys, without `from` and `to` the last hour.

    With `points`, several devices at once: at most so many rows of each series, from whatever gives them fastest, with
    the smallest and largest value of the time that a row stands for. Without it, the values of one device; with
    `after`, the same query again: the range is that of the page before.

    With `since`, the values of one device that were recorded after a position, late ones too, in their order on the
    log. A subscription that goes on from the answer's `position` brings exactly those behind them.
    """
    for one in device:
        if not sees(asking.view, validate_topic(f"telemetry/{one}")):
            raise PermissionDenied(f"Your token does not allow to read {one!r}.")
    if since is not None:
        if points is not None or form != "json" or start is not None or end is not None:
            raise HubError("since goes with device, key, limit and after only.", code=BAD_REQUEST)
        return answer(await missed(here, _only(device), key, since=since, after=after, limit=limit))
    # Before the values: what is written while they are read comes twice to who subscribes with it, rather than never.
    position = await here.store.position()
    now_ms = int(here.now_s() * 1000)
    if points is None and form != "json":
        asked_keys = {one: key or await here.store.keys(one) for one in dict.fromkeys(device)}
        span = parse_range(start, end, now_ms=now_ms)
        return history_export.values_file(here.store, form, asked_keys, span)
    if points is None:
        asked = HistoryPage(*parse_range(start, end, now_ms=now_ms)) if after is None else HistoryPage.decode(after)
        resolution_ms = 0
        series, more = await _values(here, _only(device), key, page=asked, limit=limit)
    else:
        span, more = parse_range(start, end, now_ms=now_ms), None
        resolution_ms, series = await summed(here, device, key, span=span, points=points, aggregates=aggregate)
        if form != "json":
            return history_export.rows_file(form, series)
    return answer(
        {
            "series": series,
            "resolution_ms": resolution_ms,
            "next": more,
            "position": None if position is None else str(position),
        }
    )


def _only(devices: list[str]) -> str:
    if len(devices) > 1:
        raise HubError("Values are read of one device at a time; give `points` to read several.", code=BAD_REQUEST)
    return devices[0]


async def _values(
    here: Context, device: str, key: list[str] | None, *, page: HistoryPage, limit: int
) -> tuple[list[dict[str, object]], str | None]:
    keys = key or await here.store.keys(device)
    units = description_of(device, here.node.latest).get("units", {})
    series: list[dict[str, object]] = []
    going: dict[str, str] = {}
    turn = page.turn(keys)
    for name, cursor in turn.items():
        part = await here.store.history(device, name, start=page.start, end=page.end, limit=limit, after=cursor)
        series.append(
            {
                "device": device,
                "key": name,
                "unit": units.get(name),
                "columns": ["time", "value"],
                "points": [*map(tuple, part.points)],
            }
        )
        if part.next is not None:
            going[name] = part.next
    rest = page.rest(turn, going)
    return series, rest.encode() if rest.turn(keys) else None
