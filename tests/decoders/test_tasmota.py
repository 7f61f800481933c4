import pytest

from hub.decoders.base import NO_UNITS, Decoded, Malformed, Unsupported
from hub.decoders.clock import LocalTime, Moment
from hub.decoders.registry import Decoders
from hub.decoders.tasmota_discovery import MAX_DEVICES, Device, Discovered
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told

CONFIG = {
    "ip": "192.168.1.20", "dn": "Boiler plug", "hn": "plug-1234", "mac": "A4CF12F474C7", "md": "Sonoff Basic",
    "ofln": "Gone", "onln": "Here", "t": "boiler", "ft": "home/%topic%/%prefix%/", "sw": "14.1.0",
    "tp": ["do", "did", "says"], "fn": ["Boiler plug", None],
}  # fmt: skip
ATTRIBUTES = {
    "name": "Boiler plug", "model": "Sonoff Basic", "firmware": "14.1.0", "mac": "A4CF12F474C7", "ip": "192.168.1.20",
    "hostname": "plug-1234",
}  # fmt: skip
PATHS = ["home/boiler/do", "home/boiler/did", "home/boiler/says"]
CONFIG_TOPIC = "tasmota/discovery/A4CF12F474C7/config"
SENSORS_TOPIC = "tasmota/discovery/A4CF12F474C7/sensors"


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("tele/plug/SENSOR", "plug"),
        ("plug/tele/SENSOR", "plug"),
        ("site/hall/plug/tele/SENSOR", "plug"),
        ("site/tele/plug/SENSOR", "plug"),
        ("tele/floor1/plug/SENSOR", "floor1%2Fplug"),
    ],
)
def test_the_prefix_may_be_anywhere(topic: str, device: str) -> None:
    decoded = one(topic, {"Time": "1970-01-01T00:00:08", "ENERGY": {"Power": 170}})
    assert decoded == Decoded(device, "telemetry", {"ENERGY.Power": 170}, {"ENERGY.Power": "W"})


@pytest.mark.parametrize(
    "topic", ["tele/SENSOR", "tele/x/lower", "a/b/tele", "x/stat/!7e", "tele//SENSOR", "tasmota/discovery/X/y"]
)
def test_other_topics_are_not_tasmotas(topic: str) -> None:
    assert family(topic, b"21.5") != "tasmota"


