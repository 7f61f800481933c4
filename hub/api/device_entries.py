"""A device as the API shows it: what it tells of itself, what people say of it, and whether it is reachable."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hub import registry
from hub.api.answers import example
from hub.api.deps import LatestEvents
from hub.events import Scalar, decode_event
from hub.registry import Record, record_of

PREFIX = "device/"
CONNECTIVITY = "connectivity/"
SLICE = 250
"""Devices looked at before others have their turn: some milliseconds."""

ENTRY = {
    "device": "kitchen",
    "name": "Kitchen",
    "family": "json",
    "via": "bridge",
    "units": {"temperature": "°C"},
    "keys": {"temperature": "number", "mode": "string"},
    "attributes": {"model": "TH-10"},
    "connectivity": "online",
    "since": 1_732_412_300_000,
    "interval_ms": 10_000,
    "stale_keys": ["mode"],
    "key_intervals": {"mode": 60_000},
    "first_seen": 1_732_400_000_000,
    "time": 1_732_412_345_123,
    "data": {"temperature": 21.5, "mode": "auto"},
    "tags": ["indoors"],
    "location": "ground floor",
    "notes": "",
    "interval_s": 10.0,
    "zone": "Europe/Berlin",
    "approved": True,
    "version": 3,
}


class DeviceEntry(BaseModel):
    """What is known of a device; times are ms since the epoch.

    It tells of itself: `family`, `via` (the gateway that it speaks through), `units` and `keys` (number, boolean or
    string), `attributes`, and `data`, its latest telemetry, of `time`. The hub says: `connectivity` `since` when, how
    often it speaks (`interval_ms`), which keys are stale beside others that are not, and how often those usually come.
    People say the rest, and perhaps the `name`; `version` counts their changes.
    """

    model_config = example(**ENTRY)

    device: str
    name: str
    family: str
    via: str | None
    units: dict[str, str]
    keys: dict[str, str]
    attributes: dict[str, str]
    connectivity: str | None
    since: int | None
    interval_ms: int | None
    stale_keys: list[str]
    key_intervals: dict[str, int]
    first_seen: int | None
    time: int | None
    data: dict[str, Scalar]
    tags: list[str]
    location: str
    notes: str
    interval_s: float | None
    zone: str
    approved: bool | None
    merged_into: str | None = None
    version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of devices is narrowed to; empty is all."""

    search: str = ""
    tag: str = ""
    family: str = ""
    state: str = ""


def data_of(piece: bytes | None) -> dict[str, Any]:
    """The data of an encoded event; empty where there is none."""
    data = {} if piece is None else decode_event(piece)["data"]
    return data if isinstance(data, dict) else {}


def record_for(device: str, latest: LatestEvents) -> Record:
    """What people say of a device."""
    return record_of(latest.get(registry.PREFIX + device))


def entry_of(device: str, latest: LatestEvents) -> dict[str, Any] | None:
    """The members of a DeviceEntry; None where nothing is known of the device."""
    told, link = latest.get(PREFIX + device), latest.get(CONNECTIVITY + device)
    telemetry = latest.get(f"telemetry/{device}")
    record = record_for(device, latest)
    if told is None and link is None and telemetry is None and record.merged_into is None:
        return None
    description, connectivity = data_of(told), data_of(link)
    return {
        "device": device,
        "name": record.name or description.get("name", device),
        "family": description.get("family", ""),
        "via": description.get("via"),
        "units": description.get("units", {}),
        "keys": description.get("keys", {}),
        "attributes": description.get("attributes", {}),
        "connectivity": connectivity.get("state"),
        "since": connectivity.get("since"),
        "interval_ms": connectivity.get("interval_ms"),
        "stale_keys": connectivity.get("keys", []),
        "key_intervals": connectivity.get("key_intervals", {}),
        "first_seen": description.get("first_seen"),
        "time": None if telemetry is None else decode_event(telemetry)["time"],
        "data": data_of(telemetry),
        "tags": list(record.tags),
        "location": record.location,
        "notes": record.notes,
        "interval_s": record.interval_s,
        "zone": record.zone,
        "approved": record.approved,
        "merged_into": record.merged_into,
        "version": record.version,
    }


def matching(latest: LatestEvents, wanted: Wanted, *, after: str) -> Iterator[str | None]:
    """The ids behind `after`, in their order, of described devices that are wanted and no part of another one.

    Among them is None after each SLICE devices that were looked at: then others may have their turn. What changes
    meanwhile counts for the devices that have not been looked at.
    """
    devices = sorted(topic.removeprefix(PREFIX) for topic in latest.topics([f"{PREFIX}+"]))
    for looked_at, device in enumerate(devices[bisect_right(devices, after) :], 1):
        if looked_at % SLICE == 0:
            yield None
        if _is_wanted(device, latest, wanted):
            yield device


def _is_wanted(device: str, latest: LatestEvents, wanted: Wanted) -> bool:
    record = record_for(device, latest)
    if record.merged_into is not None or (wanted.tag and wanted.tag not in record.tags):
        return False
    if wanted.state and wanted.state != data_of(latest.get(CONNECTIVITY + device)).get("state", "unknown"):
        return False
    if not wanted.family and not wanted.search:
        return True
    description = data_of(latest.get(PREFIX + device))
    family, name = str(description.get("family", "")), str(description.get("name", ""))
    if wanted.family and wanted.family != family:
        return False
    searched = "\n".join((device, record.name, record.location, *record.tags, name, family))
    return wanted.search.casefold() in searched.casefold()
