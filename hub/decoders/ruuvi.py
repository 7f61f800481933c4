"""Ruuvi Gateway: `ruuvi/<gateway MAC>/<sensor MAC>` JSON with the advertisement in hex (`data`), or decoded already.

`ts` is when the gateway heard the sensor, in seconds; without a clock it sends `cnt`, a counter. The gateway's will
is on `…/gw_status`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

from hub.decoders.base import Decode, Decoded, Knowledge, Malformed
from hub.decoders.clock import moment
from hub.decoders.document import load, load_object, read_text
from hub.decoders.identity import device_id
from hub.decoders.leaves import Path
from hub.decoders.outline import Field, Outline
from hub.decoders.presence import presence
from hub.decoders.ruuvi_payload import read_payload, ruuvi_data

_MAC = r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
_TOPIC = re.compile(rf"(.+)/({_MAC})/(?:({_MAC})|gw_status)", re.DOTALL)
_ROOT = "ruuvi"
_NO_READINGS = frozenset((
    "gw_mac", "aoa", "gwts", "ts", "data", "coords", "id", "dataFormat", "cnt", "ble_phy", "ble_chan", "ble_tx_power",
    "mac", "name", "type", "flags",
))  # fmt: skip
_UNITS = {
    "temperature": "°C", "humidity": "%", "pressure": "Pa", "accelX": "g", "accelY": "g", "accelZ": "g", "voltage": "V",
    "txPower": "dBm", "rssi": "dBm", "PM1.0": "µg/m³", "PM2.5": "µg/m³", "PM4.0": "µg/m³", "PM10.0": "µg/m³",
    "CO2": "ppm", "luminosity": "lx",
}  # fmt: skip


class Ruuvi:
    """Sensors that a Ruuvi Gateway hears."""

    family = "ruuvi_gateway"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Topics of two MACs below `ruuvi`; below another prefix where the message names its gateway."""
        found = _TOPIC.fullmatch(topic)
        if found is None or (found[1] != _ROOT and b'"gw_mac"' not in payload and not topic.endswith("/gw_status")):
            return None
        if found[3] is None:
            return partial(_will, device_id(found[2]))
        return _Sensor(found[3]).decode


def _will(gateway: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    text = read_text(payload)
    if not text:
        return [Decoded(gateway, "removal")]
    document = load(payload) if text.startswith("{") else text
    status = presence("state", document.get("state") if isinstance(document, dict) else document)
    if status is None:
        raise Malformed("the gateway's status is neither online nor offline")
    return [Decoded(gateway, "presence", status=status)]


def _rule(path: Path) -> Field | None:
    name = path[-1]
    return None if name in _NO_READINGS else Field(".".join(path), _UNITS.get(name))


@lru_cache(maxsize=256)
def _units_of(names: tuple[str, ...]) -> Mapping[str, str]:
    """One mapping for the same readings, which nobody changes."""
    return {name: _UNITS[name] for name in names if name in _UNITS}


class _Sensor:
    """The messages of one sensor through one gateway."""

    def __init__(self, mac: str) -> None:
        self._device = device_id(mac)
        self._outline = Outline(_rule)

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        """What was heard; an advertisement of another maker has only the strength of its signal. Raises Malformed."""
        if not payload:
            return [Decoded(self._device, "removal")]
        document = load_object(payload)
        data = self._outline.read(document)
        units: Mapping[str, str] = self._outline.units(data)
        advertisement = document.get("data")
        if isinstance(advertisement, str) and "temperature" not in data:
            try:
                heard = bytes.fromhex(advertisement)
            except ValueError:
                raise Malformed("data is not hexadecimal") from None
            found = read_payload(ruuvi_data(heard) or b"")
            if found:
                data |= found
                units = _units_of(tuple(data))
        return [Decoded(self._device, "telemetry", data, units, None, moment(document.get("ts"), now_ms))]
