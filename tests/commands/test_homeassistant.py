"""The bytes that entities get which Home Assistant's discovery has declared."""

from typing import Any

import orjson
import pytest

from hub.commands import encode
from hub.commands.command import Command
from hub.commands.wire import Sending, Uncommandable
from hub.decoders import FAMILIES
from hub.decoders.base import Knowledge
from hub.decoders.registry import Decoders

NOW_MS = 1_700_000_000_000
RIG = {"identifiers": ["rig"], "name": "Rig"}


def sending(message: dict[str, Any], component: str, name: str, value: Any) -> Sending:
    """What a device is sent that has declared one entity, `x`. Where the hub hears it itself, it is no reading."""
    knowledge = Knowledge()
    decoders = Decoders(FAMILIES, knowledge)
    config = orjson.dumps({"dev": RIG, **message})
    decoders.decode(f"homeassistant/{component}/x/config", config, NOW_MS)
    command = Command(id="c", device="rig", name=name, value=value, by="anna", created=0, expires=9)
    sent = encode(command, "ha_discovery", knowledge, now_ms=NOW_MS)
    for outgoing in sent.outgoing:
        heard = decoders.decode(outgoing.topic, outgoing.payload, NOW_MS)
        assert heard is None or not any(each.data for each in heard.events), heard
    return sent


def published(message: dict[str, Any], component: str, name: str, value: Any) -> tuple[str, str]:
    """Topic and payload of the one message."""
    [outgoing] = sending(message, component, name, value).outgoing
    return outgoing.topic, outgoing.payload.decode()


@pytest.mark.parametrize(
    ("component", "declared", "value", "payload"),
    [
        ("switch", {}, True, "ON"),
        ("switch", {}, "off", "OFF"),
        ("switch", {"payload_on": "1", "payload_off": 0}, True, "1"),
        ("switch", {"pl_on": "1", "pl_off": 0}, False, "0"),
        ("switch", {"pl_on": "1", "pl_off": "0"}, "On", "1"),
        ("switch", {"pl_on": "1", "pl_off": "0"}, "1", "1"),
        ("switch", {"command_template": '{"relay": "{{ value | lower }}"}'}, True, '{"relay": "on"}'),
        ("fan", {"payload_on": True, "payload_off": False}, True, "True"),
        ("light", {"pl_on": "on"}, True, "on"),
        ("humidifier", {}, False, "OFF"),
        ("cover", {}, "open", "OPEN"),
        ("cover", {"pl_cls": "DOWN"}, "close", "DOWN"),
        ("cover", {}, True, "OPEN"),
        ("valve", {}, "stop", "STOP"),
        ("valve", {"reports_position": True}, 40, "40"),
        ("lock", {"pl_unlk": "0"}, False, "0"),
        ("lock", {"payload_open": "LATCH"}, "open", "LATCH"),
        ("button", {}, None, "PRESS"),
        ("button", {"pl_prs": '{"cmd":"restart"}'}, None, '{"cmd":"restart"}'),
        ("scene", {}, None, "ON"),
        ("update", {"payload_install": "go"}, None, "go"),
        ("vacuum", {}, "return to base", "return_to_base"),
        ("vacuum", {"pl_ret": "home"}, "return_to_base", "home"),
        ("alarm_control_panel", {}, "arm away", "ARM_AWAY"),
        ("alarm_control_panel", {"command_template": "{{ action }}!"}, "disarm", "DISARM!"),
        ("number", {}, 21.5, "21.5"),
        ("number", {"cmd_tpl": '{"t": {{ value | int }} }'}, 21.5, '{"t": 21 }'),
        ("number", {"cmd_tpl": "{{ (value * 10) | round(0) }}"}, 21.5, "215"),
        ("select", {"options": ["eco", "max"]}, "eco", "eco"),
        ("select", {"cmd_tpl": "{% if value == 'eco' %}1{% else %}2{% endif %}"}, "eco", "1"),
        ("text", {"cmd_tpl": "<{{ value }}>"}, None, "<>"),
        ("number", {"cmd_tpl": "<{{ value }}>"}, True, "<ON>"),
        ("notify", {}, "hello", "hello"),
        ("switch", {}, {"a": 1}, '{"a":1}'),
        ("siren", {"cmd_tpl": "{{ value }} {{ tone }}", "pl_on": "1"}, {"tone": "bell"}, "1 bell"),
        ("siren", {"cmd_tpl": "on", "cmd_off_tpl": "off {{ value }}"}, False, "off OFF"),
    ],
)
def test_words_and_templates(component: str, declared: dict[str, Any], value: Any, payload: str) -> None:
    message = {"cmd_t": "rig/x/set", **declared}
    assert published(message, component, "x", value) == ("rig/x/set", payload)


