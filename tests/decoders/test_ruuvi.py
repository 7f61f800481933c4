"""Messages after Ruuvi's documentation, "MQTT: Time-stamped data from Bluetooth sensors" and the pages of the data

formats 3, 5, 6 and E1, whose test vectors are used (section "Test vectors").
"""

from typing import Any

import pytest

from hub.decoders.base import Decoded, Malformed
from hub.decoders.ruuvi_payload import read_payload, ruuvi_data
from hub.events import Scalar
from tests.decoders.told import family, one, told

GATEWAY = "C8:25:2D:8E:9C:2C"
TAG = "F4:1F:0C:28:CB:D6"
TOPIC = f"ruuvi/{GATEWAY}/{TAG}"
FORMAT_5 = "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"
ADVERTISED = "020106" + "1BFF9904" + FORMAT_5


def message(**members: Any) -> dict[str, Any]:
    return {
        "gw_mac": GATEWAY,
        "rssi": -26,
        "aoa": [],
        "gwts": "1749000001",
        "ts": "1749000000",
        "coords": "",
        **members,
    }


@pytest.mark.parametrize(
    ("payload", "readings"),
    [
        ("03291A1ECE1EFC18F94202CA0B53",
         {"humidity": 20.5, "temperature": 26.3, "pressure": 102766, "accelX": -1.0, "accelY": -1.726, "accelZ": 0.714,
          "voltage": 2.899}),
        ("0300811EC35000000000000000" + "00",
         {"humidity": 0.0, "temperature": -1.3, "pressure": 100000, "accelX": 0.0, "accelY": 0.0, "accelZ": 0.0,
          "voltage": 0.0}),
        (FORMAT_5,
         {"temperature": 24.3, "humidity": 53.49, "pressure": 100044, "accelX": 0.004, "accelY": -0.004,
          "accelZ": 1.036, "voltage": 2.977, "txPower": 4, "movementCounter": 66, "measurementSequenceNumber": 205}),
        ("058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF", {}),
        ("06170C5668C79E007000C90501D9FFCD004C884F",
         {"temperature": 29.5, "humidity": 55.3, "pressure": 101102, "PM2.5": 11.2, "CO2": 201, "VOC": 10, "NOx": 2,
          "luminosity": 13026.67, "measurementSequenceNumber": 205, "calibrating": False}),
        ("068000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", {"measurementSequenceNumber": 255, "calibrating": True}),
        ("E1170C5668C79E0065007004BD11CA00C90A0213E0ACFFFFFFDECDEE11FFFFFFFFFFCBB8334C884F",
         {"temperature": 29.5, "humidity": 55.3, "pressure": 101102, "PM1.0": 10.1, "PM2.5": 11.2, "PM4.0": 121.3,
          "PM10.0": 455.4, "CO2": 201, "VOC": 20, "NOx": 4, "luminosity": 13027.0,
          "measurementSequenceNumber": 14601710, "calibrating": True}),
    ],
)  # fmt: skip
def test_formats(payload: str, readings: dict[str, Scalar]) -> None:
    assert read_payload(bytes.fromhex(payload)) == readings


@pytest.mark.parametrize("payload", ["", "05", "0812FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"])
def test_other_formats_are_not_read(payload: str) -> None:
    assert read_payload(bytes.fromhex(payload)) is None


@pytest.mark.parametrize("advertisement", ["", "00FF99", "020106", "05FF4C000215"])
def test_other_makers(advertisement: str) -> None:
    assert ruuvi_data(bytes.fromhex(advertisement)) is None


def test_an_advertisement_is_read() -> None:
    decoded = one(TOPIC, message(data=ADVERTISED))
    assert (decoded.device, decoded.kind, decoded.time) == (TAG, "telemetry", 1_749_000_000_000)
    assert decoded.data["temperature"] == 24.3
    assert decoded.data["rssi"] == -26
    assert decoded.units["pressure"] == "Pa"


def test_a_gateway_may_have_decoded_it() -> None:
    decoded = one(TOPIC, message(data=ADVERTISED, dataFormat=6, temperature=21.5, **{"PM2.5": 3.5, "id": TAG}))
    assert decoded.data == {"rssi": -26, "temperature": 21.5, "PM2.5": 3.5}
    assert decoded.units == {"rssi": "dBm", "temperature": "°C", "PM2.5": "µg/m³"}


def test_another_makers_beacon_has_only_its_signal() -> None:
    assert one(TOPIC, {"cnt": 7, "rssi": -90, "data": "05FF4C000215"}) == Decoded(
        TAG, "telemetry", {"rssi": -90}, {"rssi": "dBm"}
    )
    with pytest.raises(Malformed):
        told(TOPIC, message(data="5"))
    assert one(TOPIC, "") == Decoded(TAG, "removal")


@pytest.mark.parametrize(("payload", "status"), [({"state": "online"}, "online"), ("offline", "offline")])
def test_the_gateways_will(payload: object, status: str) -> None:
    decoded = one(f"ruuvi/{GATEWAY}/gw_status", payload)
    assert (decoded.device, decoded.status) == (GATEWAY, status)


def test_the_gateways_will_may_be_odd() -> None:
    assert one(f"ruuvi/{GATEWAY}/gw_status", "") == Decoded(GATEWAY, "removal")
    with pytest.raises(Malformed):
        told(f"ruuvi/{GATEWAY}/gw_status", {"state": "odd"})


def test_another_prefix_is_known_by_the_message() -> None:
    assert family(f"site/x/{GATEWAY}/{TAG}", b'{"gw_mac":"x","rssi":1}') == "ruuvi_gateway"
    assert family(f"site/x/{GATEWAY}/{TAG}", b'{"rssi":1}') != "ruuvi_gateway"
    assert family(f"ruuvi/{GATEWAY}/x", b"1") != "ruuvi_gateway"