@pytest.mark.parametrize(
    ("payload", "data", "units"),
    [
        (
            {"AM2301": {"Temperature": 22.4, "Humidity": 61.5}, "TempUnit": "C"},
            {"AM2301.Temperature": 22.4, "AM2301.Humidity": 61.5},
            {"AM2301.Temperature": "°C", "AM2301.Humidity": "%"},
        ),
        (
            {"BMP280": {"Temperature": 75, "Pressure": 755}, "PressureUnit": "mmHg", "TempUnit": "F"},
            {"BMP280.Temperature": 75, "BMP280.Pressure": 755},
            {"BMP280.Temperature": "°F", "BMP280.Pressure": "mmHg"},
        ),
        ({"WIND": {"Speed": 3, "SpeedUnit": "km/h"}}, {"WIND.Speed": 3}, {"WIND.Speed": "km/h"}),
        ({"ESP32": {"Temperature": 40}}, {"ESP32.Temperature": 40}, {}),
        ({"DS18B20-1": {"Id": "000001234ABC", "Temperature": "7.5"}, "TempUnit": "C"},
         {"DS18B20-1.Temperature": 7.5}, {"DS18B20-1.Temperature": "°C"}),
        ({"AM2301": {"Humidity": "58"}}, {"AM2301.Humidity": 58}, {"AM2301.Humidity": "%"}),
        ({"AM2301": {"Humidity": "dry"}}, {"AM2301.Humidity": "dry"}, {"AM2301.Humidity": "%"}),
        ({"AM2301": {"Temperature": None}}, {}, {}),
        (
            {"ENERGY": {"TotalStartTime": "2024-03-01T00:00:00", "Total": [1.5, 2], "Power": [1, 2], "Period": 9,
                        "Factor": 1}},
            {"ENERGY.Total.0": 1.5, "ENERGY.Total.1": 2, "ENERGY.Power.0": 1, "ENERGY.Power.1": 2, "ENERGY.Period": 9,
             "ENERGY.Factor": 1},
            {"ENERGY.Total.0": "kWh", "ENERGY.Total.1": "kWh", "ENERGY.Power.0": "W", "ENERGY.Power.1": "W",
             "ENERGY.Period": "Wh"},
        ),
        (
            {"TIC": {"ADCO": "031122334455", "HCHC": 471100, "PAPP": 170, "IINST1": 2, "URMS1": 230, "PREF": 6,
                     "PTEC": "HP.."}},
            {"TIC.HCHC": 471100, "TIC.PAPP": 170, "TIC.IINST1": 2, "TIC.URMS1": 230, "TIC.PREF": 6, "TIC.PTEC": "HP.."},
            {"TIC.HCHC": "Wh", "TIC.PAPP": "VA", "TIC.IINST1": "A", "TIC.URMS1": "V", "TIC.PREF": "kVA"},
        ),
        ({"Switch1": "ON", "1": 5}, {"Switch1": "ON", "1": 5}, {}),
    ],
)  # fmt: skip
def test_sensors(payload: dict[str, object], data: dict[str, Scalar], units: dict[str, str]) -> None:
    by = decoders()
    decoded = one("tele/plug/SENSOR", payload, by)
    assert decoded == Decoded("plug", "telemetry", data, units)
    assert one("tele/plug/SENSOR", payload, by).units is decoded.units


@pytest.mark.parametrize(
    ("clock", "time"),
    [
        ({"Time": "2021-06-27T15:03:44+02:00"}, 1_624_799_024_000),
        ({"Time": "2021-06-27T13:03:44"}, LocalTime(1_624_799_024_000)),
        ({"Time": "1970-01-01T00:00:08Z"}, None),
        ({"Time": "2021-06-27T15:03:44", "Epoch": 1_624_799_024}, 1_624_799_024_000),
    ],
)
def test_the_devices_clock(clock: dict[str, object], time: Moment | None) -> None:
    decoded = one("tele/plug/STATE", {**clock, "POWER": "ON"})
    assert (decoded.kind, decoded.data, decoded.time) == ("state", {"POWER": "ON"}, time)


def test_state_tells_of_the_radio_in_two_units() -> None:
    payload = {"UptimeSec": 13, "Vcc": 3.4, "Wifi": {"AP": 1, "BSSId": "AA:BB", "RSSI": 86, "Signal": -57}}
    decoded = one("tele/plug/STATE", payload)
    assert decoded.data == {"UptimeSec": 13, "Vcc": 3.4, "Wifi.AP": 1, "Wifi.RSSI": 86, "Wifi.Signal": -57}
    assert decoded.units == {"UptimeSec": "s", "Vcc": "V", "Wifi.RSSI": "%", "Wifi.Signal": "dBm"}


@pytest.mark.parametrize(("payload", "status"), [("Online", "online"), ("Offline", "offline"), ("offline ", "offline")])
def test_the_will(payload: str, status: str) -> None:
    assert one("tele/plug/LWT", payload) == Decoded("plug", "presence", status=status)  # type: ignore[arg-type]  # from a table


