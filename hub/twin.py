"""A device's twin: what people want of it (desired), what it says of that (reported), and the difference; pure.

One event on `twin/<device>` is the whole of it (docs/twin.md). `version` counts the changes of what is desired: of two
changes with one version the first on the log holds, wherever they were made.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from hub.errors import INVALID_DATA, LIMIT_EXCEEDED, HubError
from hub.events import Scalar, decode_event
from hub.twin_delta import delta

PREFIX = "twin/"
MAX_KEYS = 128
"""Keys of one device that may be desired."""
MAX_KEY_CHARS = 256
MAX_TEXT_CHARS = 256
MAX_NUMBER = 2.0**63

Values = Mapping[str, Scalar]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin as its last event tells it; times are ms since the epoch.

    `reported` has the desired keys only: all else is telemetry, which is on the log already. `since` is when each
    desired value was set, `apart` since when the device has been reporting another one, or none.
    """

    version: int = 0
    desired: Values = field(default_factory=lambda: NOTHING)
    reported: Values = field(default_factory=lambda: NOTHING)
    since: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    apart: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    by: str = ""

    @property
    def delta(self) -> dict[str, Scalar]:
        """What is wanted and not reported."""
        return delta(self.desired, self.reported)

    def reporting(self, values: Values, *, now_ms: int) -> "Twin":
        """The twin while the device reports these values."""
        reported = {key: values[key] for key in self.desired if key in values}
        apart = {key: self.apart.get(key, now_ms) for key in delta(self.desired, reported)}
        return replace(self, reported=reported, apart=apart)

    def changed(self, patch: object, *, by: str, now_ms: int) -> "Twin":
        """The twin after a merge patch (RFC 7396) of what is desired: null removes. Itself where that changes nothing.

        Raises HubError: INVALID_DATA, LIMIT_EXCEEDED.
        """
        asked = dict.fromkeys(self.desired) if patch is None else patch
        if not isinstance(asked, dict):
            raise HubError("`desired` is an object of values by key, or null.", code=INVALID_DATA)
        desired, since = dict(self.desired), dict(self.since)
        for key, value in asked.items():
            if value is None:
                desired.pop(key, None)
                since.pop(key, None)
                continue
            _check(key, value)
            if key not in desired or _differs(value, desired[key]):
                # Never twice the same moment: it names the command that tells the device.
                since[key] = max(now_ms, since.get(key, 0) + 1)
            desired[key] = value
        if len(desired) > MAX_KEYS:
            raise HubError(f"{len(desired)} keys would be desired; at most {MAX_KEYS} may be.", code=LIMIT_EXCEEDED)
        if since == self.since:
            return self
        apart = {key: at for key, at in self.apart.items() if since.get(key) == self.since.get(key)}
        return replace(self, version=self.version + 1, desired=desired, since=since, apart=apart, by=by)

    def wants(self, key: str, asked_ms: int) -> bool:
        """Whether a device that was asked for a key at that time, by the value then, is still to be told it."""
        return key in self.apart and asked_ms >= self.since.get(key, 0)

    def follows(self, before: "Twin") -> bool:
        """Whether this may come after another one: a later change, or news of the device under the same one."""
        if self.version != before.version:
            return self.version > before.version
        return self.since == before.since and self.desired == before.desired

    def shown(self) -> dict[str, Any]:
        """The data of its event."""
        return {
            "version": self.version,
            "desired": dict(self.desired),
            "reported": dict(self.reported),
            "delta": self.delta,
            "since": dict(self.since),
            "apart": dict(self.apart),
            "by": self.by,
        }


NO_TWIN = Twin()
"""Of a device of which nothing was ever wanted."""


def twin_of(piece: bytes | None) -> Twin:
    """The twin of an encoded event; what is not there or is of another type is as if nobody had said it."""
    data = None if piece is None else decode_event(piece)["data"]
    if not isinstance(data, dict) or type(data.get("version")) is not int:
        return NO_TWIN
    desired, reported = _scalars(data.get("desired")), _scalars(data.get("reported"))
    since, apart = _moments(data.get("since"), desired), _moments(data.get("apart"), desired)
    return Twin(data["version"], desired, reported, since, apart, str(data.get("by", "")))


def _scalars(members: object) -> dict[str, Scalar]:
    found = members if isinstance(members, dict) else {}
    return {key: value for key, value in found.items() if isinstance(value, bool | int | float | str)}


def _moments(members: object, keys: Mapping[str, object]) -> dict[str, int]:
    found = members if isinstance(members, dict) else {}
    return {key: at for key, at in found.items() if key in keys and type(at) is int}


def _differs(value: object, before: Scalar) -> bool:
    return type(value) is not type(before) or value != before


def _check(key: object, value: object) -> None:
    if not isinstance(key, str) or not key.strip() or len(key) > MAX_KEY_CHARS or not key.isprintable():
        raise HubError(f"A desired key has 1 to {MAX_KEY_CHARS} characters that can be seen.", code=INVALID_DATA)
    if isinstance(value, str):
        if len(value) <= MAX_TEXT_CHARS and value.isprintable():
            return
        raise HubError(f"{key[:40]!r}: a text has at most {MAX_TEXT_CHARS} characters.", code=INVALID_DATA)
    if not isinstance(value, int | float):
        raise HubError(
            f"{key[:40]!r}: a number, a boolean, a text or null can be desired; what is within an object is named with "
            "dots, as telemetry names it.",
            code=INVALID_DATA,
        )
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise HubError(f"{key[:40]!r}: the number is too large.", code=INVALID_DATA)
