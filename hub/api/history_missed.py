"""Values that were recorded after a position: what a client missed, and not one of those it had."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from hub.api.deps import Context
from hub.api.devices import description_of
from hub.api.since import moment_of
from hub.errors import BAD_REQUEST, NOT_AVAILABLE, HubError
from hub.events import Position, Scalar, decode_event
from hub.topics import validate_topic

LIMIT_S = 10.0
"""What takes longer is given up: everything that the hub recorded since may have to be looked through."""

_PAGE = re.compile(r"since\.(-?[0-9]{1,18})\.([0-9]{1,18})\.(.{1,64})")


@dataclass(frozen=True, slots=True)
class MissedPage:
    """Where a reader is: behind a place, of all up to another one, whose position the last page ends at."""

    after: int
    until: int
    position: str

    def __str__(self) -> str:
        return f"since.{self.after}.{self.until}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> "MissedPage":
        """The page of its text; raises HubError(BAD_REQUEST)."""
        found = _PAGE.fullmatch(text)
        if found is None:
            raise HubError("after is not the `next` of an answer to since.", code=BAD_REQUEST)
        return cls(int(found[1]), int(found[2]), str(Position.parse(found[3])))


async def missed(
    here: Context, device: str, keys: Sequence[str] | None, *, since: str, after: str | None, limit: int
) -> dict[str, Any]:
    """The answer with values of `limit` events of the device at most, in the order that they were recorded in.

    Raises HubError: InvalidPosition, Unrecoverable, and NOT_AVAILABLE where it takes too long.
    """
    topic = validate_topic(f"telemetry/{device}")
    page = await _first(here, since) if after is None else MissedPage.parse(after)
    try:
        async with asyncio.timeout(LIMIT_S):
            found = await here.store.read(after=page.after, until=page.until, filters=[topic], limit=limit)
    except TimeoutError:
        raise HubError(
            f"It took longer than {LIMIT_S:.0f} s; ask for a range of time instead.", code=NOT_AVAILABLE
        ) from None
    points: dict[str, list[tuple[int, Scalar]]] = {key: [] for key in keys or ()}
    for one in found:
        data = cast("dict[str, Scalar]", decode_event(one.piece)["data"])
        for key in keys or data:
            if key in data:
                points.setdefault(key, []).append((one.time, data[key]))
    units = description_of(device, here.node.latest).get("units", {})
    columns = ["time", "value"]
    more = MissedPage(found[-1].place, page.until, page.position) if len(found) == limit else None
    return {
        "series": [
            {"device": device, "key": key, "unit": units.get(key), "columns": columns, "points": points[key]}
            for key in sorted(points)
        ],
        "resolution_ms": 0,
        "next": None if more is None or more.after >= more.until else str(more),
        "position": page.position,
    }


async def _first(here: Context, since: str) -> MissedPage:
    begin = await moment_of(here, since)
    end = await here.store.moment()
    if end.place <= begin.place:
        return MissedPage(begin.place, max(begin.place, 0), str(begin.position))
    return MissedPage(begin.place, end.place, str(end.position))
