"""Members of JSON objects which are no readings: identities, clocks, sequence numbers, units."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from hub.decoders.clock import Moment, is_moment, moment, surest
from hub.events import Scalar

Members = Mapping[str, Any]

_IDENTIFIER = re.compile(r"(?i:(?:.*[_-])?(?:id|uid|uuid|guid|mac|serial|imei|eui))|.*[a-z](?:Id|ID|Uid|UUID|Eui|EUI)")
DEVICE_IDS = ("deviceid", "devid", "deveui")
DEVICE_NAMES = ("device", "sensorid", "nodeid", "stationid", "meterid", "thingid", "serialnumber", "devicename")
NAMERS = (*DEVICE_IDS, *DEVICE_NAMES)
"""Members that may name the device, the surest first."""
_MAX_NAME = 64
"""Characters of the longest member name that is looked at."""
_CLOCKS = frozenset((
    "ts", "timestamp", "time", "datetime", "tst", "epoch", "unixtime", "utc", "timestampms", "timems", "tsms",
    "timestamputc", "createdat", "measuredat", "observedat", "recordedat", "sampledat", "sentat", "reportedat",
    "eventtime", "devicetime", "lastseen",
))  # fmt: skip
SEQUENCES = frozenset(("seq", "seqno", "seqnum", "seqnumber", "sequence", "sequencenumber", "fcnt", "framecounter",
                        "messagenumber"))  # fmt: skip
CONTAINERS = frozenset(("data", "values", "payload", "readings", "measurements", "telemetry", "params"))
NAMES = ("name", "key", "metric", "quantity", "measurement", "parameter", "sensortype", "type", "field", "label")
VALUES = ("value", "val", "v", "reading")
UNITS = ("unit", "units", "uom", "unitofmeasurement")


def plain_name(name: str) -> str:
    """The name as all spellings of it have it: `device_id`, `deviceId` and `Device-ID` are one."""
    return _plain(name) if len(name) <= _MAX_NAME else name


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def is_identifier(name: str, value: object) -> bool:
    """Whether a member identifies something and measures nothing; what has members of its own never does."""
    return len(name) <= _MAX_NAME and not isinstance(value, dict | list) and _identifies(name)


@lru_cache(maxsize=4096)
def _identifies(name: str) -> bool:
    return _IDENTIFIER.fullmatch(name) is not None or _plain(name) in NAMERS


def may_be_clock(name: str) -> bool:
    """Whether a member of this name may hold the moment of a message."""
    return plain_name(name) in _CLOCKS


def is_clock(name: str, value: object) -> bool:
    """Whether a member holds the moment of a message, sane or not."""
    return may_be_clock(name) and is_moment(value)


class Named(NamedTuple):
    """A device as an object names it; `surely` where it is the device's id, and not perhaps a model or a part."""

    device: str
    surely: bool


def names_device(member: str) -> bool:
    """Whether a member of this name may name the device."""
    return len(member) <= _MAX_NAME and _names_device(member)


@lru_cache(maxsize=4096)
def _names_device(member: str) -> bool:
    return _plain(member) in NAMERS


def is_device_name(value: object) -> bool:
    """Whether a value is what a device can be named by: a word or a whole number."""
    return (isinstance(value, str) and bool(value.strip())) or (isinstance(value, int) and value.__class__ is not bool)


def namer_of(members: Members) -> str | None:
    """The member that names the object's device, or None."""
    named = {_plain(member): member for member in members if names_device(member)}
    if named:
        for name in NAMERS:
            if name in named and is_device_name(members[named[name]]):
                return named[name]
    return None


def named_by(member: str, value: object) -> Named:
    """The device that the member which names it has as its value."""
    return Named(str(value), plain_name(member) in DEVICE_IDS)


def device_of(members: Members) -> Named | None:
    """The device that the object names, or None."""
    member = namer_of(members)
    return None if member is None else named_by(member, members[member])


def without_envelope(members: Members) -> dict[str, Any]:
    """The object without ids, and without sequence numbers where it is an envelope.

    An object is one where it names its device or keeps its values in a member of their own. Elsewhere a number called
    `seq` is as good a value as any other.
    """
    envelope = device_of(members) is not None or any(
        plain_name(name) in CONTAINERS and isinstance(value, dict | list) for name, value in members.items()
    )
    return {
        name: value
        for name, value in members.items()
        if not is_identifier(name, value) and not (envelope and plain_name(name) in SEQUENCES)
    }


def take_clock(members: dict[str, Any], now_ms: int) -> Moment | None:
    """Take the clocks out of an object and its containers; the surest sane moment, or None."""
    found: Moment | None = None
    for name in [name for name, value in members.items() if is_clock(name, value)]:
        found = surest((found, moment(members.pop(name), now_ms)))
    for name, below in members.items():
        if isinstance(below, dict) and plain_name(name) in CONTAINERS:
            members[name] = inner = dict(below)
            found = surest((found, take_clock(inner, now_ms)))
    return found


def take_units(data: dict[str, Scalar]) -> dict[str, str]:
    """Take units out of flat readings: `unit` beside `value`, `temperature_unit` beside `temperature`."""
    units = {}
    for key in [key for key, value in data.items() if isinstance(value, str) and _names_unit(key)]:
        targets = _measured(key, data)
        if targets:
            unit = str(data.pop(key))
            units.update(dict.fromkeys(targets, unit))
    return units


def _names_unit(key: str) -> bool:
    return plain_name(key).endswith(UNITS)


def _measured(key: str, data: Mapping[str, Scalar]) -> list[str]:
    """The readings that a unit under this key is of."""
    stem, dot, leaf = key.rpartition(".")
    if plain_name(leaf) in UNITS:
        values = [stem + dot + name for name in VALUES if stem + dot + name in data]
        return values or _only_number(stem + dot, data)
    bare = re.sub(r"(?i)[_-]?(?:units?|uom)$", "", leaf)
    return [stem + dot + bare] if stem + dot + bare in data and bare != leaf else []


def _only_number(under: str, data: Mapping[str, Scalar]) -> list[str]:
    """The one number that a bare `unit` can be of: with two beside it, nobody knows."""
    beside = [key for key in data if key.startswith(under) and "." not in key[len(under) :]]
    numbers = [key for key in beside if isinstance(data[key], int | float) and not isinstance(data[key], bool)]
    return numbers if len(numbers) == 1 else []


class Record(NamedTuple):
    """One reading that is spelled out: `{"name":"temperature","value":21.5,"unit":"°C"}`."""

    name: str
    value: object
    unit: str | None


def record_of(members: Members) -> Record | None:
    """The reading that an object without clocks and ids spells out and that is all it has, or None."""
    named = {plain_name(name): value for name, value in members.items()}
    name = _take(named, NAMES)
    value_there = any(name in named for name in VALUES)
    value = _take(named, VALUES)
    unit = _take(named, UNITS)
    if not value_there or named or not isinstance(name, str) or not name:
        return None
    return Record(name, value, unit if isinstance(unit, str) and unit else None)


def _take(named: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        if name in named:
            return named.pop(name)
    return None
