"""The bytes that each family gets, and the answers that it gives."""

import json
from typing import Any

import orjson
import pytest

from hub.commands import WIRES, controls, encode
from hub.commands.command import Command
from hub.commands.wire import Answer, Sending, Uncommandable, members, text
from hub.decoders import FAMILIES, lorawan
from hub.decoders.base import Knowledge
from hub.decoders.registry import Decoders
from hub.decoders.sparkplug_wire import parse, write_request

ID = "0m3k9x2pq1a7c"
EUI = "0102030405060708"
CHIRPSTACK = f"application/11111111-2222-3333-4444-555555555555/device/{EUI}"
OPERATION = "BasicControlCapability/operation"
SETPOINT = "vebus/257/Hub4/L1/AcPowerSetpoint"
TTN = "v3/shop@ttn/devices/node1"


def sending(
    family: str, device: str, name: str, value: Any = None, *, told: list[tuple[str, Any]] | None = None
) -> Sending:
    """What is sent to a device that has said these messages before. Where the hub hears it itself, it is no reading."""
    knowledge = Knowledge()
    decoders = Decoders(FAMILIES, knowledge)
    for topic, said in told or []:
        decoders.decode(topic, said if isinstance(said, bytes) else orjson.dumps(said), 1_700_000_000_000)
    command = Command(id=ID, device=device, name=name, value=value, by="anna", created=0, expires=9)
    sent = encode(command, family, knowledge, now_ms=1_700_000_000_000)
    for outgoing in sent.outgoing:
        heard = decoders.decode(outgoing.topic, outgoing.payload, 1_700_000_000_000)
        assert heard is None or not any(each.data for each in heard.events), heard
    return sent


def published(family: str, device: str, name: str, value: Any = None, **given: Any) -> tuple[str, Any]:
    """Topic and payload of the one message."""
    [outgoing] = sending(family, device, name, value, **given).outgoing
    assert not outgoing.retain
    try:
        return outgoing.topic, json.loads(outgoing.payload)
    except ValueError:
        return outgoing.topic, outgoing.payload.decode()


@pytest.mark.parametrize(
    ("family", "device", "name", "value", "topic", "payload"),
    [
        ("tasmota", "plug1", "POWER", "ON", "cmnd/plug1/POWER", "ON"),
        ("tasmota", "plug1", "POWER2", True, "cmnd/plug1/POWER2", "ON"),
        ("tasmota", "plug1", "Status", None, "cmnd/plug1/Status", ""),
        ("tasmota", "hall%2Fplug", "Dimmer", 40, "cmnd/hall/plug/Dimmer", 40),
        ("zigbee2mqtt", "lamp", "state", True, "zigbee2mqtt/lamp/set", {"state": "ON"}),
        ("zigbee2mqtt", "lamp", "state_left", False, "zigbee2mqtt/lamp/set", {"state_left": "OFF"}),
        ("zigbee2mqtt", "hall%2Flamp", "brightness", 90, "zigbee2mqtt/hall/lamp/set", {"brightness": 90}),
        ("zigbee2mqtt", "lamp", "set", {"state": "ON"}, "zigbee2mqtt/lamp/set", {"state": "ON"}),
        ("zigbee2mqtt", "lamp", "child_lock", True, "zigbee2mqtt/lamp/set", {"child_lock": True}),
        ("shelly_gen1", "shelly1-AA", "relay/0", True, "shellies/shelly1-AA/relay/0/command", "on"),
        ("shelly_gen1", "shelly1-AA", "relay/0", "toggle", "shellies/shelly1-AA/relay/0/command", "toggle"),
        ("shelly_gen1", "bulb", "light/0", {"turn": "on"}, "shellies/bulb/light/0/set", {"turn": "on"}),
        ("shelly_gen1", "blind", "roller/0", 50, "shellies/blind/roller/0/command/pos", 50),
        ("shelly_gen1", "blind", "roller/0", "open", "shellies/blind/roller/0/command", "open"),
        ("shelly_gen1", "blind", "announce", None, "shellies/blind/command", "announce"),
        ("esphome", "node1", "switch/relay", True, "node1/switch/relay/command", "ON"),
        ("esphome", "node1", "light/lamp", {"state": "ON"}, "node1/light/lamp/command", {"state": "ON"}),
        ("homie", "dev", "relay/power", True, "homie/dev/relay/power/set", True),
        ("homie", "dev", "relay.power", False, "homie/dev/relay/power/set", False),
        ("homie5", "dev", "relay/power", True, "homie/5/dev/relay/power/set", True),
        ("json", "kitchen", "fan", 3, "devices/kitchen/command", None),
    ],
)  # fmt: skip
def test_each_family_gets_its_own_bytes(
    family: str, device: str, name: str, value: Any, *, topic: str, payload: Any
) -> None:
    if payload is None:
        payload = {"id": ID, "name": name, "value": value, "answer": f"{topic}/answer"}
    assert published(family, device, name, value) == (topic, payload)


