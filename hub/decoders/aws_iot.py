"""AWS IoT Core: device shadows (`$aws/things/<thing>/shadow[/name/<shadow>]/…`), presence, jobs.

Only `reported` is what a thing is; `desired` and `delta` are what is wanted of it. `metadata` repeats every key with
the moment of its last change and is no reading.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed, Status
from hub.decoders.clock import moment
from hub.decoders.document import load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import flatten
from hub.decoders.members import is_identifier

_SHADOW = re.compile(
    r"\$aws/things/([^/]+)/shadow/(?:name/([^/]+)/)?"
    r"(update|get|delete)(?:/(accepted|rejected|delta|documents))?"
)
_PRESENCE = re.compile(r"\$aws/events/presence/(connected|disconnected)/(.+)")
_JOBS = re.compile(r"\$aws/things/([^/]+)/(?:jobs|streams|tunnels)/(.+)")
_OTHER = re.compile(r"\$aws/(?:things/[^/]+|events)/.+")
_STATUS: Mapping[str, Status] = {"connected": "online", "disconnected": "offline"}
_WAITING = "gets"
MAX_GETS = 200
_NAMED = "named"
MAX_NAMED = 10_000
"""Things whose named shadows are remembered; of others a key with a dot is taken for a member of the classic one."""
MAX_NAMES = 16


class AwsIot:
    """Things of AWS IoT Core, as its broker and bridges from it carry them."""

    family = "aws_iot"
    roots = frozenset(("$aws",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics below `$aws/`; not those of basic ingest, which end in a topic of the user's own."""
        found = _SHADOW.fullmatch(topic)
        if found is not None:
            thing, shadow, verb, outcome = found.groups()
            return _shadow(thing, shadow, f"{verb}/{outcome}" if outcome else verb, knowledge) if fits(thing) else None
        found = _PRESENCE.fullmatch(topic)
        if found is not None:
            return _Presence(found[2], _STATUS[found[1]]).decode if fits(found[2]) else None
        found = _JOBS.fullmatch(topic)
        if found is not None and fits(found[1]):
            # The service notifies of jobs, files and tunnels; all else there is asked for and answered.
            return _always(device_id(found[1]), "command" if "notify" in found[2] else "meta")
        return _always(None, "meta") if _OTHER.fullmatch(topic) else None


def _always(device: str | None, kind: Kind) -> Decode:
    told = [Decoded(device, kind)]
    return lambda _payload, _now_ms: told


def shadow_of(device: str, key: str, knowledge: Knowledge) -> tuple[str, str]:
    """The named shadow that a key of a thing is in, and its key there; the classic one is ''."""
    named = cast("dict[str, list[str]]", knowledge.of(AwsIot.family).get(_NAMED, {}))
    name = next((name for name in named.get(device, ()) if key.startswith(f"{name}.")), "")
    return name, key[len(name) + 1 :] if name else key


class ShadowGet(NamedTuple):
    """A thing asks for one of its shadows; the classic one is ''. `token` is for the answer, if it is not empty."""

    device: str
    shadow: str
    token: str


def take_gets(knowledge: Knowledge) -> list[ShadowGet]:
    """What was asked for and not taken yet, oldest first."""
    asked = cast("list[list[str]]", knowledge.of(AwsIot.family).pop(_WAITING, []))
    return [ShadowGet(*each) for each in asked]


def _get(thing: str, shadow: str, knowledge: Knowledge) -> Decode:
    """Keeps what is asked, so that the hub can answer; with MAX_GETS waiting, others are not answered."""
    known, device = knowledge.of(AwsIot.family), device_id(thing)

    def decode(payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        token = load_object(payload).get("clientToken") if payload.strip() else None
        waiting = cast("list[object]", known.setdefault(_WAITING, []))
        if len(waiting) < MAX_GETS:
            waiting.append([device, shadow, token if isinstance(token, str) else ""])
        return [Decoded(device, "request")]

    return decode


def _remember(thing: str, shadow: str, knowledge: Knowledge) -> None:
    named = cast("dict[str, list[str]]", knowledge.of(AwsIot.family).setdefault(_NAMED, {}))
    device = device_id(thing)
    if device in named or len(named) < MAX_NAMED:
        names = named.setdefault(device, [])
        if shadow not in names and len(names) < MAX_NAMES:
            names.append(shadow)


def _shadow(thing: str, shadow: str | None, what: str, knowledge: Knowledge) -> Decode:
    if shadow is not None:
        _remember(thing, shadow, knowledge)
    if what == "get":
        return _get(thing, shadow or "", knowledge)
    if what == "delete":
        return _always(device_id(thing), "command")
    if what.endswith("/rejected") or what == "delete/accepted":
        return _always(device_id(thing), "response")
    return _Shadow(thing, shadow, what).decode


class _Presence:
    """A client that the service says has come or gone."""

    __slots__ = ("_device", "_status")

    def __init__(self, client: str, status: Status) -> None:
        self._device = device_id(client)
        self._status: Status = status

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        time = moment(load_object(payload).get("timestamp"), now_ms)
        return [Decoded(self._device, "presence", status=self._status, time=time)]


class _Shadow:
    """The documents of one topic of a shadow."""

    __slots__ = ("_device", "_under", "_what")

    def __init__(self, thing: str, shadow: str | None, what: str) -> None:
        self._device = device_id(thing)
        self._under = () if shadow is None else (shadow,)
        self._what = what

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        document: Mapping[str, Any] = load_object(payload)
        time = moment(document.get("timestamp"), now_ms)
        if self._what == "update/documents":
            document = _object(document, "current")
        state = _object(document, "state")
        reported = state.get("reported")
        if self._what == "update/delta" or not isinstance(reported, dict):
            kind: Kind = "command" if self._what in ("update", "update/delta") else "response"
            return [Decoded(self._device, kind, time=time)]
        data = flatten(reported, under=self._under, skip=is_identifier)
        return [Decoded(self._device, "state", data, NO_UNITS, None, time, NO_ATTRIBUTES)]


def _object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = members.get(name)
    if not isinstance(found, dict):
        raise Malformed(f"no object {name}")
    return found
