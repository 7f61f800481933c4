"""Whatever is sent: an answer or a refusal, and nothing that can't be encoded, stored or shown."""

import math

import cbor2
import msgpack
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.decoders.base import Malformed, Unsupported
from hub.decoders.clock import LocalTime
from hub.decoders.lines import decode_lines
from hub.topics import validate_topic
from tests.decoders.told import NOW, decoders

MAX_REASON = 200
"""Characters of a reason: a payload is not repeated in it."""

TOPICS = (
    "devices/kitchen/telemetry", "devices/kitchen/status", "a/b/c/d", "telemetry", "x", "tele/plug/SENSOR",
    "tele/plug/STATE", "tele/plug/LWT", "stat/plug/RESULT", "stat/plug/STATUS8", "stat/plug/POWER1",
    "tele/plug/INFO1",
    "tasmota/discovery/A4CF12F474C7/config", "tasmota/discovery/A4CF12F474C7/sensors", "zigbee2mqtt/lamp",
    "zigbee2mqtt/lamp/power", "zigbee2mqtt/lamp/availability", "zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge/devices",
    "zigbee2mqtt/bridge/info", "zigbee2mqtt/bridge/event", "zigbee2mqtt/bridge/health", "other/bridge/devices",
    "spBv1.0/G/NBIRTH/E", "spBv1.0/G/NDATA/E", "spBv1.0/G/DDEATH/E/D", "spBv1.0/STATE/scada", "STATE/scada",
    "senml/x", "nodes/n/cbor", "nodes/n/mp", "logger/7", "telegraf/host",
    "owntracks/anna/phone", "msh/EU/2/json/LongFast/!7efeee00", "msh/EU/2/stat/!7efeee00", "$SYS/broker/uptime",
    "$SYS/brokers/n/clients/c/connected", "application/1/device/0101010101010101/event/up",
    "application/1/device/0101010101010101/event/status", "eu868/gateway/0016c001f153a14c/event/stats",
    "eu868/gateway/0016c001f153a14c/state/conn", "v3/app@tenant/devices/dev1/up",
    "v3/app@tenant/devices/dev1/location/solved", "v3/app@tenant/devices/dev1/service/data", "v1/devices/me/telemetry",
    "v1/devices/me/attributes", "v1/gateway/telemetry", "v1/gateway/attributes", "v1/gateway/rpc",
    "v1/gateway/connect", "$aws/things/lamp/shadow/update", "$aws/things/lamp/shadow/update/documents",
    "$aws/events/presence/connected/lamp", "devices/d1/messages/events/a=b",
    "$iothub/twin/PATCH/properties/reported/?$rid=1",
    "shellies/plug/relay/0", "shellies/plug/online", "shellies/plug/light/0/status", "shellies/announce",
    "shellyplug/events/rpc", "a/b/plug/events/rpc", "plug/status/switch:0", "shellyplug/online", "me/rpc",
    "homie/car/$state", "homie/car/$stats/battery", "homie/car/engine/speed", "homie/car/engine/speed/$unit",
    "homie/car/engine/speed/$datatype", "x/car/$homie", "homie/5/desk/$description", "homie/5/desk/$state",
    "homie/5/desk/light/power", "valetudo/robot/BatteryStateAttribute/level", "valetudo/robot/attributes",
    "N/c0619ab2aaaa/system/0/Batteries", "N/c0619ab2aaaa/battery/512/Soc", "ruuvi/C8:25:2D:8E:9C:2C/gw_status",
    "ruuvi/C8:25:2D:8E:9C:2C/F4:1F:0C:28:CB:D6", "home/gw/BTtoMQTT", "home/gw/BTtoMQTT/AABBCCDDEEFF",
    "home/gw/433toMQTT", "a/b/gw/RTL_433toMQTT", "a/b/gw/LWT", "rtl_433/h/events", "rtl_433/h/availability",
    "rtl_433/h/devices/Nexus-TH/2/42/temperature_C", "wled/desk/v", "wled/desk/g", "wled/desk/status",
    "ems-esp/boiler_data", "ems-esp/status", "ems-esp/boiler/x", "x/boiler_data", "frigate/events", "frigate/available",
    "frigate/door/person", "frigate/door/status/detect", "node/light/desk/state", "node/sensor/x/state",
    "esphome/discover/node", "homeassistant/sensor/x/config", "homeassistant/device/x/config", "homeassistant/status",
    "homeassistant/light/x/state", "homeassistant/light/x/status",
)  # fmt: skip
NAMES = st.sampled_from(
    (
        "value", "unit", "name", "ts", "time", "Time", "deviceId", "id", "seq", "data", "state", "status", "action",
        "t", "ft", "tp", "sn", "ZbReceived", "StatusSNS", "ENERGY", "Power", "TempUnit", "friendly_name", "definition",
        "exposes", "features", "property", "version", "coordinator", "bn", "n", "v", "temperature", "temperature_unit",
        "bt", "bu", "u", "s", "vd", "_type", "lat", "tst", "from", "type", "payload", "latitude_i", "object", "rxInfo",
        "rssi", "deviceInfo", "deviceName", "uplink_message", "decoded_payload", "normalized_payload", "frm_payload",
        "rx_metadata", "location_solved", "location", "values", "device", "reported", "desired", "current", "method",
        "params", "events", "event", "component", "src", "result", "nodes", "properties", "root", "homie", "unit",
        "datatype", "model", "channel", "temperature_C", "tempc", "weight", "data", "dataFormat", "camera", "after",
        "frame_time", "stat_t", "cmd_t", "val_tpl", "~", "dev", "ids", "cns", "avty", "avty_t", "cmps", "p", "uniq_id",
        "unit_of_meas",
    )
) | st.text(max_size=5)  # fmt: skip
WORDS = st.sampled_from(
    ("online", "OFF", "nan", "1e999", "21.5 °C", "2024-05-01T08:40:00Z", "%topic%/%prefix%/", "", "\0", "/")
) | st.sampled_from(
    ("x", "{{ value_json.x }}", "{{ value * 2 }}", "~/x", "020106051BFF9904", "json", "lost", "4.0", "ready")
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
DOCUMENTS = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES, below, max_size=5), max_leaves=12
)


