"""After the Cayenne LPP document: "Payload structure", "Data types", "Examples"."""

import pytest

from hub.decoders.cayenne import MAX_BYTES, decode_cayenne, unit_of
from hub.events import Scalar


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("03670110 056700ff", {"temperature_3": 27.2, "temperature_5": 25.5}),
        (
            "0167ffd7 0671 04d2 fb2e 0000",
            {"temperature_1": -4.1, "accelerometer_6.x": 1.234, "accelerometer_6.y": -1.234, "accelerometer_6.z": 0},
        ),
        ("0188 06765f f2960a 0003e8", {"gps_1.latitude": 42.3519, "gps_1.longitude": -87.9094, "gps_1.altitude": 10}),
        ("0100ff 026601", {"digital_in_1": 255, "presence_2": True}),
        ("07732741", {"barometric_pressure_7": 1004.9}),
    ],
)
def test_payloads(payload: str, expected: dict[str, Scalar]) -> None:
    assert decode_cayenne(bytes.fromhex(payload)) == expected


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "03",
        "0367",
        "036701",
        "03670110 03670110",
        "03677fff",
        "0166 05",
        "0168 ff",
        "01000a",
        "03670110 05fe00",
        "0188 7fffff 000000 000000",
        "00" * (MAX_BYTES + 1),
    ],
)
def test_what_is_surely_or_likely_something_else(payload: str) -> None:
    assert decode_cayenne(bytes.fromhex(payload)) is None


def test_units_are_of_the_formatters_keys() -> None:
    keys = ("temperature_1", "gps_2.latitude", "gps_2", "analog_in_3", "temperature", "accelerometer_1.x")
    assert [unit_of(key) for key in keys] == ["°C", "°", None, None, None, "g"]
