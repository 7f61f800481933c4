"""Values of the past: `/api/history`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from hub.api.answers import answer, example
from hub.api.deps import Asking, Here
from hub.api.devices import description_of
from hub.api.history_page import HistoryPage
from hub.api.times import parse_range
from hub.auth import sees
from hub.errors import PERMISSION_DENIED, PermissionDenied
from hub.events import Scalar
from hub.refusals import refusals
from hub.topics import MAX_TOPIC_BYTES

router = APIRouter(prefix="/history", tags=["history"])

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
MAX_KEYS = 128

_SERIES = {"device": "kitchen", "key": "temperature", "unit": "°C", "points": [[1_732_412_345_123, 21.5]]}


class Series(BaseModel):
    """Values of one key in the order of time: [ms since the epoch, value]."""

    model_config = example(**_SERIES)

    device: str
    key: str
    unit: str | None
    points: list[tuple[int, Scalar]]


class History(BaseModel):
    """Series; `next` is what to give as `after` for what is behind them.

    `position`: everything up to it was there to be read, so that a subscription with `since` goes on without a hole.
    """

    model_config = example(series=[_SERIES], next="WzE3MzI0MDg3NDUxMjMsMTczMjQxMjM0NTEyNCx7fV0", position="k3v9-1041")

    series: list[Series]
    next: str | None
    position: str | None


@router.get("", response_model=History, summary="Read history", responses=refusals(PERMISSION_DENIED))
async def read_history(  # noqa: PLR0913, PLR0917 - the parameters of the query are the interface
    here: Here,
    asking: Asking,
    device: Annotated[str, Query(min_length=1, max_length=MAX_TOPIC_BYTES, description="its id", examples=["kitchen"])],
    key: Annotated[list[str] | None, Query(max_length=MAX_KEYS, description="may be repeated")] = None,
    start: Annotated[str | None, Query(alias="from", description="ms since the epoch, or ISO 8601 with a zone")] = None,
    end: Annotated[str | None, Query(alias="to", description="likewise; the range ends before it")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="points of each series")] = DEFAULT_LIMIT,
    after: Annotated[str | None, Query(description="`next` of the answer before")] = None,
) -> Response:
    """Values of a device, oldest first; without `key` all of its keys, without `from` and `to` the last hour.

    With `after`, the same query again: the range is that of the page before.
    """
    if not sees(asking.view, f"telemetry/{device}"):
        raise PermissionDenied(f"Your token does not allow to read {device!r}.")
    # Before the values: what is written while they are read comes twice to who subscribes with it, rather than never.
    position = await here.store.position()
    if after is None:
        page = HistoryPage(*parse_range(start, end, now_ms=int(here.now_s() * 1000)))
    else:
        page = HistoryPage.decode(after)
    keys = key or await here.store.keys(device)
    units = description_of(device, here.node.latest).get("units", {})
    series: list[dict[str, object]] = []
    going: dict[str, str] = {}
    turn = page.turn(keys)
    for name, cursor in turn.items():
        part = await here.store.history(device, name, start=page.start, end=page.end, limit=limit, after=cursor)
        series.append({"device": device, "key": name, "unit": units.get(name), "points": [*map(tuple, part.points)]})
        if part.next is not None:
            going[name] = part.next
    rest = page.rest(turn, going)
    more = rest.encode() if rest.turn(keys) else None
    return answer({"series": series, "next": more, "position": None if position is None else str(position)})
