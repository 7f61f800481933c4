import pytest

from hub.decoders.base import Decoded, Malformed
from hub.decoders.clock import LocalTime, Moment
from hub.decoders.registry import Decoders
from hub.decoders.zigbee2mqtt_network import MAX_DEVICES, Network
from hub.decoders.zigbee2mqtt_units import exposed_units
from hub.events import Scalar
from tests.decoders.told import decoders, one, told

PLUG = {
    "ieee_address": "0xa4c1", "type": "Router", "friendly_name": "hall/plug", "power_source": "Mains (single phase)",
    "software_build_id": "1.0.1",
    "definition": {
        "model": "TS011F", "vendor": "TuYa", "description": "Smart plug", "exposes": [
            {"type": "switch", "features": [{"type": "binary", "property": "state", "access": 7}]},
            {"type": "numeric", "property": "power", "unit": "W"},
            {"type": "numeric", "property": "energy", "unit": "Wh"},
            {"type": "numeric", "property": "voltage", "unit": "V"},
            {"type": "composite", "property": "limits", "features": [{"property": "top", "unit": "A"}]},
            {"type": "enum", "property": "mode", "unit": ""},
            {"unit": "nobody's"},
            "odd",
        ],
    },
}  # fmt: skip
UNKNOWN = {"ieee_address": "0xb4", "type": "EndDevice", "friendly_name": "mystery", "definition": None}
COORDINATOR = {"ieee_address": "0x00", "type": "Coordinator", "friendly_name": "Coordinator"}
ATTRIBUTES = {
    "name": "hall/plug", "model": "TS011F", "vendor": "TuYa", "description": "Smart plug", "ieee_address": "0xa4c1",
    "power_source": "Mains (single phase)", "firmware": "1.0.1",
}  # fmt: skip
UNITS = {"power": "W", "energy": "Wh", "voltage": "V", "limits.top": "A"}


@pytest.fixture
def knowing() -> Decoders:
    """The hub after the bridge has told of its devices."""
    by = decoders()
    assert told("zigbee2mqtt/bridge/devices", [COORDINATOR, PLUG, UNKNOWN, "odd", {"friendly_name": ""}], by) == [
        Decoded("hall%2Fplug", "discovery", units=UNITS, attributes=ATTRIBUTES, reset=("zigbee2mqtt",)),
        Decoded("mystery", "discovery", attributes={"name": "mystery", "ieee_address": "0xb4"}, reset=("zigbee2mqtt",)),
    ]
    return by


@pytest.mark.parametrize(
    ("payload", "data", "units"),
    [
        (
            {"temperature": -4.5, "humidity": 51.5, "battery": 3, "voltage": 2900, "linkquality": 120},
            {"temperature": -4.5, "humidity": 51.5, "battery": 3, "voltage": 2900, "linkquality": 120},
            {"temperature": "°C", "humidity": "%", "battery": "%", "voltage": "mV", "linkquality": "lqi"},
        ),
        ({"power": 0, "voltage": 239}, {"power": 0, "voltage": 239}, {"power": "W", "voltage": "V"}),
        ({"voltage": 239}, {"voltage": 239}, {}),
        (
            {"alarm": None, "update": {"state": "idle"}, "device": {"ieeeAddr": "0x1"}, "color": {"x": 0.5}},
            {"color.x": 0.5},
            {},
        ),
        ({"contact": False, "elapsed": 5000}, {"contact": False}, {}),
    ],
)
def test_state(payload: dict[str, object], data: dict[str, Scalar], units: dict[str, str]) -> None:
    by = decoders()
    decoded = one("zigbee2mqtt/Küche/Fenster 1", payload, by)
    assert decoded == Decoded("Küche%2FFenster 1", "telemetry", data, units)
    assert one("zigbee2mqtt/Küche/Fenster 1", payload, by).units is decoded.units


@pytest.mark.parametrize(
    ("last_seen", "time"),
    [
        ("2022-05-16T20:46:44+08:00", 1_652_705_204_000),
        (1_652_705_204_000, 1_652_705_204_000),
        ("2022-05-16T12:46:44", LocalTime(1_652_705_204_000)),
        ("N/A", None),
    ],
)
def test_last_seen_is_the_devices_time(last_seen: object, time: Moment | None) -> None:
    decoded = one("zigbee2mqtt/z1", {"state": "ON", "last_seen": last_seen})
    assert decoded == Decoded("z1", "state", {"state": "ON"}, time=time)


