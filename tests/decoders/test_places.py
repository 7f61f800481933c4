import pytest

from hub.decoders.places import MAX_LEVELS, levels_of, place_of_document, place_of_value, purpose_of, spoken_device


@pytest.mark.parametrize(
    ("topic", "device", "key"),
    [
        ("test", "test", "test"),
        ("kitchen/temperature", "kitchen", "temperature"),
        ("sensors/kitchen/temperature", "kitchen", "temperature"),
        ("/sensors/kitchen/temperature/", "kitchen", "temperature"),
        ("building/floor1/kitchen/temperature", "floor1%2Fkitchen", "temperature"),
        ("home/kitchen/sensor/temperature", "kitchen", "sensor.temperature"),
        ("solar/1161/device/built", "1161", "device.built"),
        ("house/plug/relay/0", "plug", "relay.0"),
        ("node/12/state", "12", "state"),
        ("bus/12/7", "12", "7"),
        ("devices/pump-7/temperature", "pump-7", "temperature"),
        ("devices/pump-7/motor/speed", "pump-7", "motor.speed"),
        ("devices/pump-7", "pump-7", "value"),
        ("Device/pump-7/speed", "pump-7", "speed"),
        ("plant/devices/pump-7/speed", "pump-7", "speed"),
        ("devices/devices/speed", "devices", "speed"),
        ("a b/c+d/e", "c%2Bd", "e"),
        ("plant/devices", "plant", "devices"),
    ],
)
def test_where_a_value_belongs(topic: str, device: str, key: str) -> None:
    place = place_of_value(levels_of(topic))
    assert place is not None
    assert (place.device, ".".join(place.path)) == (device, key)


@pytest.mark.parametrize(
    "topic", ["status", "telemetry", "/", "a/" * MAX_LEVELS + "z", f"devices/{'x' * 200}/y", "x" * 200]
)
def test_some_topics_name_no_device_for_a_value(topic: str) -> None:
    assert place_of_value(levels_of(topic)) is None


@pytest.mark.parametrize(
    ("topic", "device", "path"),
    [
        ("devices/kitchen/telemetry", "kitchen", ""),
        ("devices/kitchen", "kitchen", ""),
        ("devices/kitchen/motor/state", "kitchen", "motor"),
        ("devices/status/telemetry", "status", ""),
        ("iot/dev42/up", "dev42", ""),
        ("kitchen", "kitchen", ""),
        ("kitchen/data", "kitchen", ""),
        ("weather/station1", "station1", ""),
        ("factory/line1/robot3", "line1%2Frobot3", ""),
        ("home/kitchen/sensor/climate", "kitchen", "sensor.climate"),
        ("home/relay/0", "relay%2F0", ""),
    ],
)
def test_where_a_document_belongs(topic: str, device: str, path: str) -> None:
    place = place_of_document(levels_of(topic))
    assert place is not None
    assert (place.device, ".".join(place.path)) == (device, path)


@pytest.mark.parametrize("topic", ["telemetry", "sensors/data", "a/" * MAX_LEVELS + "z"])
def test_some_topics_name_no_device_for_a_document(topic: str) -> None:
    assert place_of_document(levels_of(topic)) is None


@pytest.mark.parametrize(
    ("topic", "purpose"),
    [
        ("lamp/set", "command"),
        ("lamp/set/power", "command"),
        ("lamp/CMD", "command"),
        ("lamp/get", "request"),
        ("node/debug", "log"),
        ("devices/set/telemetry", "values"),
        ("devices/lamp/set", "command"),
        ("lamp/power", "values"),
        ("/", "values"),
    ],
)
def test_what_topics_are_for(topic: str, purpose: str) -> None:
    assert purpose_of(levels_of(topic)) == purpose


def test_a_device_that_is_said_plainly() -> None:
    assert spoken_device(levels_of("devices/lamp/set")) == "lamp"
    assert spoken_device(levels_of("home/lamp/set")) is None