@pytest.mark.parametrize(
    ("family", "device", "name", "value", "sent"),
    [
        ("ems_esp", "ems-esp", "thermostat/hc1/seltemp", 20.5, 'thermostat {"cmd":"seltemp","data":20.5,"hc":1}'),
        ("ems_esp", "ems-esp", "thermostat_data.hc2.mode", "auto", 'thermostat {"cmd":"mode","data":"auto","hc":2}'),
        ("ems_esp", "ems-esp", "boiler/heatingactivated", True, 'boiler {"cmd":"heatingactivated","data":true}'),
        ("ems_esp", "attic%2Fems-esp", "boiler_data_dhw.onetime", True, 'boiler {"cmd":"dhw/onetime","data":true}'),
        ("ems_esp", "ems-esp", "system", {"cmd": "restart"}, 'system {"cmd":"restart"}'),
        ("wled", "wled/desk", "power", True, " ON"),
        ("wled", "wled/desk", "state", "off", " OFF"),
        ("wled", "wled/desk", "power", "toggle", " T"),
        ("wled", "wled/desk", "brightness", 128, " 128"),
        ("wled", "wled/desk", "g", "128", " 128"),
        ("wled", "wled/desk", "color", "#FF0000", "col #FF0000"),
        ("wled", "wled/desk", "api", "FX=73&SX=100", "api FX=73&SX=100"),
        ("wled", "wled/desk", "api", {"on": True, "ps": 3}, 'api {"on":true,"ps":3}'),
        ("wled", "wled/desk", "state", {"on": "t"}, 'api {"on":"t"}'),
        ("wled", "wled/desk", "seg", {"fx": 9}, 'api {"seg":{"fx":9}}'),
        ("wled", "wled/desk", "ps", 3, 'api {"ps":3}'),
        ("valetudo", "valetudo/r", OPERATION, "HOME", f"{OPERATION}/set HOME"),
        ("valetudo", "valetudo/r", "KeyLockCapability.enabled", False, "KeyLockCapability/enabled/set OFF"),
        ("valetudo", "valetudo/r", "KeyLockCapability/enabled", True, "KeyLockCapability/enabled/set ON"),
        ("valetudo", "valetudo/r", "LocateCapability/locate", None, "LocateCapability/locate/set PERFORM"),
        ("valetudo", "valetudo/r", "GoToLocationCapability/go", {"x": 1}, 'GoToLocationCapability/go/set {"x":1}'),
        ("valetudo", "valetudo/r", "set_fan_speed", "high", "set_fan_speed high"),
        ("owntracks", "owntracks/a%2Fphone", "reportLocation", None, 'cmd {"_type":"cmd","action":"reportLocation"}'),
        ("owntracks", "owntracks/anna%2Fphone", "x", {"a": 1}, 'cmd {"a":1,"_type":"cmd","action":"x"}'),
        ("frigate", "frigate%2Ffront", "detect", True, "detect/set ON"),
        ("frigate", "frigate%2Ffront", "detect.state", "OFF", "detect/set OFF"),
        ("frigate", "frigate%2Ffront", "motion_threshold", 40, "motion_threshold/set 40"),
        ("frigate", "frigate%2Ffront", "ptz", "preset_home", "ptz preset_home"),
        ("frigate", "frigate%2Ffront", "notifications/suspend", 60, "notifications/suspend 60"),
        ("frigate", "frigate", "restart", None, "restart "),
        ("frigate", "frigate", "notifications/set", False, "notifications/set OFF"),
        ("victron", "W/c0619ab1cab1", SETPOINT, -200, f'{SETPOINT} {{"value":-200}}'),
        ("victron", "W/c0619ab1cab1", "vebus.257.Mode", 3, 'vebus/257/Mode {"value":3}'),
    ],
)  # fmt: skip
def test_the_exact_bytes_of_more_families(family: str, device: str, name: str, *, value: Any, sent: str) -> None:
    """`device` is what its topics begin with; its id has no root."""
    own = device.partition("/")[2] or device
    [outgoing] = sending(family, own, name, value).outgoing
    end, _, payload = sent.partition(" ")
    topic = f"{device.replace('%2F', '/')}/{end}".rstrip("/")
    assert (outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain) == (topic, payload.encode(), 1, False)


