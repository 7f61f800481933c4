import pytest

from hub.decoders.members import (
    Record,
    device_of,
    is_clock,
    is_identifier,
    plain_name,
    record_of,
    take_clock,
    take_units,
    without_envelope,
)
from hub.events import Scalar
from tests.decoders.told import NOW


@pytest.mark.parametrize(
    "name", ["id", "device_id", "deviceId", "msg-id", "MAC", "wifi_mac", "devEUI", "sensorID", "serialNumber"]
)
def test_ids_measure_nothing(name: str) -> None:
    assert is_identifier(name, "x")
    assert is_identifier(name, 5)
    assert not is_identifier(name, {"temperature": 5})


@pytest.mark.parametrize("name", ["humid", "acid", "valid", "temperature", "grid", "x_" * 40 + "id"])
def test_other_names_may_measure(name: str) -> None:
    assert not is_identifier(name, 5)


def test_long_names_are_not_looked_at() -> None:
    assert plain_name("Device_ID") == "deviceid"
    assert plain_name("Device_" * 20) == "Device_" * 20


def test_clocks() -> None:
    assert is_clock("timeStamp", 1_714_552_800)
    assert not is_clock("time", 35)
    assert not is_clock("temperature", 1_714_552_800)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"deviceId": "n5"}, ("n5", True)),
        ({"dev_eui": 17}, ("17", True)),
        ({"device": "DHT22"}, ("DHT22", False)),
        ({"device": "DHT22", "deviceId": "n5"}, ("n5", True)),
        ({"deviceId": True}, None),
        ({"deviceId": " "}, None),
        ({"deviceId": {"a": 1}}, None),
        ({"temperature": 21}, None),
    ],
)
def test_the_device_that_an_object_names(members: dict[str, object], named: tuple[str, bool] | None) -> None:
    assert device_of(members) == named


@pytest.mark.parametrize(
    ("members", "rest"),
    [
        ({"deviceId": "n5", "seq": 1, "t": 2}, {"t": 2}),
        ({"data": {"t": 2}, "seq": 1}, {"data": {"t": 2}}),
        ({"data": 5, "seq": 1}, {"data": 5, "seq": 1}),
        ({"mark": 5, "seq": 1}, {"mark": 5, "seq": 1}),
        ({"id": 7, "t": 2}, {"t": 2}),
    ],
)
def test_sequence_numbers_belong_to_envelopes(members: dict[str, object], rest: dict[str, object]) -> None:
    assert without_envelope(members) == rest


def test_clocks_are_taken_out_also_of_containers() -> None:
    members = {"ts": 0, "data": {"time": 1_714_552_800, "t": 2}, "tool": {"time": 1_714_552_800}}
    assert take_clock(members, NOW) == 1_714_552_800_000
    assert members == {"data": {"t": 2}, "tool": {"time": 1_714_552_800}}
    members = {"ts": 1_714_552_801, "time": "2024-05-01T08:40:00", "values": {"ts": 1_714_552_800}}
    assert take_clock(members, NOW) == 1_714_552_801_000
    assert members == {"values": {}}
    assert take_clock({"t": 2}, NOW) is None


@pytest.mark.parametrize(
    ("data", "units", "rest"),
    [
        ({"value": 1, "unit": "bar"}, {"value": "bar"}, {"value": 1}),
        ({"a.value": 1, "a.units": "bar", "b.value": 2}, {"a.value": "bar"}, {"a.value": 1, "b.value": 2}),
        ({"temperature": 1, "temperature_unit": "C"}, {"temperature": "C"}, {"temperature": 1}),
        ({"temperature": 1, "temperatureUnit": "C"}, {"temperature": "C"}, {"temperature": 1}),
        ({"temperature": 1, "unit": "C"}, {"temperature": "C"}, {"temperature": 1}),
        (
            {"temperature": 1, "ok": True, "x.y": 3, "unit": "C"},
            {"temperature": "C"},
            {"temperature": 1, "ok": True, "x.y": 3},
        ),
        ({"temperature": 1, "humidity": 2, "unit": "C"}, {}, {"temperature": 1, "humidity": 2, "unit": "C"}),
        ({"speed_unit": "m/s"}, {}, {"speed_unit": "m/s"}),
        ({"value": 1, "unit": 5}, {}, {"value": 1, "unit": 5}),
        ({"value": 1, "community": "x", "mountunit": "y"}, {}, {"value": 1, "community": "x", "mountunit": "y"}),
    ],
)
def test_units_are_taken_where_it_is_clear_of_what(
    data: dict[str, Scalar], units: dict[str, str], rest: dict[str, Scalar]
) -> None:
    assert take_units(data) == units
    assert data == rest


@pytest.mark.parametrize(
    ("members", "record"),
    [
        ({"name": "t", "value": 21.5, "unit": "°C"}, Record("t", 21.5, "°C")),
        ({"sensor_type": "pressure", "v": 1}, Record("pressure", 1, None)),
        ({"name": "t", "value": None, "unit": ""}, Record("t", None, None)),
        ({"name": "t", "value": 1, "unit": 5}, Record("t", 1, None)),
        ({"name": "t", "value": 1, "other": 2}, None),
        ({"name": "t", "unit": "°C"}, None),
        ({"name": "", "value": 1}, None),
        ({"name": 5, "value": 1}, None),
        ({"value": 1, "unit": "bar"}, None),
    ],
)
def test_readings_that_are_spelled_out(members: dict[str, object], record: Record | None) -> None:
    assert record_of(members) == record
