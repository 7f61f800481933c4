"""Shelly, second generation and later: `<prefix>/events/rpc`, `<prefix>/status/switch:0`, `<prefix>/online`.

The prefix is the device's id by default and may be anything, with `/` too; it is the device, since most topics name
nothing else. Notifications are JSON-RPC with the device's clock in `params.ts`; a NotifyStatus has what has changed.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed
from hub.decoders.clock import Moment, moment
from hub.decoders.document import begins_document, load_object
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import reading
from hub.decoders.news import announcing
from hub.decoders.outline import Outline
from hub.decoders.shelly_gen2_components import is_component, rule
from hub.decoders.single import Single
from hub.decoders.words import status_of

MAX_PREFIXES = 10_000
"""Prefixes that are remembered; devices past them are known by topics that only they have."""
_TOPIC = re.compile(r"(.+?)/(events/rpc|rpc|online|debug/log|(?:status|command)/([^/]+))", re.DOTALL)


class ShellyGen2:
    """Shelly devices of the second and later generations, and those of others with their firmware."""

    family = "shelly_gen2"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics that only they have; `online`, `rpc` and `debug/log` below a known prefix, or one named shelly…."""
        found = _TOPIC.fullmatch(topic)
        if found is None or not fits(found[1]):
            return None
        prefixes = cast("dict[str, int]", knowledge.of(self.family).setdefault("prefixes", {}))
        prefix, what, component = found[1], found[2], found[3] or ""
        known = prefix in prefixes or prefix.rpartition("/")[2].lower().startswith("shelly")
        if what == "events/rpc":
            return _notifications(prefix, prefixes)
        if component:
            return _component(prefix, what, component) if known or is_component(component) else None
        if what == "rpc":
            return partial(_rpc, prefix) if known or b'"method"' in payload or b'"result"' in payload else None
        if not known:
            return None
        return partial(_will, prefix) if what == "online" else partial(_told, prefix, "log")


def _notifications(prefix: str, prefixes: dict[str, int]) -> Decode:
    decode = _Notifications(prefix).decode
    if prefix in prefixes or len(prefixes) >= MAX_PREFIXES:
        return decode
    prefixes[prefix] = 1
    # Of a prefix of one level, others read the presence in just the same way.
    return announcing(decode, below=prefix) if "/" in prefix else decode


def _component(prefix: str, what: str, component: str) -> Decode:
    if what.startswith("command/"):
        return partial(_told, prefix, "command")
    return Single(device_id(prefix), (component,), rule).decode


def _told(prefix: str, kind: Kind, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device_id(prefix), kind)]


def _will(prefix: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload, online="true", offline="false")
    return [Decoded(device_id(prefix), "removal" if status is None else "presence", status=status)]


def _rpc(prefix: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """A call goes to the device; an answer comes on the caller's topic and names the device as its source."""
    document = load_object(payload) if begins_document(payload) else {}
    if "result" in document or "error" in document:
        source = document.get("src")
        return [Decoded(device_id(source) if isinstance(source, str) else None, "response")]
    return [Decoded(device_id(prefix), "command")]


class _Notifications:
    """What one device notifies of."""

    def __init__(self, prefix: str) -> None:
        self._device = device_id(prefix)
        self._outline = Outline(rule)
        self._attributes: Mapping[str, str] = NO_ATTRIBUTES

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """NotifyStatus, NotifyFullStatus, NotifyEvent; other methods say nothing. Raises Malformed."""
        document = load_object(payload)
        method, params = document.get("method"), document.get("params")
        if not isinstance(method, str) or not isinstance(params, dict):
            raise Malformed("a notification has a method and params")
        time = moment(params.get("ts"), now_ms)
        if method == "NotifyEvent":
            return self._events(params.get("events"), time, now_ms)
        if method == "NotifyFullStatus":
            self._learn(document, params)
        data = self._outline.read(params)
        kind: Kind = "state" if method == "NotifyFullStatus" else "telemetry"
        return [Decoded(self._device, kind, data, self._outline.units(data), None, time, self._attributes)]

    def _events(self, events: object, time: Moment | None, now_ms: int) -> list[Decoded]:
        told = []
        for event in events if isinstance(events, list) else []:
            name = event.get("event") if isinstance(event, dict) else None
            if not isinstance(name, str):
                raise Malformed("an event without a name")
            own = moment(event.get("ts"), now_ms)
            key = f"{event.get('component', 'device')}.event"
            data = {key: name} if reading(name) and reading(key) else {}
            told.append(Decoded(self._device, "event", data, NO_UNITS, None, time if own is None else own))
        return told or [Decoded(self._device, "event", {}, NO_UNITS, None, time)]

    def _learn(self, document: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        system, wifi = params.get("sys"), params.get("wifi")
        facts = {
            "src": document.get("src"),
            "mac": system.get("mac") if isinstance(system, dict) else None,
            "ip": wifi.get("sta_ip") if isinstance(wifi, dict) else None,
        }
        told = {name: value for name, value in facts.items() if isinstance(value, str)}
        # One object as long as nothing changes: who compares by identity sees at once that nothing is new.
        if told != self._attributes:
            self._attributes = told
