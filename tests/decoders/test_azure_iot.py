"""After Azure IoT Hub's documentation, "Communicate with an IoT hub using the MQTT protocol"."""

import pytest

from hub.decoders.base import Decoded
from tests.decoders.told import family, one, told

BAG = "%24.ct=application%2Fjson&%24.ce=utf-8&iothub-creation-time-utc=2023-11-14T22%3A13%3A20Z"
AT = 1_700_000_000_000


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("devices/d1/messages/events/" + BAG, {"t": 21.5}, Decoded("d1", "telemetry", {"t": 21.5}, time=AT)),
        ("devices/d1/messages/events", {"deviceId": "x", "t": 1}, Decoded("d1", "telemetry", {"t": 1})),
        ("devices/d1/messages/events/", "21.5 °C", Decoded("d1", "telemetry", {"value": 21.5}, {"value": "°C"})),
        ("devices/d1/messages/events/", "hello", Decoded("d1", "telemetry", {"value": "hello"})),
        ("devices/d1/messages/events/", "deadbeefdeadbeef00", Decoded("d1", "telemetry")),
        ("devices/d1/modules/m/messages/events/", {"t": 1}, Decoded("d1%2Fm", "telemetry", {"t": 1})),
        ("devices/d1/messages/events/%24.sub=thermostat1", {"t": 1}, Decoded("d1", "telemetry", {"thermostat1.t": 1})),
        ("devices/d1/messages/devicebound/a=b", {"t": 1}, Decoded("d1", "command")),
        ("$iothub/twin/PATCH/properties/reported/?$rid=1", {"t": 1, "$version": 4}, Decoded(None, "state", {"t": 1})),
        ("$iothub/twin/PATCH/properties/desired/?$version=4", {"t": 1}, Decoded(None, "command")),
        ("$iothub/twin/GET/?$rid=1", "", Decoded(None, "request")),
        ("$iothub/twin/res/200/?$rid=1", {"desired": {}, "reported": {"t": 1}}, Decoded(None, "response")),
        ("$iothub/methods/POST/reboot/?$rid=1", {}, Decoded(None, "command")),
    ],
)
def test_messages(topic: str, payload: object, expected: Decoded) -> None:
    assert one(topic, payload) == expected


def test_an_array_is_a_batch_of_one_device() -> None:
    found = told(
        "devices/d1/messages/events/", [{"ts": AT, "deviceId": "a", "t": 1}, {"ts": AT + 1, "deviceId": "b", "t": 2}]
    )
    assert [(d.device, d.time) for d in found] == [("d1", AT), ("d1", AT + 1)]


def test_other_topics_are_not_claimed() -> None:
    assert family("$iothub/other", b"{}") is None
    assert family("devices/" + "x" * 200 + "/messages/events/", b"{}") is None