@pytest.mark.parametrize(
    ("name", "value", "method", "params"),
    [
        ("switch:0", True, "Switch.Set", {"id": 0, "on": True}),
        ("switch:1.output", "off", "Switch.Set", {"id": 1, "on": False}),
        ("switch:0", "toggle", "Switch.Toggle", {"id": 0}),
        ("switch:0", {"on": True, "toggle_after": 5}, "Switch.Set", {"id": 0, "on": True, "toggle_after": 5}),
        ("light:0", 40, "Light.Set", {"id": 0, "on": True, "brightness": 40}),
        ("light:0", True, "Light.Set", {"id": 0, "on": True}),
        ("cover:0", "open", "Cover.Open", {"id": 0}),
        ("cover:0", 30, "Cover.GoToPosition", {"id": 0, "pos": 30}),
        ("cover:0", {"pos": 30}, "Cover.GoToPosition", {"id": 0, "pos": 30}),
        ("Shelly.Reboot", None, "Shelly.Reboot", None),
        ("Switch.Set", {"id": 0, "on": True}, "Switch.Set", {"id": 0, "on": True}),
    ],
)
def test_a_shelly_is_called(name: str, value: Any, method: str, params: Any) -> None:
    topic, call = published("shelly_gen2", "shellyplus1-aa", name, value)
    assert topic == "shellyplus1-aa/rpc"
    assert call == {"id": ID, "src": "hub", "method": method, **({} if params is None else {"params": params})}


@pytest.mark.parametrize(
    ("family", "device", "name", "value", "says"),
    [
        ("tasmota", "plug1", "a/+", 1, "part of a topic"),
        ("tasmota", "plug1", "a//b", 1, "part of a topic"),
        ("shelly_gen2", "s", "Switch.Set", 1, "are an object"),
        ("shelly_gen2", "s", "switch:0", 1.5, "true, false or toggle"),
        ("shelly_gen2", "s", "cover:0", "up", "open, close, stop"),
        ("esphome", "node1", "relay", True, "switch/relay"),
        ("ha_discovery", "x", "relay", True, "no command topic"),
        ("homie", "dev", "power", True, "node and property"),
        ("sparkplug_b", "host", "x", True, "host application"),
        ("sparkplug_b", "g%2Fn", "x", None, "number, a boolean"),
        ("ems_esp", "ems-esp", "thermostat", 20, "part and entity"),
        ("victron", "c0619ab1cab1", "Mode", 3, "service, instance and path"),
        ("openmqttgateway", "A4C138000000", "433", {}, "command the gateway"),
        ("owntracks", "anna%2Fphone", "setWaypoints", 1, "is an object"),
        ("rtl_433", "Nexus-TH-1-7", "x", 1, "nobody can talk to it"),
        ("ruuvi_gateway", "C8", "x", 1, "nobody can talk to it"),
        ("sys", "mosquitto", "x", 1, "takes no commands"),
        ("chirpstack", EUI, "10", {}, "not been heard"),
        ("ttn_v3", "node1", "10", {}, "not been heard"),
    ],
)
def test_what_a_family_does_not_take_says_why(family: str, device: str, name: str, value: Any, *, says: str) -> None:
    with pytest.raises(Uncommandable, match=says):
        sending(family, device, name, value)


def test_topics_are_those_that_the_device_has_told() -> None:
    config = {"t": "plug1", "ft": "%topic%/%prefix%/", "tp": ["cmnd", "stat", "tele"], "mac": "AA"}
    sent = sending("tasmota", "plug1", "POWER", "ON", told=[("tasmota/discovery/AA/config", config)])
    assert sent.outgoing[0].topic == "plug1/cmnd/POWER"
    assert list(sent.answers) == ["plug1/stat/RESULT"]
    info = {"version": "1.40.0", "config": {}, "coordinator": {}, "network": {}}
    devices = [{"friendly_name": "lamp", "ieee_address": "0x1", "type": "Router", "definition": None}]
    told = [("z2m/bridge/info", info), ("z2m/bridge/devices", devices)]
    assert published("zigbee2mqtt", "lamp", "state", "ON", told=told)[0] == "z2m/lamp/set"


