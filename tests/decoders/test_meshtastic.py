"""After Meshtastic's documentation, "MQTT", and the firmware's serializer of packets (MeshPacketSerializer)."""

import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from tests.decoders.told import family, one, told

TOPIC = "msh/EU_868/2/json/LongFast/!7efeee00"
AT = 1_700_000_000
PACKET = {"from": 0xDA65ADE0, "sender": "!7efeee00", "to": -1, "timestamp": AT}
NODE = "!da65ade0"


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (
            {
                "type": "telemetry",
                "payload": {"battery_level": 101, "voltage": 4.1, "uptime_seconds": 9},
                "rssi": -60,
                "snr": 5.5,
            },
            Decoded(
                NODE,
                "telemetry",
                {"battery_level": 101, "voltage": 4.1, "uptime_seconds": 9, "rssi": -60, "snr": 5.5},
                {"battery_level": "%", "voltage": "V", "uptime_seconds": "s", "rssi": "dBm", "snr": "dB"},
                time=AT * 1000,
            ),
        ),
        (
            {
                "type": "position",
                "payload": {"latitude_i": 517720000, "longitude_i": -395000, "altitude": 85, "time": AT},
            },
            Decoded(
                NODE,
                "telemetry",
                {"altitude": 85, "latitude": 51.772, "longitude": -0.0395},
                {"altitude": "m", "latitude": "°", "longitude": "°"},
                time=AT * 1000,
            ),
        ),
        (
            {
                "type": "nodeinfo",
                "payload": {"id": NODE, "longname": "Base", "shortname": "BA", "hardware": 10, "role": [1]},
            },
            Decoded(
                NODE, "discovery", time=AT * 1000, attributes={"name": "Base", "short_name": "BA", "hardware": "10"}
            ),
        ),
        ({"type": "text", "payload": {"text": "hello"}}, Decoded(NODE, "event", {"text": "hello"}, time=AT * 1000)),
        ({"type": "text", "payload": 5}, Decoded(NODE, "event", {"text": 5}, time=AT * 1000)),
        (
            {"type": "neighborinfo", "payload": {"neighbors": [{"node_id": 1, "snr": 2}]}},
            Decoded(NODE, "meta", time=AT * 1000),
        ),
        ({"type": "telemetry", "timestamp": 0}, Decoded(NODE, "meta")),
    ],
)
def test_values_belong_to_the_node_that_sent_them(packet: dict[str, object], expected: Decoded) -> None:
    assert one(TOPIC, PACKET | packet) == expected


@pytest.mark.parametrize("topic", [TOPIC, "msh/2/json/LongFast/!7efeee00", "our/mesh/2/json/Private/!7efeee00"])
def test_regions_and_roots_may_have_any_levels(topic: str) -> None:
    assert one(topic, PACKET | {"type": "position", "payload": {"altitude": 1}}).device == NODE


@pytest.mark.parametrize("sender", [None, "x", -1, 2**32, True])
def test_a_packet_from_nobody_is_malformed(sender: object) -> None:
    with pytest.raises(Malformed, match="no node"):
        told(TOPIC, PACKET | {"from": sender})


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("offline", Decoded("!7efeee00", "presence", status="offline")),
        ("online", Decoded("!7efeee00", "presence", status="online")),
        ("", Decoded("!7efeee00", "removal")),
    ],
)
def test_the_will_is_of_the_gateway(payload: str, expected: Decoded) -> None:
    assert one("msh/US/2/stat/!7efeee00", payload) == expected


def test_what_is_not_read_says_why() -> None:
    with pytest.raises(Malformed, match="neither online nor offline"):
        told("msh/US/2/stat/!7efeee00", "maybe")
    with pytest.raises(Unsupported, match="protobuf"):
        told("msh/US/2/e/LongFast/!7efeee00", b"\x0a\x01")
    assert one("msh/US/2/json/mqtt/", {"type": "sendtext", "payload": "hi"}) == Decoded(None, "command")
    assert family("msh/US/2/json/!7efeee00", b"{}") is None
    assert family("msh/US", b"{}") is None
    assert family("a/2/e/LongFast/!7efeee00", b"word") == "plain"
