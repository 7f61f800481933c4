"""Messages after the manufacturer's "Gen1 Device API Reference", sections "MQTT" and each device's "MQTT"."""

import pytest

from hub.decoders.base import Decoded, Kind, Malformed
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told

PLUG = "shelly1pm-AA11BB"


@pytest.mark.parametrize(
    ("topic", "payload", "data", "units"),
    [
        ("relay/0", "on", {"relay.0": "on"}, {}),
        ("relay/0/power", "12.5", {"relay.0.power": 12.5}, {"relay.0.power": "W"}),
        ("relay/0/energy", "600", {"relay.0.energy": 600}, {"relay.0.energy": "Wmin"}),
        ("emeter/1/total", "42.5", {"emeter.1.total": 42.5}, {"emeter.1.total": "Wh"}),
        ("emeter/1/pf", "0.9", {"emeter.1.pf": 0.9}, {}),
        ("roller/0/pos", "55", {"roller.0.pos": 55}, {"roller.0.pos": "%"}),
        ("temperature_f", "71.6", {"temperature_f": 71.6}, {"temperature_f": "°F"}),
        ("sensor/battery", "98", {"sensor.battery": 98}, {"sensor.battery": "%"}),
        ("sensor/flood", "false", {"sensor.flood": False}, {}),
        ("ext_temperatures", {"0": {"hwID": "28ffa1", "tC": 21.5, "tF": 70.7}},
         {"ext_temperatures.0.tC": 21.5, "ext_temperatures.0.tF": 70.7},
         {"ext_temperatures.0.tC": "°C", "ext_temperatures.0.tF": "°F"}),
        ("0", "1", {"0": 1}, {}),
    ],
)  # fmt: skip
def test_values(topic: str, payload: object, data: dict[str, Scalar], units: dict[str, str]) -> None:
    decoded = one(f"shellies/{PLUG}/{topic}", payload)
    assert (decoded.device, decoded.data, decoded.units) == (PLUG, data, units)


def test_events_of_inputs() -> None:
    decoded = one(f"shellies/{PLUG}/input_event/0", {"event": "SS", "event_cnt": 4})
    assert decoded == Decoded(PLUG, "event", {"input_event.0.event": "SS", "input_event.0.event_cnt": 4})


@pytest.mark.parametrize(
    ("topic", "kind"),
    [("info", "info"), ("relay/0/command", "command"), ("light/0/set", "command"), ("roller/0/command/pos", "command")],
)
def test_what_is_no_reading(topic: str, kind: Kind) -> None:
    assert told(f"shellies/{PLUG}/{topic}", {"tmp": {"value": 21}}) == [Decoded(PLUG, kind)]


def test_presence() -> None:
    assert one(f"shellies/{PLUG}/online", "true") == Decoded(PLUG, "presence", status="online")
    assert one(f"shellies/{PLUG}/online", "false") == Decoded(PLUG, "presence", status="offline")
    assert one(f"shellies/{PLUG}/online", "") == Decoded(PLUG, "removal")


def test_announcements_name_the_device_in_the_payload() -> None:
    message = {"id": PLUG, "model": "SHSW-PM", "mac": "AA11BB", "ip": "192.168.1.7", "new_fw": False, "fw_ver": "1.14"}
    attributes = {"model": "SHSW-PM", "mac": "AA11BB", "ip": "192.168.1.7", "firmware": "1.14"}
    for topic in ("shellies/announce", f"shellies/{PLUG}/announce"):
        assert one(topic, message) == Decoded(PLUG, "discovery", attributes=attributes)
    with pytest.raises(Malformed):
        told("shellies/announce", {"id": 5})


def test_commands_to_all_are_nobodys() -> None:
    assert one("shellies/command", "announce") == Decoded(None, "command")


@pytest.mark.parametrize("topic", ["shellies/x", "shellies", "shellies//online"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "shelly_gen1"


def test_info_tells_facts_and_the_unit_of_temperatures() -> None:
    by = decoders()
    assert one("shellies/ht/sensor/temperature", "71.4", by).units == {"sensor.temperature": "°C"}
    info = {
        "wifi_sta": {"ip": "192.168.1.9"}, "mac": "AABBCC", "update": {"old_version": "1.14"},
        "tmp": {"value": 71.4, "units": "F"}, "device": [],
    }  # fmt: skip
    facts = {"ip": "192.168.1.9", "mac": "AABBCC", "firmware": "1.14"}
    assert one("shellies/ht/info", info, by) == Decoded("ht", "info", attributes=facts, reset=("shellies/ht",))
    assert one("shellies/ht/info", info, by) == Decoded("ht", "info", attributes=facts)
    assert one("shellies/ht/sensor/temperature", "71.4", by).units == {"sensor.temperature": "°F"}
    assert one("shellies/ht/sensor/humidity", "40", by).units == {"sensor.humidity": "%"}
    assert one("shellies/ht/info", {"tmp": {"units": 1}}, by) == Decoded("ht", "info")
    assert one("shellies/ht/info", "", by) == Decoded("ht", "removal")