def test_an_action_is_an_event_beside_the_state() -> None:
    event, state = told("zigbee2mqtt/button", {"action": "single", "action_duration": 0.5, "battery": 90})
    assert event == Decoded("button", "event", {"action": "single", "action_duration": 0.5})
    assert state == Decoded("button", "telemetry", {"battery": 90}, {"battery": "%"})
    assert [decoded.kind for decoded in told("zigbee2mqtt/button", {"action": "single"})] == ["event"]
    assert one("zigbee2mqtt/button", {"action": "", "battery": 90}).data == {"battery": 90}
    assert one("zigbee2mqtt/button", {"action": "", "action_side": 1}).data == {}


@pytest.mark.parametrize(
    ("topic", "payload", "decoded"),
    [
        ("zigbee2mqtt/z1/power", "0", Decoded("z1", "telemetry", {"power": 0}, {"power": "W"})),
        ("zigbee2mqtt/z1/state", "OFF", Decoded("z1", "state", {"state": "OFF"})),
        ("zigbee2mqtt/hall/z1/contact", "true", Decoded("hall%2Fz1", "telemetry", {"contact": True})),
        ("zigbee2mqtt/z1/action", "single", Decoded("z1", "event", {"action": "single"})),
        ("zigbee2mqtt/z1/action", " ", Decoded("z1", "meta")),
        ("zigbee2mqtt/z1/identify", "null", Decoded("z1", "meta")),
        ("zigbee2mqtt/z1/last_seen", "2022-05-16T20:46:44", Decoded("z1", "meta")),
        ("zigbee2mqtt/z1/power", "", Decoded("z1%2Fpower", "removal")),
    ],
)
def test_attributes_on_topics_of_their_own(topic: str, payload: str, decoded: Decoded) -> None:
    assert one(topic, payload) == decoded


@pytest.mark.parametrize(
    ("payload", "status"), [({"state": "online"}, "online"), ({"state": "offline"}, "offline"), ("offline", "offline")]
)
def test_availability(payload: object, status: str) -> None:
    assert one("zigbee2mqtt/z1/availability", payload) == Decoded("z1", "presence", status=status)  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize("topic", ["zigbee2mqtt/z1/availability", "zigbee2mqtt/bridge/state"])
def test_availability_of_other_words(topic: str) -> None:
    assert one(topic, "").kind == "removal"
    for payload in ("perhaps", '{"state":5}', "{"):
        with pytest.raises(Malformed):
            told(topic, payload)


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("zigbee2mqtt/lamp/set", "command"),
        ("zigbee2mqtt/lamp/set/brightness", "command"),
        ("zigbee2mqtt/lamp/get", "request"),
    ],
)
def test_what_is_sent_to_a_device_is_no_reading_of_it(topic: str, kind: str) -> None:
    assert one(topic, {"state": "ON"}) == Decoded("lamp", kind)  # type: ignore[arg-type]  # from a table


def test_an_endpoint_is_its_devices(knowing: Decoders) -> None:
    assert one("zigbee2mqtt/hall/plug/left/set", "ON", knowing).device == "hall%2Fplug"
    assert one("zigbee2mqtt/hall/plug/set", "ON", knowing).device == "hall%2Fplug"
    assert one("zigbee2mqtt/hall/lamp/set", "ON", knowing).device == "hall%2Flamp"


def test_the_bridge_tells_names_models_and_units(knowing: Decoders) -> None:
    first = one("zigbee2mqtt/hall/plug", {"power": 5, "energy": 6, "temperature": 30}, knowing)
    assert (first.units, first.attributes) == (UNITS, ATTRIBUTES)
    again = one("zigbee2mqtt/hall/plug", {"power": 6}, knowing)
    assert again.units is first.units
    assert again.attributes is first.attributes
    assert one("zigbee2mqtt/hall/plug/energy", "5", knowing).units == UNITS
    assert one("zigbee2mqtt/mystery", {"temperature": 5}, knowing).units == {"temperature": "°C"}
    with pytest.raises(Malformed, match="the state of a device is a JSON object"):
        told("zigbee2mqtt/hall/plug", "5", knowing)
    with pytest.raises(Malformed, match="the state of a device is a JSON object"):
        told("zigbee2mqtt/z9", "5", knowing)


def test_only_news_make_topics_be_claimed_anew(knowing: Decoders) -> None:
    assert not any(found.reset for found in told("zigbee2mqtt/bridge/devices", [PLUG, UNKNOWN], knowing))
    assert one("zigbee2mqtt/bridge/devices", [PLUG], knowing).reset
    assert one("zigbee2mqtt/bridge/devices", "", knowing) == Decoded("zigbee2mqtt", "discovery", reset=("zigbee2mqtt",))
    assert one("zigbee2mqtt/bridge/devices", [], knowing) == Decoded("zigbee2mqtt", "discovery")
    with pytest.raises(Malformed, match="no array"):
        told("zigbee2mqtt/bridge/devices", {}, knowing)


