"""Devices as they are now: `/api/devices`."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from hub.api.answers import answer, example
from hub.api.deps import Asking, Here, LatestEvents
from hub.api.seen import seen_by
from hub.auth import View, sees
from hub.errors import NOT_FOUND, HubError
from hub.events import Scalar, decode_event
from hub.refusals import refusals

router = APIRouter(prefix="/devices", tags=["devices"])

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_QUERY_CHARS = 256
PREFIX = "device/"

_ENTRY = {
    "device": "kitchen",
    "name": "Kitchen",
    "family": "json",
    "units": {"temperature": "°C"},
    "attributes": {"model": "TH-10"},
    "connectivity": "online",
    "time": 1_732_412_345_123,
    "data": {"temperature": 21.5, "mode": "auto"},
}


class DeviceEntry(BaseModel):
    """What is known of a device; `time` (ms since the epoch) is that of its latest telemetry, `data`."""

    model_config = example(**_ENTRY)

    device: str
    name: str
    family: str
    units: dict[str, str]
    attributes: dict[str, str]
    connectivity: str | None
    time: int | None
    data: dict[str, Scalar]


class DeviceList(BaseModel):
    """Devices by id; `next` is what to give as `after` for those behind them."""

    model_config = example(devices=[_ENTRY], next="kitchen")

    devices: list[DeviceEntry]
    next: str | None


@router.get("", response_model=DeviceList, summary="List devices")
async def list_devices(
    here: Here,
    asking: Asking,
    *,
    q: Annotated[
        str, Query(max_length=MAX_QUERY_CHARS, description="what id, name or family has in it", examples=["kitchen"])
    ] = "",
    after: Annotated[str, Query(description="`next` of the answer before", examples=["kitchen"])] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="devices in one answer")] = DEFAULT_LIMIT,
) -> Response:
    """Devices by id; `q` is looked for in id, name and family, whatever the case."""
    latest = seen_by(asking, here.node.latest)
    pieces = here.node.latest.snapshot([f"{PREFIX}+"])
    # A big fleet is many thousand descriptions: decoded in a thread, so that live events do not wait for it.
    found = await asyncio.to_thread(_select, pieces, q.casefold(), after, view=asking.view)
    page = [_entry(device, description, latest) for device, description in found[:limit]]
    more = page[-1]["device"] if len(found) > limit else None
    return answer({"devices": page, "next": more})


@router.get("/{device}", response_model=DeviceEntry, summary="Read a device", responses=refusals(NOT_FOUND))
async def one_device(
    device: Annotated[str, Path(description="The device's id.", examples=["kitchen"])], asking: Asking, here: Here
) -> Response:
    """One device by its id; 404 where it was never heard of, or where it is none of those one may see."""
    latest = seen_by(asking, here.node.latest)
    entry = _entry(device, description_of(device, latest), latest)
    if not entry["family"] and entry["time"] is None and entry["connectivity"] is None:
        raise HubError(f"There is no device {device!r}.", code=NOT_FOUND)
    return answer(entry)


def description_of(device: str, latest: LatestEvents) -> dict[str, Any]:
    """What the device's own description says (name, family, units, attributes); empty where there is none."""
    return _data_of(latest.get(PREFIX + device))


def _select(pieces: list[bytes], wanted: str, after: str, *, view: View | None) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for piece in pieces:
        event = decode_event(piece)
        topic, description = str(event["topic"]), event["data"]
        device = topic.removeprefix(PREFIX)
        if (
            device > after
            and sees(view, topic)
            and isinstance(description, dict)
            and wanted in _searched(device, description)
        ):
            found.append((device, description))
    return sorted(found, key=lambda pair: pair[0])


def _searched(device: str, description: dict[str, Any]) -> str:
    return "\n".join((device, str(description.get("name", "")), str(description.get("family", "")))).casefold()


def _entry(device: str, description: dict[str, Any], latest: LatestEvents) -> dict[str, Any]:
    telemetry = latest.get(f"telemetry/{device}")
    return {
        "device": device,
        "name": description.get("name", device),
        "family": description.get("family", ""),
        "units": description.get("units", {}),
        "attributes": description.get("attributes", {}),
        "connectivity": _data_of(latest.get(f"connectivity/{device}")).get("state"),
        "time": None if telemetry is None else decode_event(telemetry)["time"],
        "data": _data_of(telemetry),
    }


def _data_of(piece: bytes | None) -> dict[str, Any]:
    data = {} if piece is None else decode_event(piece)["data"]
    return data if isinstance(data, dict) else {}