def declared(object_id: str, **more: Any) -> tuple[str, Any]:
    config = {
        "name": object_id,
        "state_topic": f"rig/{object_id}/state",
        "command_topic": f"rig/{object_id}/set",
        "unique_id": object_id,
        "device": {"identifiers": ["rig"], "name": "Rig"},
        **more,
    }
    return f"homeassistant/switch/{object_id}/config", config


def test_what_discovery_declares_is_commanded_there() -> None:
    pump, fan = declared("pump"), declared("fan")
    assert published("ha_discovery", "rig", "anything", "ON", told=[pump]) == ("rig/pump/set", "ON")
    assert published("json", "rig", "rig/fan/set", "OFF", told=[pump, fan]) == ("rig/fan/set", "OFF")
    with pytest.raises(Uncommandable, match="rig/fan/set, rig/pump/set"):
        sending("ha_discovery", "rig", "anything", "ON", told=[pump, fan])
    esphome = declared("relay", state_topic="n1/switch/relay/state", command_topic="n1/switch/relay/command")
    esphome[1]["device"] = {"identifiers": ["n1"], "name": "n1", "sw_version": "esphome v2024"}
    assert published("esphome", "n1", "relay", "ON", told=[esphome])[0] == "n1/switch/relay/command"


def test_a_declared_entity_is_found_by_its_name_or_the_key_of_its_state() -> None:
    told = [declared("pump"), declared("fan")]
    assert published("ha_discovery", "rig", "fan", "OFF", told=told) == ("rig/fan/set", "OFF")
    with pytest.raises(Uncommandable, match="'state' is no entity"):
        sending("ha_discovery", "rig", "state", "ON", told=told)


@pytest.mark.parametrize(
    ("value", "field", "stored"),
    [(True, "boolean_value", True), (7, "long_value", 7), (1.5, "double_value", 1.5), ("a", "string_value", "a")],
)
def test_a_metric_is_written_by_name(value: Any, field: str, stored: Any) -> None:
    [outgoing] = sending("sparkplug_b", "g%2Fnode%2Fdev", "Outputs/Relay 1", value).outgoing
    assert (outgoing.topic, outgoing.qos) == ("spBv1.0/g/DCMD/node/dev", 0)
    [metric] = parse(outgoing.payload).metrics
    assert (metric.name, getattr(metric, field)) == ("Outputs/Relay 1", stored)
    assert sending("sparkplug_b", "g%2Fnode", "x", value).outgoing[0].topic == "spBv1.0/g/NCMD/node"


def test_a_metric_has_the_type_that_its_birth_told() -> None:
    birth = write_request("Speed", 3, datatype=3, now_ms=5)
    told = [("spBv1.0/g/NBIRTH/node", birth)]
    [outgoing] = sending("sparkplug_b", "g%2Fnode", "Speed", -2, told=told).outgoing
    [metric] = parse(outgoing.payload).metrics
    assert (metric.datatype, metric.int_value) == (3, 2**32 - 2)
    with pytest.raises(Uncommandable, match="no value of data type 3"):
        sending("sparkplug_b", "g%2Fnode", "Speed", "fast", told=told)
    with pytest.raises(Uncommandable, match="no whole number"):
        sending("sparkplug_b", "g%2Fnode", "Speed", 1.5, told=told)
    with pytest.raises(ValueError, match="can't be written"):
        write_request("x", 1, datatype=17, now_ms=0)


UPLINK = {"deviceInfo": {"devEui": EUI}, "object": {"temperature": 20}}
TTN_UPLINK = {"uplink_message": {"decoded_payload": {"temperature": 20}}}


def test_a_downlink_goes_to_the_application_that_the_device_was_heard_of() -> None:
    told = [(f"{CHIRPSTACK}/event/up", UPLINK)]
    topic, down = published("chirpstack", EUI, "10", {"on": True}, told=told)
    assert topic == f"{CHIRPSTACK}/command/down"
    assert {name: down[name] for name in ("devEui", "confirmed", "fPort", "object")} == {
        "devEui": EUI, "confirmed": False, "fPort": 10, "object": {"on": True}
    }  # fmt: skip
    sent = sending("chirpstack", EUI, "downlink/2/confirmed", "AQ==", told=told)
    assert json.loads(sent.outgoing[0].payload)["data"] == "AQ=="
    read = sent.answers[f"{CHIRPSTACK}/event/ack"]
    answer = orjson.dumps({"queueItemId": down["id"], "acknowledged": False, "deviceInfo": {}})
    assert read(answer) == Answer(ok=False, said={"acknowledged": False, "queueItemId": down["id"]})
    assert read(b'{"queueItemId":"other"}') is None
    for name, value in (("up", {}), ("224", {}), ("1", 5)):
        with pytest.raises(Uncommandable):
            sending("chirpstack", EUI, name, value, told=told)


