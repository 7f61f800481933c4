"""Messages after EMS-ESP's documentation, pages "MQTT" and "Home Assistant"."""

import pytest

import hub.decoders.ems_esp as module
from hub.decoders.base import Decoded, Kind
from tests.decoders.told import decoders, family, one, told

CONFIG = {
    "uniq_id": "boiler_outdoortemp", "stat_t": "ems-esp/boiler_data", "unit_of_meas": "°C", "dev": {"ids": ["ems-esp"]},
    "val_tpl": "{{value_json.outdoortemp if value_json.outdoortemp is defined else 0}}",
}  # fmt: skip


def test_units_come_with_discovery() -> None:
    by = decoders()
    message = {"outdoortemp": 7.5, "heatingactive": "off", "dhw": {"settemp": "54"}, "version": "3.7"}
    first = one("ems-esp/boiler_data", message, by)
    assert (first.device, first.units, first.reset) == ("ems-esp", {}, ("ems-esp",))
    config = one("homeassistant/sensor/ems-esp/boiler_outdoortemp/config", CONFIG, by)
    assert config.device == "ems-esp"
    assert one("ems-esp/boiler_data", message, by) == Decoded(
        "ems-esp", "telemetry",
        {"boiler_data.outdoortemp": 7.5, "boiler_data.heatingactive": "off", "boiler_data.dhw.settemp": 54},
        {"boiler_data.outdoortemp": "°C"},
    )  # fmt: skip


def test_heartbeat_and_single_values() -> None:
    beat = one("home/ems-esp/heartbeat", {"bus_status": "connected", "uptime_sec": 5, "rssi": -60, "version": "3"})
    assert beat == Decoded(
        "home%2Fems-esp", "telemetry",
        {"heartbeat.bus_status": "connected", "heartbeat.uptime_sec": 5, "heartbeat.rssi": -60},
        {"heartbeat.uptime_sec": "s", "heartbeat.rssi": "dBm"},
    )  # fmt: skip
    assert one("ems-esp/boiler/outdoortemp", "7.5") == Decoded("ems-esp", "telemetry", {"boiler.outdoortemp": 7.5})
    assert one("ems-esp/tapwater_active", "1") == Decoded("ems-esp", "telemetry", {"tapwater_active": 1})


def test_with_whole_objects_the_topics_below_are_for_commands() -> None:
    by = decoders()
    told("ems-esp/boiler_data", {"a": 1}, by)
    assert one("ems-esp/boiler/comfort", "hot", by) == Decoded("ems-esp", "command")
    assert not one("ems-esp/boiler_data", {"a": 1}, by).reset


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        ("thermostat", {"cmd": "temp", "value": 20}, "command"), ("boiler_cmd", "x", "command"),
        ("response", {"x": 1}, "response"), ("info", {"version": "3"}, "info"), ("system/info", "x", "info"),
        ("status", "", "removal"), ("a/b/set", "1", "command"),
    ],
)  # fmt: skip
def test_what_is_no_reading(topic: str, payload: object, kind: Kind) -> None:
    assert told(f"ems-esp/{topic}", payload) == [Decoded("ems-esp", kind)]


def test_presence() -> None:
    assert one("ems-esp/status", "offline") == Decoded("ems-esp", "presence", status="offline")
    assert one("ems-esp/thermostat_data", "offline").kind == "meta"


def test_another_base_is_known_by_a_boilers_data() -> None:
    by = decoders()
    assert one("site/heating/boiler_data", {"a": 1}, by).device == "site%2Fheating"
    assert one("site/heating/status", "offline", by).device == "site%2Fheating"


def test_bases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BASES", 0)
    assert not one("ems-esp/boiler_data", {"a": 1}).reset


@pytest.mark.parametrize("topic", ["a/b/c", "a/boiler_data", "x" * 200 + "/boiler_data"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1" if topic[0] == "a" else b"{}") != "ems_esp"
