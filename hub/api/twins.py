"""Twins over HTTP: `/api/devices/{device}/twin` (docs/twin.md)."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from hub.api.answers import answer, example
from hub.api.deps import Asking, Here, Where
from hub.api.device_changes import IfMatch, version_of
from hub.api.devices import DeviceId
from hub.auth import Identity, sees
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    HubError,
)
from hub.events import Scalar
from hub.refusals import refusals
from hub.twin import PREFIX, Twin
from hub.twins import Twins


class TwinChange(BaseModel):
    """A merge patch (RFC 7396) of the twin: null removes a key, and what is left out stays."""

    model_config = ConfigDict(**example(desired={"occupied_heating_setpoint": 21, "system_mode": None}), extra="forbid")

    desired: dict[str, Any] | None = Field(
        description="Values by key, as telemetry names it; null: nothing is desired."
    )


class TwinEntry(BaseModel):
    """A device's twin; times are ms since the epoch.

    `reported` is all that the device reports: its attributes, and the latest of its telemetry. `delta` is what is
    desired and not reported, `apart` since when; `since` is when each desired value was set. `version` counts the
    changes of what is desired.
    """

    model_config = example(
        device="Living room",
        version=4,
        desired={"occupied_heating_setpoint": 21, "system_mode": "heat"},
        reported={"occupied_heating_setpoint": 19.5, "system_mode": "heat", "local_temperature": 18.9},
        delta={"occupied_heating_setpoint": 21},
        since={"occupied_heating_setpoint": 1_732_412_345_123, "system_mode": 1_732_400_000_000},
        apart={"occupied_heating_setpoint": 1_732_412_345_123},
        by="anna",
    )

    device: str
    version: int
    desired: dict[str, Scalar]
    reported: dict[str, Scalar]
    delta: dict[str, Scalar]
    since: dict[str, int]
    apart: dict[str, int]
    by: str


def router(twins: Twins) -> APIRouter:
    """The routes below the API's prefix."""
    routes = APIRouter(prefix="/devices", tags=["twins"])

    @routes.get("/{device}/twin", response_model=TwinEntry, summary="Read a twin", responses=refusals(NOT_FOUND))
    async def read_twin(device: DeviceId, asking: Asking) -> Response:
        """What is desired of a device, what it reports, and the difference. `ETag` has the version."""
        if not sees(asking.view, PREFIX + device) or not twins.knows(device):
            raise HubError(f"There is no device {device[:80]!r}.", code=NOT_FOUND)
        return _tagged(device, twins.now(device), _reported(twins, device, asking))

    @routes.patch(
        "/{device}/twin",
        response_model=TwinEntry,
        summary="Change what is desired",
        responses=refusals(INVALID_DATA, NOT_FOUND, PERMISSION_DENIED, CONFLICT, LIMIT_EXCEEDED, TOO_MANY_REQUESTS),
    )
    async def change_twin(  # noqa: PLR0917 - the parameters of the request are the interface
        device: DeviceId, change: TwinChange, here: Here, asking: Asking, where: Where, if_match: IfMatch = None
    ) -> Response:
        """Change what is desired; the device is told what it does not report. Every change is an event."""
        here.node.permit(asking, PREFIX + device, address=where)
        version = None if if_match in {None, "*"} else version_of(if_match or "")
        twin = await twins.change(asking, device, change.desired, version=version)
        return _tagged(device, twin, _reported(twins, device, asking))

    return routes


def _reported(twins: Twins, device: str, asking: Identity) -> dict[str, Scalar] | None:
    """All that a device reports, where one may see it."""
    seen = all(sees(asking.view, f"{root}/{device}") for root in ("telemetry", "device"))
    return twins.reported(device) if seen else None


def _tagged(device: str, twin: Twin, reported: dict[str, Scalar] | None) -> Response:
    shown = {"device": device, **twin.shown()}
    response = answer(shown if reported is None else {**shown, "reported": reported})
    response.headers["ETag"] = f'"{twin.version}"'
    return response