def test_a_downlink_of_the_things_stack_is_known_by_its_correlation() -> None:
    told = [(f"{TTN}/up", TTN_UPLINK)]
    topic, pushed = published("ttn_v3", "node1", "3", {"led": "on"}, told=told)
    [down] = pushed["downlinks"]
    assert topic == f"{TTN}/down/push"
    assert (down["f_port"], down["decoded_payload"], down["correlation_ids"]) == (3, {"led": "on"}, [f"hub:{ID}"])
    sent = sending("ttn_v3", "node1", "3/confirmed", "AQ==", told=told)
    assert json.loads(sent.outgoing[0].payload)["downlinks"][0]["frm_payload"] == "AQ=="
    mine = {"correlation_ids": ["as:1", f"hub:{ID}"]}
    assert sent.answers[f"{TTN}/down/ack"](orjson.dumps(mine)) == Answer(ok=True, said={})
    failed = {**mine, "downlink_failed": {"error": {"name": "no_session"}}}
    said = sent.answers[f"{TTN}/down/failed"](orjson.dumps(failed))
    assert said == Answer(ok=False, said={"error": {"name": "no_session"}})
    assert sent.answers[f"{TTN}/down/ack"](b'{"correlation_ids":["hub:other"]}') is None
    assert sent.answers[f"{TTN}/down/ack"](b"{}") is None


def test_answers_are_known_by_what_the_family_says() -> None:
    tasmota = sending("tasmota", "plug1", "POWER1", "ON").answers["stat/plug1/RESULT"]
    assert tasmota(b'{"POWER":"ON"}') == Answer(ok=True, said={"POWER": "ON"})
    assert tasmota(b'{"Command":"Unknown"}') == Answer(ok=False, said={"Command": "Unknown"})
    assert tasmota(b'{"Dimmer":1}') is None
    shelly = sending("shelly_gen2", "s", "switch:0", "on").answers["hub/rpc"]
    assert shelly(orjson.dumps({"id": ID, "result": {"was_on": False}})) == Answer(ok=True, said={"was_on": False})
    assert shelly(orjson.dumps({"id": ID, "error": {"code": -103}})) == Answer(ok=False, said={"code": -103})
    assert shelly(b'{"id":"other","result":null}') is None
    plain = sending("plain", "kitchen", "fan", 1).answers["devices/kitchen/command/answer"]
    assert plain(orjson.dumps({"id": ID, "speed": 1})) == Answer(ok=True, said={"speed": 1})
    assert plain(orjson.dumps({"id": ID, "error": "stuck"})) == Answer(ok=False, said={"error": "stuck"})
    assert plain(orjson.dumps({"id": ID, "ok": False})) == Answer(ok=False, said={"ok": False})
    assert plain(b'{"id":"other"}') is None


def test_a_gateway_of_many_radios_is_told_on_its_own_topics() -> None:
    told = [("attic/OMG_1/SYStoMQTT", {"uptime": 5})]
    asked = {"value": 1315156, "protocol": 1}
    wanted = ("attic/OMG_1/commands/MQTTto433", asked)
    assert published("openmqttgateway", "OMG_1", "433", asked, told=told) == wanted
    assert published("openmqttgateway", "OMG_1", "MQTTto433", asked, told=told) == wanted
    settings = published("openmqttgateway", "OMG_1", "BT/config", {"interval": 1000}, told=told)
    assert settings == ("attic/OMG_1/commands/MQTTtoBT/config", {"interval": 1000})
    with pytest.raises(Uncommandable, match="is an object"):
        sending("openmqttgateway", "OMG_1", "433", 5, told=told)


def test_what_a_gateway_of_a_heating_says_is_its_answer() -> None:
    read = sending("ems_esp", "ems-esp", "boiler/seltemp", 50).answers["ems-esp/response"]
    assert read(b'{"message":"OK"}') == Answer(ok=True, said={"message": "OK"})
    assert read(b"{}") == Answer(ok=True, said="{}")
    failed = "MQTT command failed with error unknown device (Not Found)"
    assert read(failed.encode()) == Answer(ok=False, said=failed)


