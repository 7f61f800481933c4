"""After the AWS IoT Core developer guide, "Shadow MQTT topics", "Shadow documents", "Lifecycle events"."""

import pytest

from hub.decoders.base import Decoded, Malformed
from tests.decoders.told import family, one, told

SHADOW = "$aws/things/lamp/shadow/"
STATE = {"reported": {"on": True, "id": "x"}, "desired": {"on": False}}
DOCUMENT = {
    "state": STATE,
    "metadata": {"reported": {"on": {"timestamp": 1}}},
    "version": 5,
    "timestamp": 1_700_000_000,
}
AT = 1_700_000_000_000


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        (SHADOW + "update", {"state": STATE}, Decoded("lamp", "state", {"on": True})),
        (SHADOW + "update", {"state": {"desired": {"on": True}}}, Decoded("lamp", "command")),
        (SHADOW + "update/accepted", DOCUMENT, Decoded("lamp", "state", {"on": True}, time=AT)),
        (SHADOW + "update/accepted", {"state": {"desired": {}}}, Decoded("lamp", "response")),
        (SHADOW + "get/accepted", DOCUMENT, Decoded("lamp", "state", {"on": True}, time=AT)),
        (
            SHADOW + "update/documents",
            {"previous": {}, "current": {"state": STATE}, "timestamp": 1_700_000_000},
            Decoded("lamp", "state", {"on": True}, time=AT),
        ),
        (SHADOW + "name/config/update", {"state": STATE}, Decoded("lamp", "state", {"config.on": True})),
        (SHADOW + "update/delta", {"state": {"on": False}}, Decoded("lamp", "command")),
        (SHADOW + "update/rejected", {"code": 400}, Decoded("lamp", "response")),
        (SHADOW + "delete/accepted", {"version": 1}, Decoded("lamp", "response")),
        (SHADOW + "get", "", Decoded("lamp", "request")),
        (SHADOW + "delete", "", Decoded("lamp", "command")),
        (
            "$aws/events/presence/connected/lamp",
            {"timestamp": AT, "clientId": "lamp"},
            Decoded("lamp", "presence", status="online", time=AT),
        ),
        ("$aws/events/presence/disconnected/lamp", {}, Decoded("lamp", "presence", status="offline")),
        ("$aws/things/lamp/jobs/notify-next", {"execution": {}}, Decoded("lamp", "command")),
        ("$aws/things/lamp/jobs/get", {}, Decoded("lamp", "meta")),
        ("$aws/events/subscriptions/subscribed/lamp", {}, Decoded(None, "meta")),
    ],
)
def test_only_what_is_reported_is_a_reading(topic: str, payload: object, expected: Decoded) -> None:
    assert one(topic, payload) == expected


def test_what_is_not_read_says_why() -> None:
    with pytest.raises(Malformed, match="no object state"):
        told(SHADOW + "update", {"a": 1})
    assert family("$aws/rules/rule/a/b", b'{"a":1}') is None
    assert family("$aws/things/" + "x" * 200 + "/shadow/get", b"") is None
    assert family("$aws/events/presence/connected/" + "x" * 200, b"{}") is None
    assert family("$aws/things/" + "x" * 200 + "/jobs/get", b"{}") == "aws_iot"
