"""What people say of a device, changed: `PATCH /api/devices/{device}` and others; every change is an event."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hub import registry
from hub.api.answers import example
from hub.api.deps import Asking, Context, address_of, context
from hub.api.device_entries import DeviceEntry, entry_of, record_for
from hub.api.devices import DeviceId, tagged
from hub.auth import Identity
from hub.errors import (
    BAD_REQUEST,
    CONFLICT,
    INVALID_DATA,
    NOT_AVAILABLE,
    NOT_FOUND,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    HubError,
)
from hub.refusals import refusals
from hub.registry import Record

router = APIRouter(prefix="/devices", tags=["devices"])

CHANGE_TRIES = 5
"""Times that a change without `If-Match` is made anew because others changed the record at the same moment."""

_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,15})"?')
_MAY_CHANGE = refusals(
    BAD_REQUEST, INVALID_DATA, PERMISSION_DENIED, NOT_FOUND, CONFLICT, TOO_MANY_REQUESTS, NOT_AVAILABLE
)

IfMatch = Annotated[
    str | None,
    Header(description="The version that is to be changed, as `ETag` has it; else 409.", examples=['"3"']),
]


class DeviceChange(BaseModel):
    """What to change; what is left out stays. An empty name gives the device its own back."""

    model_config = ConfigDict(
        **example(name="Kitchen", tags=["indoors"], location="ground floor", interval_s=10.0), extra="forbid"
    )

    name: str | None = Field(default=None, max_length=registry.MAX_NAME_CHARS)
    tags: list[str] | None = Field(default=None, max_length=registry.MAX_TAGS)
    location: str | None = Field(default=None, max_length=registry.MAX_LOCATION_CHARS)
    notes: str | None = Field(default=None, max_length=registry.MAX_NOTES_CHARS)
    interval_s: float | None = Field(default=None, description="How often it should speak, in seconds; null: learned.")
    zone: str | None = Field(default=None, description="The time zone of its clock, as Europe/Berlin; empty: unknown.")
    approved: bool | None = Field(default=None, description="false: what it says is not taken; null: undecided.")


class Merge(BaseModel):
    """The device that this one is a part of from now on; null: of none."""

    model_config = example(into="kitchen")

    into: str | None


@router.patch("/{device}", response_model=DeviceEntry, summary="Change a device", responses=_MAY_CHANGE)
async def change_device(
    device: DeviceId, change: DeviceChange, request: Request, asking: Asking, *, if_match: IfMatch = None
) -> Response:
    """Give a device another name, tags, location, notes, expected interval or time zone; approve or refuse it."""
    given = change.model_dump(exclude_unset=True)
    nullable = {"interval_s", "approved"}
    given = {name: value for name, value in given.items() if value is not None or name in nullable}
    return await _change(request, asking, device, lambda before: registry.changed(before, given), if_match=if_match)


@router.post("/{device}/merge", response_model=DeviceEntry, summary="Merge a device", responses=_MAY_CHANGE)
async def merge_device(
    device: DeviceId, merge: Merge, request: Request, asking: Asking, *, if_match: IfMatch = None
) -> Response:
    """Take what a device says for another one's from now on; its own history stays where it is."""
    here = context(request)
    if merge.into is not None:
        target = entry_of(merge.into, here.node.latest)
        if target is None:
            raise HubError(f"There is no device {merge.into[:80]!r} to merge into.", code=NOT_FOUND)
        if merge.into == device or target["merged_into"] is not None:
            raise HubError(f"{merge.into[:80]!r} is part of a device itself.", code=INVALID_DATA)
        if any(record.merged_into == device for record in _records(here)):
            raise HubError(f"Others are merged into {device[:80]!r}.", code=INVALID_DATA)
    return await _change(request, asking, device, lambda before: registry.merged(before, merge.into), if_match=if_match)


@router.delete("/{device}", status_code=204, summary="Forget a device", responses=_MAY_CHANGE)
async def forget_device(
    device: DeviceId,
    request: Request,
    asking: Asking,
    *,
    history: Annotated[bool, Query(description="whether its history goes, too", examples=[True])] = False,
    if_match: IfMatch = None,
) -> None:
    """Forget a device until it speaks again, with its history or without; a large history goes little by little."""
    here = context(request)

    def forget(before: Record) -> Record:
        return registry.forgotten(before, now_ms=int(here.now_s() * 1000), erased=history)

    await _store(request, asking, device, forget, if_match=if_match)


def _records(here: Context) -> list[Record]:
    return [registry.record_of(piece) for piece in here.node.latest.snapshot([f"{registry.PREFIX}+"])]


async def _change(
    request: Request, asking: Identity, device: str, make: Callable[[Record], Record], *, if_match: str | None
) -> Response:
    await _store(request, asking, device, make, if_match=if_match)
    entry = entry_of(device, context(request).node.latest)
    # A device that waits to be approved has told nothing yet: its record is all there is.
    return tagged(entry or _bare(device, record_for(device, context(request).node.latest)))


def _bare(device: str, record: Record) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(DeviceEntry.model_fields)
    shown = {name: value for name, value in record.shown().items() if name in empty}
    told = {"family": "", "units": {}, "keys": {}, "attributes": {}, "stale_keys": [], "key_intervals": {}, "data": {}}
    return {**empty, **told, **shown, "device": device, "name": record.name or device}


async def _store(
    request: Request, asking: Identity, device: str, make: Callable[[Record], Record], *, if_match: str | None
) -> None:
    """Put a change on the log; returns when it counts. Raises HubError: NOT_FOUND, INVALID_DATA, CONFLICT, …."""
    here, topic = context(request), registry.PREFIX + device
    here.node.permit(asking, topic, address=address_of(request))
    version = None if if_match in {None, "*"} else version_of(if_match or "")
    for _ in range(CHANGE_TRIES):
        latest = here.node.latest
        before = record_for(device, latest)
        if not before.version and entry_of(device, latest) is None and latest.get(f"$quarantine/{device}") is None:
            raise HubError(f"There is no device {device[:80]!r}.", code=NOT_FOUND)
        if version is not None and version != before.version:
            raise HubError(f"The device has changed; its version is {before.version} now.", code=CONFLICT)
        after = make(before)
        await here.node.chat.reach(await here.node.append(topic, {**after.shown(), "by": asking.user}))
        if record_for(device, here.node.latest) == after:
            return
    raise HubError("Others changed the device at the same moment; try again.", code=CONFLICT)


def version_of(if_match: str) -> int:
    """The version that a header `If-Match` has; raises HubError(BAD_REQUEST)."""
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise HubError(f"If-Match is {if_match[:80]!r}, not a version.", code=BAD_REQUEST)
    return int(found[1])
