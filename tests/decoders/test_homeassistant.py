"""Messages after Home Assistant's documentation, page "MQTT", sections "MQTT Discovery", "Device discovery payload",

"Discovery payload" (abbreviations, base topic) and "Availability".
"""

from typing import Any

import pytest

from hub.decoders.base import Decoded, Kind, Malformed, Status
from hub.decoders.homeassistant_keys import expanded
from tests.decoders.told import decoders, family, one, told

DEVICE = {"ids": ["bd1"], "name": "Garden", "mf": "Bla", "mdl": "xya", "sw": "1.0", "sa": "Garden"}
ATTRIBUTES = {"name": "Garden", "vendor": "Bla", "model": "xya", "firmware": "1.0", "area": "Garden"}


def discovered(component: str, object_id: str, **message: Any) -> Any:
    by = decoders()
    told(f"homeassistant/{component}/{object_id}/config", message, by)
    return by


def test_a_sensor() -> None:
    by = decoders()
    message = {"stat_t": "garden/t", "unit_of_meas": "°C", "dev": DEVICE, "uniq_id": "t"}
    assert one("homeassistant/sensor/t/config", message, by) == Decoded(
        "bd1", "discovery", attributes=ATTRIBUTES, reset=["garden/t"]
    )
    assert not one("homeassistant/sensor/t/config", message, by).reset
    assert one("garden/t", "21.5", by) == Decoded("bd1", "telemetry", {"t": 21.5}, {"t": "°C"}, attributes=ATTRIBUTES)
    assert one("garden/t", "nan", by).data == {}
    assert one("garden/t", "", by) == Decoded("bd1", "removal")
    assert one("homeassistant/sensor/t/config", "", by) == Decoded("bd1", "removal", reset=["garden/t"])
    assert one("homeassistant/sensor/t/config", "", by) == Decoded(None, "removal")
    assert one("garden/t", "21.5", by).device == "garden"


def test_members_of_one_document_and_what_templates_make_of_them() -> None:
    by = decoders()
    for object_id, template, unit in (
        ("temp", "{{ value_json.env.t | round(1) }}", "°C"), ("volt", "{{ value_json.mv / 1000 }}", "V"),
        ("odd", "{% set x = 1 %}", "W"), ("word", "{{ value_json.word | lower }}", ""),
        ("no", "{{ value_json.no * 1 }}", ""),
    ):  # fmt: skip
        message = {"stat_t": "garden/data", "val_tpl": template, "unit_of_meas": unit, "dev": {"ids": "g1"}}
        told(f"homeassistant/sensor/g1/{object_id}/config", message, by)
    assert one("garden/data", {"env": {"t": 21.5, "id": 7}, "mv": 2900, "ts": 1749000000, "word": "X"}, by) == Decoded(
        "g1", "telemetry", {"env.t": 21.5, "mv": 2900, "word": "x", "volt": 2.9}, {"env.t": "°C", "volt": "V"},
        time=1_749_000_000_000,
    )  # fmt: skip
    assert one("garden/data", {"mv": 1}, by).data == {"mv": 1, "volt": 0.001}
    assert one("garden/data", [1], by).data == {"0": 1}


def test_two_readings_of_one_word() -> None:
    by = decoders()
    for object_id, template in (("raw", "{{ value }}"), ("half", "{{ value | float / 2 }}")):
        told(f"homeassistant/sensor/g1/{object_id}/config", {"stat_t": "garden/level", "val_tpl": template}, by)
    assert one("garden/level", "5", by).data == {"level": 5, "half": 2.5}


def test_two_devices_on_one_topic_have_each_its_own() -> None:
    by = decoders()
    for name in ("a", "b"):
        message = {
            "stat_t": "gw/data",
            "val_tpl": f"{{{{ value_json.{name} }}}}",
            "dev": {"ids": [name]},
            "unit_of_meas": "W",
        }
        told(f"homeassistant/sensor/{name}/config", message, by)
    assert told("gw/data", {"a": 1, "b": 2, "c": 3}, by) == [
        Decoded("a", "telemetry", {"a": 1}, {"a": "W"}), Decoded("b", "telemetry", {"b": 2}, {"b": "W"})
    ]  # fmt: skip


def test_a_whole_device() -> None:
    by = decoders()
    message = {
        "dev": DEVICE, "o": {"name": "x"}, "state_topic": "garden/state", "avty_t": "garden/online", "qos": 2, "cmps": {
            "t1": {"p": "sensor", "unit_of_measurement": "°C", "value_template": "{{ value_json.t }}", "uniq_id": "t"},
            "gone": {"p": "sensor"}, "odd": 5,
            "press": {"p": "device_automation", "atype": "trigger", "topic": "garden/press", "stype": "button_1"},
            "plug": {"p": "switch", "cmd_t": "garden/plug/set", "stat_t": "garden/plug"},
        },
    }  # fmt: skip
    assert one("homeassistant/device/bd1/config", message, by).device == "bd1"
    assert one("garden/state", {"t": 21.5}, by).units == {"t": "°C"}
    assert one("garden/online", "offline", by) == Decoded("bd1", "presence", status="offline")
    assert one("garden/press", "short", by) == Decoded("bd1", "event", {"button_1": "short"}, attributes=ATTRIBUTES)
    assert one("garden/plug", "ON", by) == Decoded("bd1", "state", {"plug": "ON"}, attributes=ATTRIBUTES)
    assert one("garden/plug/set", "ON", by) == Decoded("bd1", "command")
    assert one("homeassistant/device/x/config", {"cmps": 5}, by).device == "x"


