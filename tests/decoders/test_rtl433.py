"""Messages after rtl_433's documentation, "OPERATION", section "MQTT output", and "DATA_FORMAT"."""

import pytest

from hub.decoders.base import Decoded, Kind, Malformed
from hub.decoders.clock import LocalTime
from hub.decoders.rtl433_fields import unit_of
from tests.decoders.told import family, one, told


def test_an_event_names_its_sensor() -> None:
    event = {
        "time": "2025-06-04T01:20:00+0000", "model": "Nexus-TH", "id": 42, "channel": 2, "battery_ok": 1,
        "temperature_C": 20.5, "humidity": 83, "mic": "CRC", "rssi": -12.1, "codes": ["{36}8b"],
    }  # fmt: skip
    assert one("rtl_433/raspi/events", event) == Decoded(
        "Nexus-TH-2-42", "telemetry", {"battery_ok": 1, "temperature_C": 20.5, "humidity": 83, "rssi": -12.1},
        {"temperature_C": "°C", "humidity": "%", "rssi": "dB"}, time=1_749_000_000_000,
    )  # fmt: skip
    assert one("rtl_433/raspi/devices/Nexus-TH/2/42/humidity", "83").device == "Nexus-TH-2-42"
    assert one("x/rtl_433/any", {"model": "Generic", "time": "2025-06-04 01:20:00"}) == Decoded(
        "Generic", "telemetry", time=LocalTime(1_749_000_000_000)
    )


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("rtl_433/h/devices/Nexus-TH/42/humidity", "Nexus-TH-42"),
        ("rtl_433/h/devices/TPMS/Toyota/abcd1234/pressure_PSI", "Toyota-abcd1234"),
        ("rtl_433/h/devices/Interlogix-Security/motion/a1b2/battery_ok", "Interlogix-Security-a1b2"),
        ("rtl_433/h/devices/Acurite-Tower/A/4726/humidity", "Acurite-Tower-A-4726"),
        ("rtl_433/h/devices/TPMS/state", "TPMS"),
        ("site/rtl_433/P25/C1/rain_mm", "P25%2FC1"),
    ],
)
def test_levels_name_a_sensor(topic: str, device: str) -> None:
    assert one(topic, "5").device == device


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("temperature_1_C", "°C"), ("wind_avg_km_h", "km/h"), ("rain_rate_mm_h", "mm/h"), ("rain_mm", "mm"),
        ("wind_avg_m_s", "m/s"), ("pressure_hPa", "hPa"), ("moisture", "%"), ("humidity_2", "%"), ("wind_dir_deg", "°"),
        ("battery_ok", None), ("uv", None), ("snr", "dB"),
    ],
)  # fmt: skip
def test_names_end_in_their_unit(name: str, unit: str | None) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    ("topic", "payload", "device", "kind"),
    [
        ("rtl_433/raspi/devices/Nexus-TH/2/42/id", "42", "Nexus-TH-2-42", "meta"),
        ("rtl_433/raspi/log", {"msg": "x"}, "raspi", "log"),
        ("rtl_433/raspi/stats", {"frames": 1}, "raspi", "meta"),
        ("rtl_433/raspi/events", {"src": "SDR"}, None, "meta"),
    ],
)
def test_what_is_no_reading(topic: str, payload: object, device: str, kind: Kind) -> None:
    assert told(topic, payload) == [Decoded(device, kind)]


def test_presence_of_the_receiver() -> None:
    assert one("rtl_433/raspi/availability", "offline") == Decoded("raspi", "presence", status="offline")
    assert one("rtl_433/availability", "") == Decoded("rtl_433", "removal")


def test_a_model_may_not_fit() -> None:
    for model in (5, "x" * 200):
        with pytest.raises(Malformed):
            told("rtl_433/raspi/events", {"model": model})


@pytest.mark.parametrize(
    "topic", ["a/rtl_433", "rtl_433//x", "rtl_433/temperature", "rtl_433/h/devices/humidity", "x/y"]
)
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "rtl_433"
