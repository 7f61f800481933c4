"""After ThingsBoard's documentation, "MQTT Device API Reference" and "MQTT Gateway API Reference"."""

import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.leaves import MAX_LEAVES
from tests.decoders.told import family, one, told

AT = 1_700_000_000_512


@pytest.mark.parametrize("topic", ["v1/devices/me/telemetry", "v2/t", "v2/t/j"])
def test_telemetry(topic: str) -> None:
    assert one(topic, {"temperature": 22.5}) == Decoded(None, "telemetry", {"temperature": 22.5})
    assert one(topic, "{temperature:22.5, on: true}").data == {"temperature": 22.5, "on": True}
    found = told(topic, [{"ts": AT, "values": {"t": 1}}, {"t": 2}])
    assert found == [Decoded(None, "telemetry", {"t": 1}, time=AT), Decoded(None, "telemetry", {"t": 2})]


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("v1/devices/me/attributes", {"a": 1}, Decoded(None, "state", {"a": 1})),
        ("v2/a", {"a": 1}, Decoded(None, "state", {"a": 1})),
        ("v1/devices/me/attributes", {"deleted": ["a"]}, Decoded(None, "config")),
        ("v1/devices/me/attributes/request/1", {"clientKeys": "a"}, Decoded(None, "request")),
        ("v1/devices/me/attributes/response/1", {"client": {"a": 1}}, Decoded(None, "response")),
        ("v1/devices/me/rpc/request/1", {"method": "x"}, Decoded(None, "command")),
        ("v1/devices/me/rpc/response/1", {"a": 1}, Decoded(None, "response")),
        ("v2/r/req/1", {"method": "x"}, Decoded(None, "command")),
        ("v1/devices/me/claim", {"secretKey": "x"}, Decoded(None, "config")),
        ("v2/fw/request/1/chunk/0", "1000", Decoded(None, "request")),
        ("v2/fw/response/1/chunk/0", b"\xff", Decoded(None, "response")),
        (
            "v1/gateway/telemetry",
            {"A/1": [{"ts": AT, "values": {"t": 1}}]},
            Decoded("A%2F1", "telemetry", {"t": 1}, time=AT),
        ),
        ("v1/gateway/attributes", {"A": {"fw": "1.0"}}, Decoded("A", "state", {"fw": "1.0"})),
        ("v1/gateway/attributes", {"device": "A", "data": {"x": 1}}, Decoded("A", "config")),
        ("v1/gateway/attributes/request", {"id": 1}, Decoded(None, "request")),
        (
            "v1/gateway/connect",
            {"device": "A", "type": "lamp"},
            Decoded("A", "presence", status="online", attributes={"type": "lamp"}),
        ),
        ("v1/gateway/disconnect", {"device": "A"}, Decoded("A", "presence", status="offline")),
        ("v1/gateway/rpc", {"device": "A", "data": {"id": 1, "method": "x"}}, Decoded("A", "command")),
        ("v1/gateway/rpc", {"device": "A", "id": 1, "data": {"success": True}}, Decoded("A", "response")),
    ],
)
def test_other_topics(topic: str, payload: object, expected: Decoded) -> None:
    assert one(topic, payload) == expected


@pytest.mark.parametrize(
    ("topic", "payload", "refusal", "reason"),
    [
        ("v2/t", "{'a':", Malformed, "not JSON"),
        ("v2/t", [1], Malformed, "an object or an array of objects"),
        ("v2/t", [{}] * (MAX_LEAVES + 1), Unsupported, "moments in one message"),
        ("v2/a", [1], Malformed, "attributes are an object"),
        ("v2/t/p", b"\x0a", Unsupported, "protobuf"),
        ("v1/gateway/telemetry", [1], Malformed, "a member for each device"),
        ("v1/gateway/telemetry", {"A": [{}] * 900, "B": [{}] * 900}, Unsupported, "moments in one message"),
        ("v1/gateway/attributes", {"A": 1}, Malformed, "an object for each device"),
        ("v1/gateway/connect", {"a": 1}, Malformed, "no device"),
    ],
)
def test_what_is_not_read_says_why(topic: str, payload: object, refusal: type[Exception], reason: str) -> None:
    with pytest.raises(refusal, match=reason):
        told(topic, payload)


@pytest.mark.parametrize("topic", ["v1/devices/me/other", "v2/x", "v1/gateway/other", "v1/devices/you"])
def test_other_topics_are_not_claimed(topic: str) -> None:
    assert family(topic, b'{"a":1}') != "thingsboard"
