"""Devices as they are now: `/api/devices`; what people say of them is changed in `device_changes`."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from hub import registry
from hub.api.answers import answer, example
from hub.api.deps import Asking, Here, LatestEvents
from hub.api.device_entries import ENTRY, PREFIX, DeviceEntry, Wanted, data_of, entry_of, matching
from hub.api.seen import seen_by
from hub.errors import NOT_FOUND, HubError
from hub.refusals import refusals

router = APIRouter(prefix="/devices", tags=["devices"])

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_QUERY_CHARS = 256

DeviceId = Annotated[str, Path(description="The device's id.", examples=["kitchen"])]
State = Literal["online", "offline", "stale", "unknown"]


class DeviceList(BaseModel):
    """Devices by id; `next` is what to give as `cursor` for those behind them."""

    model_config = example(devices=[ENTRY], next="kitchen")

    devices: list[DeviceEntry]
    next: str | None


@router.get("", response_model=DeviceList, summary="List devices")
async def list_devices(  # noqa: PLR0913, PLR0917 - the parameters of the query are the interface
    here: Here,
    asking: Asking,
    search: Annotated[
        str,
        Query(
            max_length=MAX_QUERY_CHARS,
            description="what id, name, family, location or a tag has in it",
            examples=["kit"],
        ),
    ] = "",
    tag: Annotated[str, Query(max_length=registry.MAX_TAG_CHARS, description="a tag", examples=["indoors"])] = "",
    family: Annotated[str, Query(max_length=MAX_QUERY_CHARS, description="a family", examples=["json"])] = "",
    state: Annotated[State | None, Query(description="how it is reachable", examples=["online"])] = None,
    cursor: Annotated[str, Query(description="`next` of the answer before", examples=["kitchen"])] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="devices in one answer")] = DEFAULT_LIMIT,
) -> Response:
    """Devices by id, without those that are part of another one; `search` is looked for whatever the case."""
    latest = seen_by(asking, here.node.latest)
    wanted = Wanted(search, tag, family, state or "")
    found: list[str] = []
    for device in matching(latest, wanted, after=cursor):
        if device is None:
            # A big fleet is many thousand descriptions: live events do not wait for all of them.
            await asyncio.sleep(0)
            continue
        found.append(device)
        if len(found) > limit:
            break
    page = [entry for entry in (entry_of(device, latest) for device in found[:limit]) if entry is not None]
    return answer({"devices": page, "next": found[limit - 1] if len(found) > limit else None})


@router.get("/{device}", response_model=DeviceEntry, summary="Read a device", responses=refusals(NOT_FOUND))
async def one_device(device: DeviceId, asking: Asking, here: Here) -> Response:
    """One device by its id; 404 where nothing is known of it, or where it is none of those one may see.

    The header `ETag` has its version, for `If-Match` of a change.
    """
    entry = entry_of(device, seen_by(asking, here.node.latest))
    if entry is None:
        raise HubError(f"There is no device {device!r}.", code=NOT_FOUND)
    return tagged(entry)


def tagged(entry: dict[str, Any]) -> Response:
    """The answer that is a device, with its version as `ETag` (RFC 9110 section 8.8.3)."""
    response = answer(entry)
    response.headers["ETag"] = f'"{entry["version"]}"'
    return response


def description_of(device: str, latest: LatestEvents) -> dict[str, Any]:
    """What the device's own description says (name, family, units, attributes); empty where there is none."""
    return data_of(latest.get(PREFIX + device))
