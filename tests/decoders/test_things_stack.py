"""After The Things Stack's documentation, "MQTT" and "Data formats", and the device repository's payload schema."""

import base64

import pytest

from hub.decoders.base import Decoded, Malformed
from tests.decoders.told import family, one, told

TOPIC = "v3/app@tenant/devices/dev1/"
RECEIVED = {"received_at": "2023-11-14T22:13:20.381960868Z"}
AT = 1_700_000_000_382


def test_an_uplink() -> None:
    message = {
        "uplink_message": {
            "decoded_payload": {"temperature_41": 24.6, "gps_34": {"altitude": 310}, "raw": [1, 2, 3], "level": 5},
            "rx_metadata": [{"rssi": -54, "snr": 9, "location": {"latitude": 48}}],
            "last_battery_percentage": {"value": 94.5, "f_cnt": 1},
            "version_ids": {"brand_id": "acme", "model_id": "t1"},
        }
    }
    assert one(TOPIC + "up", message | RECEIVED) == Decoded(
        "dev1",
        "telemetry",
        {
            "rx_metadata.0.rssi": -54,
            "rx_metadata.0.snr": 9,
            "temperature_41": 24.6,
            "gps_34.altitude": 310,
            "level": 5,
            "last_battery_percentage": 94.5,
        },
        {
            "rx_metadata.0.rssi": "dBm",
            "rx_metadata.0.snr": "dB",
            "temperature_41": "°C",
            "gps_34.altitude": "m",
            "last_battery_percentage": "%",
        },
        None,
        AT,
        {"vendor": "acme", "model": "t1"},
    )


def test_records_are_read_by_their_type() -> None:
    records = [[{"type": "Battery", "measurementValue": 88, "timestamp": 1}, {"type": "Scan", "measurementValue": []}]]
    message = {"uplink_message": {"decoded_payload": {"err": 0, "messages": records}}}
    assert one(TOPIC + "up", message).data == {"err": 0, "Battery": 88}


def test_without_a_formatter_cayenne_is_read() -> None:
    payload = base64.b64encode(bytes([3, 0x67, 1, 0x10, 5, 0x67, 0, 0xFF])).decode()
    found = one(
        TOPIC + "up", {"uplink_message": {"frm_payload": payload, "rx_metadata": [{"time": RECEIVED["received_at"]}]}}
    )
    assert (found.data, found.units) == (
        {"temperature_3": 27.2, "temperature_5": 25.5},
        {"temperature_3": "°C", "temperature_5": "°C"},
    )
    assert found.time == AT
    for other in ("VGVtcGVyYXR1cmUgPSAwLjA=", "%", None):
        assert one(TOPIC + "up", {"uplink_message": {"frm_payload": other}}).data == {}


def test_normalized_measurements_have_units_and_times() -> None:
    air = {"time": "2023-11-14T22:13:20Z", "air": {"temperature": 20.5, "relativeHumidity": 40}}
    message = {"uplink_message": {"decoded_payload": {"t": 1}, "normalized_payload": [air, {"battery": 3.1, "x": 1}]}}
    found = told(TOPIC + "up", message)
    assert [(d.data, d.units, d.time) for d in found[1:]] == [
        (
            {"air.temperature": 20.5, "air.relativeHumidity": 40},
            {"air.temperature": "°C", "air.relativeHumidity": "%"},
            1_700_000_000_000,
        ),
        ({"battery": 3.1, "x": 1}, {"battery": "V"}, None),
    ]


@pytest.mark.parametrize(
    ("sub", "message", "expected"),
    [
        ("join", {"join_accept": {}}, Decoded("dev1", "event", time=AT)),
        ("down/ack", {"downlink_ack": {"f_port": 15}}, Decoded("dev1", "event", time=AT)),
        ("down/push", {"downlinks": []}, Decoded("dev1", "command")),
        ("down/replace", {"downlinks": []}, Decoded("dev1", "command")),
        ("service/data", {"service_data": {"data": {"t": 5}}}, Decoded("dev1", "telemetry", {"t": 5}, time=AT)),
        (
            "location/solved",
            {"location_solved": {"location": {"latitude": 1.5, "source": "GPS"}}},
            Decoded("dev1", "telemetry", {"location.latitude": 1.5}, {"location.latitude": "°"}, time=AT),
        ),
        ("location/solved", {}, Decoded("dev1", "telemetry", time=AT)),
    ],
)
def test_other_messages(sub: str, message: dict[str, object], expected: Decoded) -> None:
    assert one(TOPIC + sub, message | RECEIVED) == expected


def test_what_is_no_uplink_is_malformed() -> None:
    with pytest.raises(Malformed, match="no uplink_message"):
        told(TOPIC + "up", {"a": 1})
    assert family("v3/app/devices/" + "x" * 200 + "/up", b"{}") is None
    assert family(TOPIC + "other", b"{}") is None