@pytest.mark.parametrize(
    ("name", "value", "payload"),
    [
        ("x", True, {"state": "ON"}),
        ("x", "off", {"state": "OFF"}),
        ("state", False, {"state": "OFF"}),
        ("x", None, {"state": None}),
        ("x", {"state": "on", "brightness": 7}, {"state": "ON", "brightness": 7}),
        ("x", {"brightness": 7}, {"brightness": 7}),
        ("brightness", 7, {"state": "ON", "brightness": 7}),
        ("effect", "rainbow", {"state": "ON", "effect": "rainbow"}),
    ],
)
def test_a_light_of_the_json_schema(name: str, value: Any, payload: Any) -> None:
    message = {"schema": "json", "stat_t": "rig/x", "cmd_t": "rig/x/set", "brightness": True}
    topic, found = published(message, "light", name, value)
    assert (topic, orjson.loads(found)) == ("rig/x/set", payload)


@pytest.mark.parametrize(
    ("name", "value", "payload"),
    [
        ("x", True, "on,"),
        ("brightness", 90, "on,90"),
        ("x", {"color": {"r": 1, "g": 2, "b": 3}}, "on,,1-2-3"),
        ("x", {"state": "OFF"}, "off"),
    ],
)
def test_a_light_of_the_template_schema(name: str, value: Any, payload: str) -> None:
    message = {
        "schema": "template",
        "cmd_t": "rig/x/set",
        "cmd_on_tpl": "{{ state }},{{ brightness }}{% if red is defined %},{{ red }}-{{ green }}-{{ blue }}{% endif %}",
        "cmd_off_tpl": "{{ state }}",
    }
    assert published(message, "light", name, value)[1] == payload


def test_a_siren_without_a_template_takes_an_object() -> None:
    topic, payload = published({"cmd_t": "rig/x/set", "pl_on": "1"}, "siren", "x", value=True)
    assert (topic, orjson.loads(payload)) == ("rig/x/set", {"state": "1"})


LIGHT = {
    "name": "Desk",
    "stat_t": "rig/x/state",
    "cmd_t": "rig/x/set",
    "bri_stat_t": "rig/x/bri",
    "bri_cmd_t": "rig/x/bri/set",
    "bri_cmd_tpl": "{{ value // 2 }}",
    "rgb_cmd_t": "rig/x/rgb/set",
    "hs_cmd_t": "rig/x/hs/set",
    "hs_command_template": "{{ hue }}/{{ sat }}",
}
CLIMATE = {
    "mode_stat_t": "rig/mode",
    "mode_cmd_t": "rig/mode/set",
    "temp_cmd_t": "rig/target/set",
    "temp_cmd_tpl": '{"target": {{ value }} }',
    "temp_stat_t": "rig/target",
    "pow_cmd_t": "rig/power/set",
    "pl_on": "an",
    "pl_off": "aus",
}


