"""Sparkplug B: `spBv1.0/<group>/<type>/<node>[/<device>]` in protobuf, `spBv1.0/STATE/<host>`, formerly `STATE/<host>`.

Births tell the names, types and units behind the aliases of the data after them. A node is the device `group/node`,
what is behind it `group/node/device`. After the Sparkplug specification 3.0.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from hub.decoders.base import NO_ATTRIBUTES, Decode, Decoded, Kind, Knowledge, Malformed, Status, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import begins_document, load_object, read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.shared import SharedUnits
from hub.decoders.sparkplug_births import Births, told_of
from hub.decoders.sparkplug_metrics import Sink, gather
from hub.decoders.sparkplug_wire import parse, rebirth_request

_TOPIC = re.compile(r"spBv1\.0/([^/]+)/([ND])(BIRTH|DEATH|DATA|CMD)/([^/]+)(?:/([^/]+))?")
_STATE = re.compile(r"(?:spBv1\.0/)?STATE/([^/]+)")
_HOST_WORDS: dict[str, Status] = {"ONLINE": "online", "OFFLINE": "offline"}
_NUMBER = "bdSeq"
_CONTROLS = ("Node Control/", "Device Control/")
_FACTS = {
    "Properties/Hardware Make": "vendor",
    "Properties/Hardware Model": "model",
    "Properties/FW": "firmware",
    "Properties/Firmware Version": "firmware",
}


class Sparkplug:
    """Edge nodes, the devices behind them, and host applications."""

    family = "sparkplug_b"
    roots = frozenset(("spBv1.0", "STATE"))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics of the namespace; `STATE/<host>` only where it says what hosts say there."""
        found = _TOPIC.fullmatch(topic)
        if found is None:
            return _claim_state(topic, payload)
        group, of, what, node, device = found.groups()
        name = f"{group}/{node}/{device}" if device else f"{group}/{node}"
        if (of == "D") != bool(device) or not fits(name):
            return None
        if what == "CMD":
            told = [Decoded(device_id(name), "command")]
            return lambda _payload, _now_ms: told
        reader = _Reader(name, node=f"{group}/{node}", births=Births(knowledge.of(self.family)))
        reads: dict[str, Decode] = {"BIRTH": reader.birth, "DATA": reader.data, "DEATH": reader.death}
        return reads[what]


def take_rebirths(knowledge: Knowledge, now_ms: int) -> list[tuple[str, bytes]]:
    """Topic and payload of a rebirth request for each node that has sent data since, but whose birth nobody saw."""
    request = rebirth_request(now_ms)
    nodes = Births(knowledge.of(Sparkplug.family)).take_unborn()
    return [("spBv1.0/{}/NCMD/{}".format(*node.split("/")), request) for node in nodes]


def _claim_state(topic: str, payload: bytes) -> Decode | None:
    found = _STATE.fullmatch(topic)
    if found is None or not fits(found[1]):
        return None
    if topic.startswith("STATE/") and not begins_document(payload) and payload.strip() not in (b"ONLINE", b"OFFLINE"):
        return None
    return partial(_state, device_id(found[1]))


def _state(host: str, payload: bytes, now_ms: int) -> Sequence[Decoded]:
    """A host application's birth or will: JSON, or in version 2 a word."""
    if not payload:
        return [Decoded(host, "removal")]
    if not begins_document(payload):
        status = _HOST_WORDS.get(read_text(payload))
        if status is None:
            raise Malformed("STATE is neither ONLINE nor OFFLINE")
        return [Decoded(host, "presence", status=status)]
    message = load_object(payload)
    if not isinstance(message.get("online"), bool):
        raise Malformed("STATE without the member online")
    status = "online" if message["online"] else "offline"
    return [Decoded(host, "presence", status=status, time=moment(message.get("timestamp"), now_ms))]


class _Reader:
    """Reads the messages of one node or device."""

    __slots__ = ("_attributes", "_births", "_device", "_name", "_node", "_units")

    def __init__(self, name: str, *, node: str, births: Births) -> None:
        self._device = device_id(name)
        self._name = name
        self._node = node
        self._births = births
        self._units = SharedUnits()
        self._attributes = SharedUnits()

    def birth(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """All metrics with their names, types and units, and present values: the device is there."""
        message = parse(payload)
        metrics = _named(message.metrics)
        self._births.learn(self._name, metrics, number=_number(message))
        told = self._told(message, metrics, now_ms)
        if not told:
            told = [Decoded(self._device, "presence", time=moment(message.timestamp, now_ms))]
        first = told[0]
        first.status = "online"
        first.kind = "state" if first.data else "presence"
        first.attributes = self._attributes.of(self._facts(first))
        return told

    def data(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """The metrics that have changed, mostly by alias; raises Unsupported where no birth tells what they are."""
        message = parse(payload)
        told = self._told(message, _named(message.metrics), now_ms)
        return told or [Decoded(self._device, "telemetry", time=moment(message.timestamp, now_ms))]

    def death(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """A node's will takes all devices behind it along, unless it is the will of an earlier connection."""
        message = parse(payload)
        if self._name != self._node:
            return [Decoded(self._device, "presence", status="offline", time=moment(message.timestamp, now_ms))]
        birth, number = self._births.of(self._node), _number(message)
        if birth is not None and None not in (birth["number"], number) and birth["number"] != number:
            return [Decoded(self._device, "meta")]
        # Its timestamp is of when the will was left with the broker.
        gone = [self._device, *(device_id(name) for name in self._births.devices_of(self._node))]
        return [Decoded(device, "presence", status="offline") for device in gone]

    def _facts(self, first: Decoded) -> dict[str, str]:
        facts = {"name": self._name.rpartition("/")[2]}
        if self._name != self._node:
            facts["gateway"] = device_id(self._node)
        return facts | {fact: str(first.data[key]) for key, fact in _FACTS.items() if key in first.data}

    def _told(self, message: Any, metrics: Sequence[Any], now_ms: int) -> list[Decoded]:
        """One event for each moment that metrics have."""
        birth = self._births.of(self._name)
        sinks: dict[int, Sink] = {}
        unknown = 0
        for metric in metrics:
            told = told_of(birth, metric)
            if told is None:
                unknown += 1
            elif told[0] != _NUMBER and not told[0].startswith(_CONTROLS):
                at = metric.timestamp or message.timestamp
                sink = sinks.get(at)
                if sink is None:
                    sink = sinks[at] = Sink()
                gather(sink, metric, told[0], datatype=told[1], unit=told[2])
        if unknown:
            self._births.miss(self._node)
        full = {at: sink for at, sink in sinks.items() if sink.data}
        if not full:
            _refuse(unknown, sum(sink.not_numbers for sink in sinks.values()))
        kind: Kind = "telemetry"
        return [
            Decoded(self._device, kind, sink.data, self._units.of(sink.units), None, moment(at, now_ms), NO_ATTRIBUTES)
            for at, sink in full.items()
        ]


def _refuse(unknown: int, not_numbers: int) -> None:
    if unknown:
        raise Unsupported("metrics by alias alone, and the birth that names them was not seen")
    if not_numbers:
        raise Malformed("nothing but values that are not finite numbers")


def _named(metrics: Any) -> Sequence[Any]:
    """The metrics; raises Malformed for a name that is not UTF-8, which the parser gives as bytes."""
    found: Sequence[Any] = metrics
    for metric in found:
        if type(metric.name) is not str:
            raise Malformed("a metric's name is not UTF-8")
    return found


def _number(message: Any) -> int | None:
    for metric in message.metrics:
        if metric.name == _NUMBER:
            return int(metric.long_value or metric.int_value)
    return None