def test_a_bridge_that_goes_takes_its_devices_along(knowing: Decoders) -> None:
    one("zigbee2mqtt/group 1", {"state": "ON"}, knowing)
    gone = told("zigbee2mqtt/bridge/state", {"state": "offline"}, knowing)
    assert [decoded.device for decoded in gone] == ["zigbee2mqtt", "hall%2Fplug", "mystery", "group 1"]
    assert {(decoded.kind, decoded.status) for decoded in gone} == {("presence", "offline")}
    assert told("zigbee2mqtt/bridge/state", "online", knowing) == [Decoded("zigbee2mqtt", "presence", status="online")]


@pytest.mark.parametrize(
    ("what", "payload", "kind"),
    [
        ("logging", {"level": "info", "message": "joined"}, "log"),
        ("log", {"type": "device_connected"}, "log"),
        ("response/permit_join", {"data": {"value": True}, "status": "ok"}, "response"),
        ("request/permit_join", {"value": True}, "command"),
        ("groups", [{"id": 1}], "config"),
        ("info", {"version": 5}, "info"),
        ("event", {"type": "device_joined", "data": None}, "event"),
    ],
)
def test_what_the_bridge_says_is_no_reading(what: str, payload: object, kind: str) -> None:
    assert one(f"zigbee2mqtt/bridge/{what}", payload) == Decoded("zigbee2mqtt", kind)  # type: ignore[arg-type]  # from a table


def test_events_are_of_the_bridge_and_of_the_device() -> None:
    found = told("zigbee2mqtt/bridge/event", {"type": "device_joined", "data": {"friendly_name": "0xa4"}})
    assert found == [Decoded("zigbee2mqtt", "event"), Decoded("0xa4", "event")]


def test_info_and_health_are_the_bridges_own() -> None:
    info = one("zigbee2mqtt/bridge/info", {"version": "2.1.0", "coordinator": {"type": "ZStack"}})
    assert info == Decoded("zigbee2mqtt", "info", attributes={"firmware": "2.1.0", "model": "ZStack"})
    payload = {"os": {"memory_percent": 40}, "devices": {"0xa4": {"messages": 5}}, "response_time": 1_750_000_000_000}
    assert one("zigbee2mqtt/bridge/health", payload).data == {"os.memory_percent": 40}


@pytest.mark.parametrize(
    ("what", "payload"), [("devices", [PLUG]), ("info", {"version": "2.1.0", "coordinator": {"type": "ZStack"}})]
)
def test_another_base_is_known_once_its_bridge_has_spoken(what: str, payload: object) -> None:
    by = decoders()
    assert one("home/zb/hall/plug", {"power": 5}, by).device == "zb%2Fhall%2Fplug"
    assert told(f"home/zb/bridge/{what}", payload, by)[0].reset
    decoded = one("home/zb/hall/plug", {"power": 5}, by)
    assert (decoded.device, decoded.units["power"]) == ("hall%2Fplug", "W")
    assert not told(f"home/zb/bridge/{what}", payload, by)[0].reset
    assert told("home/zb/bridge/state", "offline", by)[0] == Decoded("home%2Fzb", "presence", status="offline")


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("net/bridge/info", b'{"version":1}'),
        ("net/bridge/info", b"[1]"),
        ("net/bridge/info", b"{"),
        ("net/bridge/devices", b"[]"),
        ("net/bridge/devices", b'[5,{"name":"x"}]'),
        ("net/bridge/state", b"online"),
        ("x" * 200 + "/bridge/info", b'{"version":"1","coordinator":{}}'),
        ("zigbee2mqtt/", b"{}"),
        ("zigbee2mqtt//x", b"{}"),
        ("zigbee2mqtt/x/", b"{}"),
        ("zigbee2mqtt/" + "x" * 200, b"{}"),
        ("zigbee2mqtt", b"{}"),
    ],
)
def test_other_topics_are_not_claimed(topic: str, payload: bytes) -> None:
    by = decoders()
    try:
        outcome = by.decode(topic, payload, 0)
    except Malformed:
        outcome = None
    assert outcome is None or outcome.family != "zigbee2mqtt"
    assert by.family_of(topic) != "zigbee2mqtt"


def test_broken_state_is_malformed() -> None:
    with pytest.raises(Malformed, match="cut off after 8 characters"):
        told("zigbee2mqtt/z1", '{"power"')


def test_what_is_seen_is_bounded() -> None:
    network = Network("zb", {})
    for i in range(MAX_DEVICES + 1):
        network.seen(str(i))
    assert network.knows("0")
    assert not network.knows(str(MAX_DEVICES))


def test_exposes_are_not_followed_for_ever() -> None:
    expose: dict[str, object] = {"property": "end", "unit": "s"}
    for _ in range(20):
        expose = {"features": [expose]}
    assert exposed_units([expose]) == {}
    assert exposed_units(None) == {}