@pytest.mark.parametrize(
    ("component", "message", "name", "value", "sent"),
    [
        ("light", LIGHT, "x", True, ("rig/x/set", "ON")),
        ("light", LIGHT, "Desk", False, ("rig/x/set", "OFF")),
        ("light", LIGHT, "brightness", 90, ("rig/x/bri/set", "45")),
        ("light", LIGHT, "x/brightness", 90, ("rig/x/bri/set", "45")),
        ("light", LIGHT, "Desk/brightness", 90, ("rig/x/bri/set", "45")),
        ("light", LIGHT, "rig/x/bri/set", 90, ("rig/x/bri/set", "45")),
        ("light", LIGHT, "rgb", [255, 0, 9], ("rig/x/rgb/set", "255,0,9")),
        ("light", LIGHT, "rgb", {"red": 1, "green": 2, "blue": 3}, ("rig/x/rgb/set", "1,2,3")),
        ("light", LIGHT, "hs", "120,50", ("rig/x/hs/set", "120/50")),
        ("climate", CLIMATE, "mode", "heat", ("rig/mode/set", "heat")),
        ("climate", CLIMATE, "temperature", 20.5, ("rig/target/set", '{"target": 20.5 }')),
        ("climate", CLIMATE, "power", False, ("rig/power/set", "aus")),
        ("fan", {"osc_cmd_t": "rig/osc"}, "oscillation", True, ("rig/osc", "oscillate_on")),
        ("fan", {"osc_cmd_t": "rig/osc", "pl_osc_off": "0"}, "oscillation", "off", ("rig/osc", "0")),
        ("fan", {"pct_cmd_t": "rig/pct", "cmd_t": "rig/on"}, "percentage", 40, ("rig/pct", "40")),
        (
            "cover",
            {"cmd_t": "rig/c", "set_pos_t": "rig/pos", "set_pos_tpl": "{{ 100 - position }}"},
            "position",
            30,
            ("rig/pos", "70"),
        ),
        ("vacuum", {"cmd_t": "rig/v", "set_fan_spd_t": "rig/speed"}, "fan_speed", "max", ("rig/speed", "max")),
        ("lawn_mower", {"dock_command_topic": "rig/dock"}, "dock", None, ("rig/dock", "dock")),
        (
            "humidifier",
            {"cmd_t": "rig/h", "target_humidity_command_topic": "rig/t"},
            "target_humidity",
            50,
            ("rig/t", "50"),
        ),
    ],
)
def test_each_part_has_its_own_topic(
    component: str, message: dict[str, Any], name: str, *, value: Any, sent: tuple[str, str]
) -> None:
    assert published(message, component, name, value) == sent


def test_whole_devices_and_what_is_to_be_retained() -> None:
    components = {
        "heat": {"p": "number", "cmd_t": "rig/heat/set", "stat_t": "rig/heat", "retain": True},
        "pump": {"p": "switch", "cmd_t": "rig/pump/set", "pl_on": "run", "pl_off": "rest"},
    }
    [heat] = sending({"cmps": components}, "device", "heat", 21).outgoing
    assert (heat.topic, heat.payload, heat.retain) == ("rig/heat/set", b"21", True)
    [pump] = sending({"cmps": components}, "device", "pump", value=False).outgoing
    assert (pump.topic, pump.payload, pump.retain) == ("rig/pump/set", b"rest", False)


@pytest.mark.parametrize(
    ("component", "message", "name", "value", "says"),
    [
        ("light", LIGHT, "colour", 1, "rig/x/bri/set, rig/x/hs/set"),
        ("light", LIGHT, "rgb", 5, "the value has red, green, blue"),
        ("switch", {"cmd_t": "rig/+/set"}, "x", True, "has a wildcard"),
        ("light", LIGHT, "hs", [1], "the value has hue, sat"),
        ("number", {"cmd_t": "rig/n", "cmd_tpl": "{% for a in b %}"}, "x", 1, "makes nothing of this value"),
        ("number", {"cmd_t": "rig/n", "cmd_tpl": "{{ value * 2 }}"}, "x", "a", "makes nothing of this value"),
    ],
)
def test_what_can_not_be_told_says_why(
    component: str, message: dict[str, Any], name: str, *, value: Any, says: str
) -> None:
    with pytest.raises(Uncommandable, match=says):
        sending(message, component, name, value)


def test_a_config_that_an_earlier_version_has_kept_takes_nothing() -> None:
    knowledge = Knowledge({"ha_discovery": {"configs": {"a": {"device": "rig", "commands": ["rig/set"]}}}})
    command = Command(id="c", device="rig", name="x", value=1, by="anna", created=0, expires=9)
    with pytest.raises(Uncommandable, match="no command topic"):
        encode(command, "ha_discovery", knowledge, now_ms=NOW_MS)
