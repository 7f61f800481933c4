"""After Mosquitto's manual, "Broker status", and EMQX's documentation, "System topic"."""

import pytest

from hub.decoders.base import Decoded, Malformed
from tests.decoders.told import family, one, told

AT = 1_700_000_000_000


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        (
            "$SYS/broker/load/messages/received/1min",
            "1067.02",
            Decoded("broker", "telemetry", {"load.messages.received.1min": 1067.02}),
        ),
        ("$SYS/broker/uptime", "640136 seconds", Decoded("broker", "telemetry", {"uptime": 640136}, {"uptime": "s"})),
        (
            "$SYS/broker/version",
            "mosquitto version 2.0.11",
            Decoded("broker", "state", {"version": "mosquitto version 2.0.11"}),
        ),
        ("$SYS/e22b868a/uptime", "8 minutes", Decoded("e22b868a", "state", {"uptime": "8 minutes"})),
        ("$SYS/e22b868a/clients", "8", Decoded("e22b868a", "telemetry", {"clients": 8})),
        ("$SYS/broker/uptime", "", Decoded("broker", "removal")),
        ("$SYS/brokers", "a,b", None),
        ("$SYS/brokers/nodes", "a,b", Decoded(None, "meta")),
        ("$SYS/brokers/n@1/stats/connections/count", "7", Decoded("n@1", "telemetry", {"stats.connections.count": 7})),
        (
            "$SYS/brokers/n@1/clients/lamp/connected",
            {"ts": AT, "clientid": "lamp"},
            Decoded("lamp", "presence", status="online", time=AT),
        ),
        ("$SYS/brokers/n@1/clients/lamp/disconnected", "gone", Decoded("lamp", "presence", status="offline")),
        ("$SYS/brokers/n@1/clients/lamp/disconnected", [1], Decoded("lamp", "presence", status="offline")),
        (
            "$SYS/brokers/n@1/alarms/activate",
            {"name": "high_cpu"},
            Decoded("n@1", "event", {"alarms.activate.name": "high_cpu"}),
        ),
    ],
)
def test_the_broker_is_the_device(topic: str, payload: object, expected: Decoded | None) -> None:
    assert told(topic, payload) == ([] if expected is None else [expected])


def test_what_is_no_value_is_malformed() -> None:
    with pytest.raises(Malformed):
        told("$SYS/broker/uptime", "nan")
    with pytest.raises(Malformed, match="no value"):
        told("$SYS/x/uptime", "deadbeefdeadbeef00")
    assert family("$SYS/" + "x" * 200 + "/y", b"1") is None
    assert one("$SYS/broker/connection/remote/state", "1").data == {"connection.remote.state": 1}
