"""ThingsBoard's device API (`v1/devices/me/…`, short `v2/t`, `v2/a`, `v2/r/…`) and gateway API (`v1/gateway/…`).

The device API names no device: there the connection is the device. Telemetry is `{key: value}`, or `{"ts": ms,
"values": {…}}`, or an array of both; a gateway has such arrays by the name of each device behind it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed, Status, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import load, load_object
from hub.decoders.identity import device_id
from hub.decoders.leaves import MAX_LEAVES, flatten
from hub.decoders.members import is_identifier

_ME = re.compile(r"v1/devices/me/(.+)|v2/(.+)")
_GATEWAY = "v1/gateway/"
_UNQUOTED = re.compile(rb"([{,]\s*)([A-Za-z_]\w*)\s*:")
"""Names of members as the product's own example for a shell writes them: `{temperature:25}`."""
_OTHERS: Sequence[tuple[str, Kind]] = (
    (r"attributes/response/.+|a/res/.+", "response"),
    (r"rpc/request/.+|r/req/.+", "command"),
    (r"rpc/response/.+|r/res/.+", "response"),
    (r"claim|provision(?:/.+)?", "config"),
    (r"(?:fw|sw)/request/.+", "request"),
    (r"(?:fw|sw)/response/.+", "response"),
)

_ASKED = re.compile(r"v1/gateway/attributes/request|v1/devices/me/attributes/request/.+|v2/a/req/.+")
_WAITING = "questions"
MAX_QUESTIONS = 200

Read = Callable[[object, int], Sequence[Decoded]]


class ThingsBoard:
    """Devices and gateways that speak as ThingsBoard wants it."""

    family = "thingsboard"
    roots = frozenset(("v1", "v2"))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """The topics of the two APIs."""
        asked = _ASKED.fullmatch(topic) is not None
        if asked or topic.startswith(_GATEWAY):
            return _question(topic, knowledge) if asked else _gateway(topic.removeprefix(_GATEWAY))
        found = _ME.fullmatch(topic)
        if found is None:
            return None
        what = found[1] or found[2]
        if what in (("telemetry",) if found[1] else ("t", "t/j")):
            return _reading(_telemetry)
        if what in (("attributes",) if found[1] else ("a", "a/j")):
            return _reading(_attributes)
        if not found[1] and what in ("t/p", "a/p"):
            return _protobuf
        kind = next((kind for pattern, kind in _OTHERS if re.fullmatch(pattern, what)), None)
        return None if kind is None else _always(kind)


def take_questions(knowledge: Knowledge) -> list[tuple[str, dict[str, object]]]:
    """Topic and members of each question for attributes that was not taken yet, oldest first."""
    asked = cast("list[tuple[str, dict[str, object]]]", knowledge.of(ThingsBoard.family).pop(_WAITING, []))
    return [(topic, members) for topic, members in asked]


def _question(topic: str, knowledge: Knowledge) -> Decode:
    """Keeps what is asked, so that the hub can answer; with MAX_QUESTIONS waiting, others are not answered."""
    known = knowledge.of(ThingsBoard.family)

    def decode(payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        members = load_object(payload)
        waiting = cast("list[object]", known.setdefault(_WAITING, []))
        if len(waiting) < MAX_QUESTIONS:
            waiting.append([topic, members])
        return [Decoded(None, "request")]

    return decode


def _always(kind: Kind) -> Decode:
    told = [Decoded(None, kind)]
    return lambda _payload, _now_ms: told


def _protobuf(_payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    raise Unsupported("protobuf of a schema that the server alone has")


def _reading(read: Read) -> Decode:
    return lambda payload, now_ms: read(_load(payload), now_ms)


def _load(payload: bytes) -> object:
    try:
        return load(payload)
    except Malformed:
        quoted = _UNQUOTED.sub(rb'\1"\2":', payload)
        if quoted == payload:
            raise
        return load(quoted)


def _telemetry(document: object, now_ms: int) -> Sequence[Decoded]:
    return list(_moments(None, document, now_ms))


def _moments(device: str | None, document: object, now_ms: int) -> Iterator[Decoded]:
    """One event for each element that has a time of its own, or none."""
    elements = document if isinstance(document, list) else [document]
    if len(elements) > MAX_LEAVES:
        raise Unsupported(f"over {MAX_LEAVES} moments in one message")
    for element in elements:
        if not isinstance(element, dict):
            raise Malformed("telemetry is an object or an array of objects")
        values, time = element, None
        if isinstance(element.get("values"), dict) and "ts" in element:
            values, time = element["values"], moment(element["ts"], now_ms)
        yield Decoded(device, "telemetry", flatten(values, skip=is_identifier), NO_UNITS, None, time, NO_ATTRIBUTES)


def _attributes(document: object, _now_ms: int) -> Sequence[Decoded]:
    if not isinstance(document, dict):
        raise Malformed("attributes are an object")
    if document.keys() == {"deleted"}:
        return [Decoded(None, "config")]
    return [Decoded(None, "state", flatten(document, skip=is_identifier))]


def _gateway(what: str) -> Decode | None:
    reads: dict[str, Decode] = {
        "telemetry": _reading(_of_devices),
        "attributes": _reading(_attributes_of_devices),
        "connect": lambda payload, _now_ms: [_session(payload, "online")],
        "disconnect": lambda payload, _now_ms: [_session(payload, "offline")],
        "rpc": lambda payload, _now_ms: [_rpc(payload)],
        "attributes/response": _always("response"),
        "claim": _always("config"),
    }
    return reads.get(what)


def _of_devices(document: object, now_ms: int) -> Sequence[Decoded]:
    found: list[Decoded] = []
    for name, moments in _by_name(document).items():
        found += _moments(device_id(name), moments, now_ms)
        if len(found) > MAX_LEAVES:
            raise Unsupported(f"over {MAX_LEAVES} moments in one message")
    return found


def _attributes_of_devices(document: object, _now_ms: int) -> Sequence[Decoded]:
    found = []
    members = _by_name(document)
    if isinstance(members.get("device"), str) and isinstance(members.get("data"), dict):
        # The other direction: the server pushes shared attributes to one device.
        return [Decoded(device_id(members["device"]), "config")]
    for name, attributes in members.items():
        if not isinstance(attributes, dict):
            raise Malformed("attributes are an object for each device")
        found.append(Decoded(device_id(name), "state", flatten(attributes, skip=is_identifier)))
    return found


def _by_name(document: object) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise Malformed("a gateway sends an object with a member for each device")
    return document


def _session(payload: bytes, status: Status) -> Decoded:
    message = load_object(payload)
    kind = message.get("type")
    facts = {"type": kind} if isinstance(kind, str) else NO_ATTRIBUTES
    return Decoded(_named(message), "presence", status=status, attributes=facts)


def _rpc(payload: bytes) -> Decoded:
    """The server calls with a method in `data`; what has none is the device's answer."""
    message = load_object(payload)
    data = message.get("data")
    called = isinstance(data, dict) and "method" in data
    return Decoded(_named(message), "command" if called else "response")


def _named(message: Mapping[str, Any]) -> str:
    name = message.get("device")
    if not isinstance(name, str):
        raise Malformed("no device")
    return device_id(name)
