"""After ChirpStack's documentation, "Event types" and "MQTT" (version 4), and version 3's "MQTT integration"."""

import orjson
import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from tests.decoders.told import family, one, told

EUI = "0101010101010101"
TOPIC = f"application/17c8/device/{EUI}/event/"
GATEWAY = "eu868/gateway/0016c001f153a14c/"
ABOUT = {"deviceInfo": {"deviceName": "Hall", "deviceProfileName": "AM319", "applicationName": "House", "devEui": EUI}}
FACTS = {"name": "Hall", "model": "AM319", "application": "House"}
TIME = {"time": "2023-11-14T22:13:20.775023242+00:00"}
AT = 1_700_000_000_775


def test_an_uplink() -> None:
    uplink = {
        "dr": 5,
        "fPort": 1,
        "fCnt": 9,
        "data": "qg==",
        "rxInfo": [{"rssi": -36, "snr": 10.5, "gatewayId": "x"}, 5],
        "object": {
            "temperature": 21.5,
            "raw": [1, 2, 255],
            "deviceId": "x",
            "temperatureSensor": {"1": 20.5},
            "gpsLocation": {"2": {"latitude": 1.5}},
        },
    }
    found = one(TOPIC + "up", ABOUT | TIME | uplink)
    assert found == Decoded(
        EUI,
        "telemetry",
        {
            "rxInfo.0.rssi": -36,
            "rxInfo.0.snr": 10.5,
            "fPort": 1,
            "dr": 5,
            "temperature": 21.5,
            "temperatureSensor.1": 20.5,
            "gpsLocation.2.latitude": 1.5,
        },
        {"rxInfo.0.rssi": "dBm", "rxInfo.0.snr": "dB", "temperatureSensor.1": "°C", "gpsLocation.2.latitude": "°"},
        None,
        AT,
        FACTS,
    )


@pytest.mark.parametrize(
    ("event", "message", "data", "units"),
    [
        (
            "status",
            {"margin": 7, "batteryLevel": 75.5, "externalPowerSource": False},
            {"margin": 7, "batteryLevel": 75.5, "externalPowerSource": False},
            {"margin": "dB", "batteryLevel": "%"},
        ),
        ("status", {"margin": 7, "batteryLevel": 0, "batteryLevelUnavailable": True}, {"margin": 7}, {"margin": "dB"}),
        (
            "location",
            {"location": {"latitude": 37.3, "altitude": 2, "source": "GPS"}},
            {"location.latitude": 37.3, "location.altitude": 2},
            {"location.latitude": "°", "location.altitude": "m"},
        ),
        (
            "integration",
            {"object": {"info": {"temp": {"value": 25, "timestamp": 1_700_000_000}}}},
            {"info.temp.value": 25},
            {},
        ),
        ("up", {"objectJSON": '{"t":5}', "rxInfo": [{"time": TIME["time"]}]}, {"t": 5}, {}),
        ("up", {"object": None, "rxInfo": []}, {}, {}),
    ],
)
def test_events_with_values(
    event: str, message: dict[str, object], data: dict[str, object], units: dict[str, str]
) -> None:
    found = one(TOPIC + event, ABOUT | message)
    assert (found.device, found.kind, found.data, found.units) == (EUI, "telemetry", data, units)


@pytest.mark.parametrize(("event", "kind"), [("join", "event"), ("ack", "event"), ("txack", "event"), ("log", "log")])
def test_events_without_values(event: str, kind: str) -> None:
    found = one(TOPIC + event, ABOUT | TIME | {"description": "x", "fCntDown": 2})
    assert found == Decoded(EUI, kind, time=AT, attributes=FACTS)  # type: ignore[arg-type]  # from a table


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        (
            f"application/1/device/{EUI}/rx",
            {"object": {"t": 1}, "deviceName": "Hall", "publishedAt": TIME["time"]},
            Decoded(EUI, "telemetry", {"t": 1}, time=AT, attributes={"name": "Hall"}),
        ),
        (f"application/1/device/{EUI}/rx", {"deviceInfo": 5}, Decoded(EUI, "telemetry")),
        (f"application/1/device/{EUI}/tx", {"data": "x"}, Decoded(EUI, "command")),
        (f"application/1/device/{EUI.upper()}/command/down", {"data": "x"}, Decoded(EUI, "command")),
        (GATEWAY + "state/conn", {"state": "ONLINE"}, Decoded("0016c001f153a14c", "presence", status="online")),
        (GATEWAY + "state/conn", {"gatewayId": "x"}, Decoded("0016c001f153a14c", "presence", status="offline")),
        (GATEWAY + "state/conn", "", Decoded("0016c001f153a14c", "removal")),
        (
            GATEWAY + "event/stats",
            {"rxPacketsReceived": 5, "gatewayId": "x"} | TIME,
            Decoded("0016c001f153a14c", "telemetry", {"rxPacketsReceived": 5}, time=AT),
        ),
        (GATEWAY + "event/up", {"phyPayload": "x"}, Decoded("0016c001f153a14c", "meta")),
        (GATEWAY + "command/down", {"phyPayload": "x"}, Decoded("0016c001f153a14c", "command")),
    ],
)
def test_older_topics_commands_and_gateways(topic: str, payload: object, expected: Decoded) -> None:
    assert one(topic, payload) == expected


def test_what_is_not_read_says_why() -> None:
    with pytest.raises(Unsupported, match="protobuf"):
        told(TOPIC + "up", b"\x0a\x01")
    with pytest.raises(Malformed, match="neither ONLINE nor OFFLINE"):
        told(GATEWAY + "state/conn", {"state": "x"})
    assert family("application/1/device/kitchen/event/up", orjson.dumps({"t": 1})) != "chirpstack"
