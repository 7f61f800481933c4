"""Messages after OpenMQTTGateway's documentation, pages "BLE gateway", "RF gateway", "Gateway"; Theengs' "Decoder"."""

import pytest

import hub.decoders.openmqttgateway as module
from hub.decoders.base import Decoded, Malformed
from tests.decoders.told import decoders, family, one, told

BLE = "home/Gateway/BTtoMQTT/AABBCCDDEEFF"


def test_a_device_is_named_by_its_mac_whichever_gateway_hears_it() -> None:
    by = decoders()
    message = {
        "id": "AA:BB:CC:DD:EE:FF", "name": "LYWSD03MMC", "brand": "Xiaomi", "rssi": -60, "tempc": "21.5", "hum": 55.5,
        "volt": 2.9, "pres": 1013, "accx": 0.5, "mac_type": 1, "manufacturerdata": "0102",
    }  # fmt: skip
    decoded = one(BLE, message, by)
    assert decoded == Decoded(
        "AABBCCDDEEFF", "telemetry", {"rssi": -60, "tempc": 21.5, "hum": 55.5, "volt": 2.9, "pres": 1013, "accx": 0.5},
        {"rssi": "dBm", "tempc": "°C", "hum": "%", "volt": "V", "pres": "hPa", "accx": "m/s²"},
        attributes={"name": "LYWSD03MMC", "vendor": "Xiaomi"},
    )  # fmt: skip
    assert one(BLE, message, by).attributes is decoded.attributes
    for topic in ("home/Other/BTtoMQTT", "home/home_presence/Gateway"):
        assert one(topic, message).device == "AABBCCDDEEFF"


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("home/gw/BTtoMQTT/1de4b189115e45f6b44e509352269977", "1de4b189115e45f6b44e509352269977"),
        ("home/gw/BTtoMQTT", "gw"),
        ("home/gw/SYStoMQTT", "gw"),
        ("gw/DHTtoMQTT/dht1", "gw"),
        ("home/gw/LORAtoMQTT/node7", "node7"),
    ],
)
def test_who_speaks(topic: str, device: str) -> None:
    assert one(topic, {"uptime": 5}) == Decoded(device, "telemetry", {"uptime": 5}, {"uptime": "s"})


def test_codes_are_events_of_the_gateway() -> None:
    decoded = one("home/gw/433toMQTT", {"value": 18446744073709551615, "protocol": 1, "length": 24})
    assert decoded == Decoded("gw", "event", {"value": 18446744073709551615, "length": 24})


def test_a_scale_states_its_unit() -> None:
    decoded = one(BLE, {"weighing_mode": "person", "unit": "kg", "weight": 71.5, "impedance": 510})
    assert decoded.units == {"weight": "kg", "impedance": "Ω"}


def test_rtl_433_inside() -> None:
    decoded = one(
        "home/gw/RTL_433toMQTT/Nexus-TH/2/42",
        {"model": "Nexus-TH", "id": 42, "channel": 2, "temperature_C": 20.5, "protocol": "Nexus", "rssi": -70},
    )
    units = {"temperature_C": "°C", "rssi": "dB"}
    assert decoded.device == "Nexus-TH-2-42"
    assert (decoded.data, decoded.units) == ({"temperature_C": 20.5, "rssi": -70}, units)
    assert one("home/gw/RTL_433toMQTT", {"temperature_C": 1}).device == "gw"


def test_wills_of_gateways_that_have_spoken() -> None:
    by = decoders()
    (first,) = told("site/hall/gw/SYStoMQTT", {"uptime": 5}, by)
    assert first.reset
    assert one("site/hall/gw/LWT", "offline", by) == Decoded("gw", "presence", status="offline")
    assert one("site/hall/gw/LWT", "", by) == Decoded("gw", "removal")
    assert family("site/hall/gw/LWT", b"offline") != "openmqttgateway"


def test_gateways_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GATEWAYS", 0)
    assert not one("site/hall/gw/SYStoMQTT", {"uptime": 5}).reset


def test_commands_and_removal() -> None:
    assert one("home/gw/commands/MQTTtoBT/config", {"interval": 5}) == Decoded("gw", "command")
    assert one(BLE, "") == Decoded(None, "removal")
    with pytest.raises(Malformed):
        told(BLE, "[]")


@pytest.mark.parametrize("topic", ["home/gw/commands/other", "home/ /commands/MQTTtoBT", "home/ /BTtoMQTT/x"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "openmqttgateway"