def encodable(document: object) -> bool:
    try:
        orjson.dumps(document)
    except TypeError:
        return False
    return True


def msgpack_of(document: object) -> bytes:
    packed: bytes = msgpack.packb(document)
    return packed


PAYLOADS_OF_DOCUMENTS = DOCUMENTS.filter(encodable).map(orjson.dumps)
BINARY_DOCUMENTS = DOCUMENTS.filter(encodable).flatmap(lambda d: st.sampled_from((cbor2.dumps(d), msgpack_of(d))))
LINES = st.sampled_from(
    (b"m,host=a x=1.5,y=2i 1700000000000000000", b'm,a=b x="t"', b"ts;temp (C)\n1;2,5", b"a,b\n1,2")
)
SPARKPLUG = bytes.fromhex(
    "0880d095ffbc3112190a08496e7438206e65671880d095ffbc31200150ffffffff0f12140a04426c6f621880d095ffbc31201182010200ff"
    "12351a00080120094a100a07656e67556e69741205080c7a0125650000c842180c"
)
TEXTS = WORDS.map(str.encode) | LINES | st.just(SPARKPLUG)
MUTATED = st.builds(
    lambda payload, at, byte: payload[:at] + byte + payload[at + 1 :],
    TEXTS | PAYLOADS_OF_DOCUMENTS | BINARY_DOCUMENTS,
    st.integers(0, 60),
    st.binary(max_size=2),
)
PAYLOADS = st.binary(max_size=60) | TEXTS | PAYLOADS_OF_DOCUMENTS | BINARY_DOCUMENTS | MUTATED
MESSAGES = st.tuples(st.sampled_from(TOPICS), PAYLOADS)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MESSAGES, min_size=1, max_size=6))
def test_any_messages_give_sound_events_or_a_refusal(messages: list[tuple[str, bytes]]) -> None:
    by = decoders()
    for topic, payload in messages:
        try:
            outcome = by.decode(topic, payload, NOW)
        except (Malformed, Unsupported):
            continue
        for decoded in [] if outcome is None else outcome.events:
            if decoded.device is not None:
                validate_topic("telemetry/" + decoded.device)
                assert "/" not in decoded.device
            assert not decoded.data or decoded.kind in ("telemetry", "state", "event")
            assert orjson.loads(orjson.dumps(decoded.data)) == decoded.data
            assert all(isinstance(value, str | bool | int | float) for value in decoded.data.values())
            assert all(math.isfinite(value) for value in decoded.data.values() if isinstance(value, float))
            assert (
                decoded.time is None or (decoded.time.ms if isinstance(decoded.time, LocalTime) else decoded.time) > 0
            )
            assert encodable([dict(decoded.units), dict(decoded.attributes)])
    assert orjson.loads(orjson.dumps(by.knowledge.families)) == by.knowledge.families


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.text(max_size=40) | MESSAGES.map(lambda m: orjson.dumps({"topic": m[0], "payload_hex": m[1].hex()}).decode())
    )
)
def test_any_lines_are_answered_one_for_one(lines: list[str]) -> None:
    found = list(decode_lines(lines, now_ms=lambda: NOW))
    assert len(found) == len(lines)
    assert all(isinstance(orjson.loads(answer), dict) for answer in found)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b"[" * 1000 + b"]" * 1000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b"9" * 100_000,
        b'{"n":' + b"9" * 100_000 + b"}",
        b"{" + b'"a":1,' * 10_000 + b'"a":2}',
        b"\0" * 1000,
        b'"' * 1001,
        b"a=" * 50_000,
    ],
    ids=["open", "deep", "deep object", "digits", "digits in an object", "duplicates", "zeros", "quotes", "pairs"],
)
def test_hostile_payloads_are_answered_or_refused(topic: str, payload: bytes) -> None:
    by = decoders()
    reasons = []
    for _ in range(2):
        try:
            by.decode(topic, payload, NOW)
        except (Malformed, Unsupported) as refused:
            reasons.append(str(refused))
    assert all(0 < len(reason) < MAX_REASON for reason in reasons)
