"""What people say of a device (name, tags, place, …): one record on `registry/<device>`, whole after a change; pure."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from hub.errors import INVALID_DATA, HubError
from hub.events import decode_event
from hub.zones import zone_of

PREFIX = "registry/"
MAX_NAME_CHARS = 80
MAX_TAGS = 32
MAX_TAG_CHARS = 40
MAX_LOCATION_CHARS = 200
MAX_NOTES_CHARS = 4_000
MAX_INTERVAL_S = 366 * 86_400

_ZONE = re.compile(r"[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}")


@dataclass(frozen=True, slots=True)
class Record:
    """What people say of one device; what nobody has said is empty or None.

    `version` counts the changes. `interval_s` is how often it is expected to speak, `zone` the time zone of its clock.
    `approved` is None while nobody has decided. Of a device that was merged, `merged_into` is the one that it is part
    of. `forgotten` is when it was forgotten last (ms since the epoch); `erased`: with this change its history goes.
    """

    version: int = 0
    name: str = ""
    tags: tuple[str, ...] = ()
    location: str = ""
    notes: str = ""
    interval_s: float | None = None
    zone: str = ""
    approved: bool | None = None
    merged_into: str | None = None
    forgotten: int | None = None
    erased: bool = False

    def shown(self) -> dict[str, Any]:
        """The record as it is told."""
        return {**asdict(self), "tags": list(self.tags)}


NOTHING = Record()
"""Of a device of which nobody has said anything."""

_SHAPES: Mapping[str, tuple[type, ...]] = {
    "version": (int,),
    "name": (str,),
    "tags": (list,),
    "location": (str,),
    "notes": (str,),
    "interval_s": (int, float, type(None)),
    "zone": (str,),
    "approved": (bool, type(None)),
    "merged_into": (str, type(None)),
    "forgotten": (int, type(None)),
    "erased": (bool,),
}


def record_of(piece: bytes | None) -> Record:
    """The record of an encoded event; what is not there or has another type in it is as if nobody had said it."""
    data = None if piece is None else decode_event(piece)["data"]
    if not isinstance(data, dict):
        return NOTHING
    given = {name: data[name] for name, shape in _SHAPES.items() if isinstance(data.get(name), shape) and name in data}
    if "tags" in given:
        given["tags"] = tuple(tag for tag in given["tags"] if isinstance(tag, str))
    return Record(**given)


def changed(before: Record, request: Mapping[str, Any]) -> Record:
    """The record after a change of its members; those that are left out stay. Raises HubError(INVALID_DATA)."""
    unknown = sorted(request.keys() - _CHECKS.keys())
    if unknown:
        raise HubError(f"A device has no {unknown[0][:80]!r} that one could change.", code=INVALID_DATA)
    given: dict[str, Any] = {name: _CHECKS[name](value) for name, value in request.items()}
    return _next(before, **given)


def merged(before: Record, into: str | None) -> Record:
    """The record of a device that is part of another one from now on, or of none."""
    return _next(before, merged_into=into)


def forgotten(before: Record, *, now_ms: int, erased: bool) -> Record:
    """The record of a device that is forgotten: of what was said nothing stays, but that it was refused."""
    return Record(
        version=before.version + 1,
        approved=False if before.approved is False else None,
        forgotten=now_ms,
        erased=erased,
    )


def _next(before: Record, **given: Any) -> Record:
    return replace(before, version=before.version + 1, erased=False, **given)


def _text(name: str, most: int, *, lines: bool = False) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise HubError(f"{name} is a text of at most {most} characters.", code=INVALID_DATA)
        value = value.strip()
        if not (value.replace("\n", "").replace("\t", "") if lines else value).isprintable():
            raise HubError(f"{name} has no control characters.", code=INVALID_DATA)
        return value

    return check


_tag = _text("A tag", MAX_TAG_CHARS)


def _tags(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_TAGS:
        raise HubError(f"tags is a list of at most {MAX_TAGS} tags.", code=INVALID_DATA)
    found = dict.fromkeys(_tag(each) for each in value)
    found.pop("", None)
    return tuple(sorted(found, key=str.casefold))


def _interval_s(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise HubError("interval_s is a number of seconds, or null.", code=INVALID_DATA)
    if not 0 < value <= MAX_INTERVAL_S:
        raise HubError(f"interval_s is above 0 and at most {MAX_INTERVAL_S}.", code=INVALID_DATA)
    return value


def _zone(value: object) -> str:
    if not isinstance(value, str) or (value and _ZONE.fullmatch(value) is None):
        raise HubError("zone is the name of a time zone, as in 'Europe/Berlin'.", code=INVALID_DATA)
    if value and zone_of(value) is None:
        raise HubError(f"The hub knows no time zone {value!r}; 'Europe/Berlin' is one.", code=INVALID_DATA)
    return value


def _approved(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise HubError("approved is true, false or null.", code=INVALID_DATA)
    return value


_CHECKS: Mapping[str, Callable[[object], object]] = {
    "name": _text("name", MAX_NAME_CHARS),
    "tags": _tags,
    "location": _text("location", MAX_LOCATION_CHARS),
    "notes": _text("notes", MAX_NOTES_CHARS, lines=True),
    "interval_s": _interval_s,
    "zone": _zone,
    "approved": _approved,
}
CHANGEABLE = frozenset(_CHECKS)
"""The members that a change may have."""

assert _SHAPES.keys() == {field.name for field in fields(Record)}  # noqa: S101 - a member that is never read back