def test_a_device_of_mqtt_5_answers_with_the_data_of_the_command() -> None:
    response = sending("plain", "kitchen", "fan", 1).response
    assert response is not None
    assert (response.topic, response.correlation) == ("devices/kitchen/command/answer", ID.encode())
    assert response.read(b'{"ok":false,"error":"stuck"}') == Answer(ok=False, said={"ok": False, "error": "stuck"})
    assert response.read(b"done") == Answer(ok=True, said="done")
    assert response.read(b"\xff" * 2000) == Answer(ok=True, said="\ufffd" * 1000)


def test_a_gateway_of_thingsboard_answers_on_the_topic_of_the_call() -> None:
    sent = sending("thingsboard", "Device A", "setRelay", {"on": True})
    [outgoing] = sent.outgoing
    call = json.loads(outgoing.payload)
    number = call["data"]["id"]
    assert outgoing.topic == "v1/gateway/rpc"
    assert call == {"device": "Device A", "data": {"id": number, "method": "setRelay", "params": {"on": True}}}
    assert json.loads(sending("thingsboard", "A", "reboot").outgoing[0].payload)["data"]["params"] == {}
    read = sent.answers["v1/gateway/rpc"]
    assert read(outgoing.payload) is None
    assert read(orjson.dumps({"device": "Device A", "id": number, "data": {"success": True}})) == Answer(
        ok=True, said={"success": True}
    )
    refused = read(orjson.dumps({"device": "Device A", "id": number, "data": {"success": False}}))
    assert refused is not None
    assert not refused.ok


def test_what_can_be_set_for_sure_is_told() -> None:
    assert [each.name for each in controls("tasmota", {"POWER1": "ON", "Dimmer": 4, "X": 1})] == ["POWER1", "Dimmer"]
    assert [each.name for each in controls("zigbee2mqtt", {"state": "ON", "state_x": 1, "brightness": 4})] == [
        "state",
        "brightness",
    ]
    [relay] = controls("shelly_gen1", {"relay.0": "on", "relay.0.power": 1})
    assert relay.shown() == {"name": "relay/0", "key": "relay.0", "kind": "switch", "on": "on", "off": "off"}
    assert [each.name for each in controls("shelly_gen2", {"switch:0.output": True, "sys.uptime": 1})] == ["switch:0"]
    assert controls("wled", {"g": 4, "c": "#FF0000"})[0].shown() == {"name": "brightness", "key": "g", "kind": "number"}
    assert controls("wled", {"c": "#FF0000"}) == []
    [lock] = controls("valetudo", {"KeyLockCapability.enabled": "ON", "BatteryStateAttribute.level": 80})
    assert (lock.name, lock.key, lock.on) == ("KeyLockCapability/enabled", "KeyLockCapability.enabled", "ON")
    [detect] = controls("frigate", {"detect.state": "ON", "motion_threshold.state": 30, "person": 1})
    assert (detect.name, detect.key, detect.off) == ("detect", "detect.state", "OFF")
    assert controls("tasmota", {"Dimmer": 4})[0].shown() == {"name": "Dimmer", "key": "Dimmer", "kind": "number"}
    for family in {*WIRES, "json"} - {"tasmota", "zigbee2mqtt", "shelly_gen1", "shelly_gen2"}:
        assert controls(family, {"x": True}) == []


def test_values_are_written_as_text() -> None:
    assert [text(value) for value in (None, True, False, "a", 1, 1.5, [1])] == [
        b"", b"ON", b"OFF", b"a", b"1", b"1.5", b"[1]"
    ]  # fmt: skip
    assert members(b"no") == members(b"[1]") == {}


def test_what_is_said_has_a_limit_as_evidence() -> None:
    deep: Any = 0
    for _ in range(300):
        deep = [deep]
    assert Answer(ok=True, said={"a": 1}).proof == {"a": 1}
    assert Answer(ok=True, said="x" * 20_000).proof == {"too_long_bytes": 20_002}
    assert Answer(ok=True, said=deep).proof == {"too_deep": True}


def test_only_so_many_devices_have_their_place_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lorawan, "MAX_PLACES", 1)
    told = [(f"{TTN}/up", TTN_UPLINK), ("v3/shop@ttn/devices/node2/up", TTN_UPLINK), (f"{TTN}/join", {})]
    assert published("ttn_v3", "node1", "3", {}, told=told)[0] == f"{TTN}/down/push"
    with pytest.raises(Uncommandable, match="not been heard"):
        sending("ttn_v3", "node2", "3", {}, told=told)
