"""Messages after Valetudo's documentation, page "MQTT integration", section "MQTT API reference"."""

import pytest

from hub.decoders.base import Decoded, Kind
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told


@pytest.mark.parametrize(
    ("topic", "payload", "data", "units"),
    [
        ("BatteryStateAttribute/level", "42", {"BatteryStateAttribute.level": 42},
         {"BatteryStateAttribute.level": "%"}),
        ("BatteryStateAttribute/status", "charging", {"BatteryStateAttribute.status": "charging"}, {}),
        ("StatusStateAttribute/status", "cleaning", {"StatusStateAttribute.status": "cleaning"}, {}),
        ("StatusStateAttribute/error", {"severity": {"kind": "none"}, "message": ""},
         {"StatusStateAttribute.error.severity.kind": "none"}, {}),
        ("AttachmentStateAttribute/mop", "false", {"AttachmentStateAttribute.mop": False}, {}),
        ("attributes", {"battery_level": "87", "last_run": "yesterday"}, {"attributes.battery_level": 87},
         {"attributes.battery_level": "%"}),
        ("state", "docked", {"state": "docked"}, {}),
    ],
)  # fmt: skip
def test_values(topic: str, payload: object, data: dict[str, Scalar], units: dict[str, str]) -> None:
    decoded = one(f"valetudo/robot/{topic}", payload)
    assert (decoded.device, decoded.data, decoded.units, decoded.status) == ("robot", data, units, None)


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        ("MapData/map-data", b"x\x9c\xed\xff", "meta"), ("MapData/segments", {"16": "Hall"}, "meta"),
        ("map_data", b"\x1f\x8b", "meta"), ("BasicControlCapability/operation/set", "START", "command"),
        ("MapData/segments/$name", "Map segments", "discovery"), ("custom_command", "x", "command"),
    ],
)  # fmt: skip
def test_what_is_no_reading(topic: str, payload: object, kind: Kind) -> None:
    assert told(f"valetudo/robot/{topic}", payload) == [Decoded("robot", kind)]


def test_homies_attributes_are_its_own() -> None:
    by = decoders()
    assert one("valetudo/robot/$state", "lost", by) == Decoded("robot", "presence", status="offline")
    told("valetudo/robot/ConsumableMonitoringCapability/brush-main/$unit", "%", by)
    decoded = one("valetudo/robot/ConsumableMonitoringCapability/brush-main", "59", by)
    assert decoded.units == {"ConsumableMonitoringCapability.brush-main": "%"}


@pytest.mark.parametrize("topic", ["valetudo/robot", "valetudo//x"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "valetudo"
