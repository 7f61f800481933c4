"""Meshtastic over MQTT as JSON: `msh/<region>/2/json/<channel>/!<gateway>`, `…/2/stat/!<gateway>`, `…/2/json/mqtt/`.

The topic names the gateway that heard a packet; the values are of the node that sent it (`from`), whose id is written
`!` and eight hexadecimal digits.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.clock import moment
from hub.decoders.document import load_object, read_text
from hub.decoders.leaves import flatten
from hub.decoders.presence import presence
from hub.decoders.shared import SharedUnits
from hub.events import Scalar

_TOPIC = re.compile(r"(?:.+/)?2/(json|stat|e|c|map)/(?:([^/]+)/)?(![0-9a-f]{8})?")
_ROOT = "msh/"
MAX_NODE = 2**32 - 1

UNITS = {
    "battery_level": "%", "voltage": "V", "channel_utilization": "%", "air_util_tx": "%", "uptime_seconds": "s",
    "temperature": "°C", "relative_humidity": "%", "barometric_pressure": "hPa", "gas_resistance": "MΩ", "lux": "lx",
    "white_lux": "lx", "wind_speed": "m/s", "wind_gust": "m/s", "wind_lull": "m/s", "wind_direction": "°",
    "radiation": "µR/h", "rainfall_1h": "mm", "rainfall_24h": "mm", "soil_moisture": "%", "soil_temperature": "°C",
    "weight": "kg", "pm10": "µg/m³", "pm25": "µg/m³", "pm100": "µg/m³", "pm10_e": "µg/m³", "pm25_e": "µg/m³",
    "pm100_e": "µg/m³", "voltage_ch1": "V", "voltage_ch2": "V", "voltage_ch3": "V", "latitude": "°", "longitude": "°",
    "altitude": "m", "ground_speed": "m/s", "rssi": "dBm", "snr": "dB", "uptime": "s",
}  # fmt: skip
_SCALED = {"latitude_i": "latitude", "longitude_i": "longitude"}
_NO_READINGS = frozenset(("time", "timestamp", "precision_bits", "id", "node_id"))
_RADIO = ("rssi", "snr", "hops_away")
_NODE_FACTS = {"longname": "name", "shortname": "short_name", "hardware": "hardware", "role": "role"}


class Meshtastic:
    """Nodes of a LoRa mesh, told by the gateways that hear them."""

    family = "meshtastic"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics of a gateway; below `msh/` also those of packets that are not JSON."""
        found = _TOPIC.fullmatch(topic) if "2/" in topic else None
        if found is None:
            return None
        what, channel, gateway = found.groups()
        if what == "json" and channel == "mqtt":
            told = [Decoded(None, "command")]
            return lambda _payload, _now_ms: told
        if what == "json" and channel and gateway:
            return _Packets().decode
        if what == "stat" and gateway and not channel:
            return lambda payload, _now_ms: [_will(gateway, payload)]
        return _unread if topic.startswith(_ROOT) and what not in ("json", "stat") else None


def _unread(_payload: bytes, _now_ms: int) -> NoReturn:
    raise Unsupported("a packet in protobuf, mostly encrypted; the JSON topics are read")


def _will(gateway: str, payload: bytes) -> Decoded:
    if not payload:
        return Decoded(gateway, "removal")
    word = read_text(payload)
    status = presence("status", word)
    if status is None:
        raise Malformed(f"status is {word[:40]!r}, neither online nor offline")
    return Decoded(gateway, "presence", status=status)


class _Packets:
    """The packets that one gateway heard on one channel."""

    __slots__ = ("_attributes", "_units")

    def __init__(self) -> None:
        self._units = SharedUnits()
        self._attributes = SharedUnits()

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        packet = load_object(payload)
        sender = packet.get("from")
        if type(sender) is not int or not 0 <= sender <= MAX_NODE:
            raise Malformed("no node in the member from")
        device = f"!{sender:08x}"
        time = moment(packet.get("timestamp"), now_ms)
        what, content = packet.get("type"), packet.get("payload")
        if what == "nodeinfo" and isinstance(content, dict):
            return [Decoded(device, "discovery", {}, NO_UNITS, None, time, self._attributes.of(_facts(content)))]
        if what in ("telemetry", "position", "paxcounter") and isinstance(content, dict):
            data = _readings(content) | _radio(packet)
            units = self._units.of({key: UNITS[key] for key in data if key in UNITS})
            return [Decoded(device, "telemetry", data, units, None, time, NO_ATTRIBUTES)]
        if what in ("text", "detection"):
            text = content if isinstance(content, dict) else {"text": content}
            return [Decoded(device, "event", flatten(text), NO_UNITS, None, time, NO_ATTRIBUTES)]
        return [Decoded(device, "meta", time=time)]


def _facts(content: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(content[key]) for key, name in _NODE_FACTS.items() if isinstance(content.get(key), str | int)}


def _readings(content: Mapping[str, Any]) -> dict[str, Scalar]:
    data = flatten(content, skip=lambda name, _value: name in _NO_READINGS)
    for key, name in _SCALED.items():
        value = data.pop(key, None)
        if isinstance(value, int | float):
            # Ten millionths of a degree; divided, and so rounded once, where a factor would be rounded twice.
            data[name] = value / 1e7
    return data


def _radio(packet: Mapping[str, Any]) -> dict[str, Scalar]:
    return {key: packet[key] for key in _RADIO if type(packet.get(key)) in (int, float)}
