"""`/api/history` with `points`: what many values come to, for an answer as wide as a screen."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from hub.aggregates import DEFAULT, Aggregate, rows
from hub.api.deps import Context
from hub.api.devices import description_of
from hub.errors import LIMIT_EXCEEDED, NOT_FOUND, HubError
from hub.rollup_plan import RAW, Plan, plan
from hub.store.base import Point, Slots

Asked = Mapping[str, Sequence[str]]
"""The keys of each device."""

MAX_SERIES = 500
MAX_POINTS = 10_000
MAX_VALUES = 500_000
"""Points of one series, and values of a whole answer: some 10 MB."""

LIMIT_S = 10.0
"""How long a question may take, with its waiting for others."""


async def summed(
    here: Context,
    devices: Sequence[str],
    keys: Sequence[str] | None,
    *,
    span: tuple[int, int],
    points: int,
    aggregates: Sequence[Aggregate] | None,
) -> tuple[int, list[dict[str, Any]]]:
    """How wide a slot is (ms; 0: the values themselves, as so few are there), and the series; raises HubError."""
    wanted = [*dict.fromkeys(aggregates or DEFAULT)]
    asked = {device: [*dict.fromkeys(keys or await _known(here, device))] for device in dict.fromkeys(devices)}
    _bound(asked, points * (1 + len(wanted)))
    planned = plan(*span, points, since=here.store.whole_since())
    found = await here.store.summaries(asked, planned, limit_s=LIMIT_S)
    if aggregates is None and planned.level == RAW and _most(found) <= points:
        return 0, await _values(here, asked, span, points)
    # In a thread: a large answer takes so long to make that others would feel it.
    return planned.width, await asyncio.to_thread(_series, here, asked, found, planned=planned, wanted=wanted)


def _series(
    here: Context, asked: Asked, found: Mapping[str, Mapping[str, Slots]], *, planned: Plan, wanted: Sequence[Aggregate]
) -> list[dict[str, Any]]:
    series = []
    for device, of_keys in asked.items():
        units = description_of(device, here.node.latest).get("units", {})
        series += [
            {
                "device": device,
                "key": key,
                "unit": units.get(key),
                "columns": ["time", *wanted],
                "points": rows(found[device][key], planned, wanted),
            }
            for key in of_keys
        ]
    return series


def _most(found: Mapping[str, Mapping[str, Slots]]) -> int:
    # How many values the series with the most has.
    return max((sum(one.count for _, one in slots) for keys in found.values() for slots in keys.values()), default=0)


async def _values(here: Context, asked: Asked, span: tuple[int, int], points: int) -> list[dict[str, Any]]:
    # So few are said themselves: nothing is gained by putting them together.
    series = []
    for device, keys in asked.items():
        units = description_of(device, here.node.latest).get("units", {})
        for key in keys:
            after: str | None = None
            values: list[Point] = []
            while True:
                page = await here.store.history(
                    device, key, start=span[0], end=span[1], limit=points - len(values) + 1, after=after
                )
                values += page.points
                after = page.next
                if after is None or len(values) > points:
                    break
            shown = {"device": device, "key": key, "unit": units.get(key), "columns": ["time", "value"]}
            series.append({**shown, "points": [*map(tuple, values)]})
    return series


async def _known(here: Context, device: str) -> list[str]:
    keys = await here.store.keys(device)
    if not keys and here.node.latest.get(f"telemetry/{device}") is None:
        raise HubError(f"There is no device {device!r} that has sent values.", code=NOT_FOUND)
    return keys


def _bound(asked: Asked, values: int) -> None:
    series = sum(map(len, asked.values()))
    if series > MAX_SERIES:
        raise HubError(f"These are {series} series; at most {MAX_SERIES} are answered at once.", code=LIMIT_EXCEEDED)
    if series * values > MAX_VALUES:
        raise HubError(
            f"{series} series of so many points are more than {MAX_VALUES} values; ask for fewer points.",
            code=LIMIT_EXCEEDED,
        )