@pytest.mark.parametrize(
    ("message", "topic", "payload", "status"),
    [
        ({"avty_t": "g/s"}, "g/s", "online", "online"),
        ({"avty": [{"t": "other"}, {"t": "g/s"}]}, "g/s", "online", "online"),
        ({"avty_t": "g/s", "pl_avail": "Up", "pl_not_avail": "Down"}, "g/s", "down", "offline"),
        ({"avty": [{"t": "g/s", "pl_avail": "1", "pl_not_avail": "0"}, {}, 5]}, "g/s", "1", "online"),
        ({"avty": {"t": "g/s", "val_tpl": "{{ value_json.state }}"}}, "g/s", '{"state":"offline"}', "offline"),
        ({"avty_t": "g/s", "avty_tpl": "{{ value_json.on }}", "pl_avail": "true", "pl_not_avail": "false"}, "g/s",
         '{"on":true}', "online"),
    ],
)  # fmt: skip
def test_availability(message: dict[str, Any], topic: str, payload: str, status: Status) -> None:
    by = discovered("sensor", "x", stat_t="g/v", **message)
    assert one(topic, payload, by) == Decoded("x", "presence", status=status)
    assert one(topic, "", by) == Decoded("x", "removal")
    with pytest.raises(Malformed):
        told(topic, "odd" if not payload.startswith("{") else '{"state":"odd"}', by)


@pytest.mark.parametrize(
    ("message", "device"),
    [
        ({"dev": {"ids": "i"}}, "i"),
        ({"dev": {"ids": [], "cns": [["mac", "AA:BB"], "odd"]}}, "AA:BB"),
        ({"dev": {"cns": 5, "name": "N"}}, "N"),
        ({"dev": {"ids": [7]}}, "7"),
        ({"dev": 5}, "node"),
        ({"stat_t": "tele/plug/SENSOR"}, "plug"),
        ({"stat_t": "zigbee2mqtt/hall/plug"}, "hall%2Fplug"),
        ({"stat_t": "shellies/x/relay/0"}, "x"),
        ({"stat_t": "valetudo/robot/A/b"}, "robot"),
        ({"stat_t": "node/sensor/x/state"}, "node"),
        ({"stat_t": "a/sensor/x/state", "dev": {"ids": "i", "mf": "ESPHome"}}, "a"),
        ({"stat_t": "a/sensor/x/state", "dev": {"ids": "i"}}, "i"),
        ({"stat_t": "a/sensor/x/state"}, "node"),
    ],
)
def test_whose_it_is(message: dict[str, Any], device: str) -> None:
    assert one("homeassistant/sensor/node/x/config", message).device == device


def test_keys_of_plain_values() -> None:
    for topic, key in (("a/power", "power"), ("a/b/state", "x"), ("a/x/inner/state", "inner.state"), ("single", "x")):
        assert one(topic, "5", discovered("sensor", "x", stat_t=topic)).data == {key: 5}


def test_an_entity_of_several_topics() -> None:
    by = discovered(
        "climate", "x", curr_temp_t="h/now", curr_temp_tpl="{{ value | float }}", mode_stat_t="h/mode", opt=1
    )
    assert one("h/now", "21.5", by).data == {"current_temperature": 21.5}
    assert one("h/mode", "heat", by) == Decoded("x", "state", {"mode": "heat"})


def test_keys_and_bases() -> None:
    message = {"~": "a/b", "stat_t": "~/s", "cmd_t": "set/~", "bri_stat_t": "x", "dev": 5, "_t": "y", "t": 5}
    assert expanded(message) == {
        "state_topic": "a/b/s", "command_topic": "set/a/b", "brightness_state_topic": "x", "device": 5, "_t": "y",
        "topic": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "payload", "told_"),
    [
        ("status", "online", Decoded("homeassistant", "presence", status="online")),
        ("status", "", Decoded("homeassistant", "removal")),
        ("switch/pump/set", "ON", Decoded("pump", "command")),
        ("sensor/pump/power", "5", Decoded("pump", "telemetry", {"power": 5})),
        ("sensor/pump/availability", "offline", Decoded("pump", "presence", status="offline")),
        ("sensor/pump/status", "", Decoded("pump", "removal")),
        ("sensor/pump/status", '{"a":1}', Decoded("pump", "info")),
    ],
)
def test_what_is_not_declared(topic: str, payload: str, told_: Decoded) -> None:
    assert told(f"homeassistant/{topic}", payload) == [told_]


def test_other_prefixes_are_known_by_what_they_declare() -> None:
    by = decoders()
    told("ha/sensor/x/config", {"stat_t": "a/power"}, by)
    assert one("a/power", "5", by).device == "x"
    assert family("ha/sensor/x/config", b'{"a":1}') != "ha_discovery"


def test_a_config_without_a_name() -> None:
    kind: Kind = "discovery"
    assert one(f"homeassistant/sensor/{'x' * 200}/config", {"stat_t": "a/b"}) == Decoded(None, kind)


def test_tags_are_events() -> None:
    by = discovered("tag", "x", topic="garden/tag", value_template="{{ value_json.UID }}")
    assert one("garden/tag", {"UID": "A1B2", "v": 1}, by).kind == "event"


@pytest.mark.parametrize("topic", ["homeassistant/other/x/y", "homeassistant/sensor/ /y", "homeassistant/x"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "ha_discovery"