def test_a_will_of_other_words_is_malformed() -> None:
    assert one("tele/plug/LWT", "").kind == "removal"
    with pytest.raises(Malformed, match="neither Online nor Offline"):
        told("tele/plug/LWT", "Here")


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "data"),
    [
        ("stat/plug/POWER1", "OFF", "state", {"POWER1": "OFF"}),
        ("stat/plug/POWER1", "", "response", {}),
        ("stat/plug/POWER1", {"POWER1": "OFF"}, "response", {}),
        ("stat/plug/UPGRADE", "Successful. Restarting", "response", {}),
        ("stat/plug/LOGGING", "08:40:00 MQT: ...", "log", {}),
        ("stat/plug/TIMERS", {"Timer1": {"Time": "08:00"}}, "response", {}),
        ("tele/plug/MARGINS", {"PowerDelta": 5}, "telemetry", {"PowerDelta": 5}),
        ("stat/plug/RESULT", {"POWER2": "ON", "TelePeriod": 300}, "state", {"POWER2": "ON"}),
        ("stat/plug/RESULT", {"TelePeriod": 300}, "response", {}),
        ("tele/plug/RESULT", {"Other": 300}, "info", {}),
        (
            "tele/plug/RESULT",
            {"RfReceived": {"Sync": 1, "Data": "2A"}},
            "event",
            {"RfReceived.Sync": 1, "RfReceived.Data": "2A"},
        ),
        ("stat/plug/RESULT", {"Button1": {"Action": "SINGLE"}}, "event", {"Button1.Action": "SINGLE"}),
        ("stat/plug/STATUS8", {"StatusSNS": {"ENERGY": {"Power": 5}}}, "telemetry", {"ENERGY.Power": 5}),
        ("stat/plug/STATUS11", {"StatusSTS": {"POWER": "ON"}}, "state", {"POWER": "ON"}),
        ("tele/plug/HASS_STATE", {"Version": "14.1.0"}, "info", {}),
    ],
)
def test_answers(topic: str, payload: object, kind: str, data: dict[str, Scalar]) -> None:
    decoded = one(topic, payload)
    assert (decoded.device, decoded.kind, decoded.data) == ("plug", kind, data)


def test_facts_are_attributes() -> None:
    decoded = one("tele/plug/INFO1", {"Info1": {"Module": "Generic", "Version": "14.1.0"}})
    assert decoded == Decoded("plug", "info", attributes={"model": "Generic", "firmware": "14.1.0"})
    decoded = one("stat/plug/STATUS5", {"StatusNET": {"Hostname": "plug", "IPAddress": "10.0.0.9", "Mac": ""}, "n": 1})
    assert decoded.attributes == {"hostname": "plug", "ip": "10.0.0.9"}


@pytest.mark.parametrize(
    ("topic", "payload", "device", "kind"),
    [
        ("cmnd/plug/POWER2", "TOGGLE", "plug", "command"),
        ("cmnd/plug/power", "", "plug", "request"),
        ("site/plug/cmnd/Dimmer", "50", "plug", "command"),
    ],
)
def test_commands_are_no_readings(topic: str, payload: str, device: str, kind: str) -> None:
    assert one(topic, payload) == Decoded(device, kind)  # type: ignore[arg-type]  # from a table


def test_devices_behind_a_zigbee_bridge_speak_for_themselves() -> None:
    payload = {
        "ZbReceived": {
            "0x5ADF": {"Device": "0x5ADF", "Name": "Hall", "Temperature": 21.5, "Endpoint": 1, "LinkQuality": 70},
            "0x1111": {"Humidity": 40},
            "odd": 5,
        },
        "Time": "2021-06-27T15:03:44Z",
    }
    first, second = told("tele/Zigbee/SENSOR", payload)
    assert first == Decoded(
        "0x5ADF", "telemetry", {"Temperature": 21.5, "LinkQuality": 70}, {"Temperature": "°C"}, None, 1_624_806_224_000,
        {"name": "Hall"},
    )  # fmt: skip
    assert (second.device, second.data, second.attributes) == ("0x1111", {"Humidity": 40}, {})
    assert [found.device for found in told("tele/Zigbee/RESULT", payload)] == ["0x5ADF", "0x1111"]
    assert one("tele/Zigbee/SENSOR", {"ZbReceived": 5, "Vcc": 3}).data == {"ZbReceived": 5, "Vcc": 3}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("tele/plug/SENSOR", b'{"ENERGY":{"Pow'),
        ("tele/plug/STATE", b"[1]"),
        ("stat/plug/POWER", b"\xff"),
        (CONFIG_TOPIC, b"{}"),
    ],
)
def test_broken_messages_are_malformed(topic: str, payload: bytes) -> None:
    with pytest.raises(Malformed):
        told(topic, payload)


def test_too_many_values_are_not_supported() -> None:
    with pytest.raises(Unsupported):
        told("tele/plug/SENSOR", {"x": list(range(2000))})


@pytest.fixture
def knowing() -> Decoders:
    """The hub after a device has told of itself."""
    by = decoders()
    assert family("says/x", b"1") == "plain"
    one("home/boiler/says/SENSOR", {"ENERGY": {"Power": 5}}, by)
    assert one(CONFIG_TOPIC, CONFIG, by) == Decoded("boiler", "discovery", attributes=ATTRIBUTES, reset=PATHS)
    return by


def test_discovery_tells_where_a_device_speaks(knowing: Decoders) -> None:
    decoded = one("home/boiler/says/SENSOR", {"ENERGY": {"Power": 5}}, knowing)
    assert (decoded.device, decoded.units, decoded.attributes) == ("boiler", {"ENERGY.Power": "W"}, ATTRIBUTES)
    assert one("home/boiler/do/POWER", "ON", knowing).kind == "command"
    assert one("home/boiler/did/POWER", "ON", knowing).data == {"POWER": "ON"}
    assert one("home/boiler/says/LWT", "Gone", knowing).status == "offline"
    assert one("home/boiler/says/LWT", "here", knowing).status == "online"
    assert one(CONFIG_TOPIC, CONFIG, knowing).reset == ()


def test_discovery_tells_units(knowing: Decoders) -> None:
    decoded = one(SENSORS_TOPIC, {"sn": {"ENERGY": {"Power": 5}, "ANALOG": {"A0": 1}}, "ver": 1}, knowing)
    assert decoded == Decoded("boiler", "discovery", units={"ENERGY.Power": "W"}, attributes=ATTRIBUTES)
    assert one(SENSORS_TOPIC, "", knowing) == Decoded("boiler", "removal")
    assert one(SENSORS_TOPIC, {"ver": 1}) == Decoded(None, "discovery")


def test_an_empty_discovery_removes(knowing: Decoders) -> None:
    assert one(CONFIG_TOPIC, "", knowing) == Decoded("boiler", "removal", reset=PATHS)
    assert one(CONFIG_TOPIC, "", knowing) == Decoded(None, "removal")
    assert family("home/boiler/says/SENSOR", b"{}") == "json"


@pytest.mark.parametrize("change", [{"ft": 5}, {"tp": ["a"]}, {"tp": None}, {"ft": "no/prefix/%topic%"}])
def test_discovery_without_topics_tells_attributes_alone(change: dict[str, object]) -> None:
    by = decoders()
    config = {**CONFIG, **change, "onln": None, "md": 5}
    decoded = one(CONFIG_TOPIC, config, by)
    assert "model" not in decoded.attributes
    assert one("tele/boiler/SENSOR", {"Vcc": 3}, by).attributes == decoded.attributes
    assert one("tele/boiler/STATE", {}, by).units is NO_UNITS


@pytest.mark.parametrize("topic", ["", 5, None, "x" * 200])
def test_discovery_needs_a_topic(topic: object) -> None:
    with pytest.raises(Malformed, match="discovery without a topic"):
        told(CONFIG_TOPIC, {**CONFIG, "t": topic})


def test_what_discovery_tells_is_bounded() -> None:
    discovered = Discovered({})
    for i in range(MAX_DEVICES):
        assert discovered.learn(str(i), Device(topic=f"t{i}", attributes={}, words={}, paths={}))
    assert not discovered.learn("one more", Device(topic="more", attributes={}, words={}, paths={}))
    assert discovered.learn("5", Device(topic="new name", attributes={}, words={}, paths={}))
    assert discovered.of_topic("t5") is None
