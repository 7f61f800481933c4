"""Messages after the manufacturer's "Gen2+ API", sections "RPC Channels: MQTT", "Notifications" and "Components"."""

from typing import Any

import pytest

import hub.decoders.shelly_gen2 as module
from hub.decoders.base import Decoded, Kind, Malformed
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told

PLUG = "shellyplus1pm-a8032abe54dc"
TS = 1_749_000_000.25
TS_MS = 1_749_000_000_250


def notification(method: str, **params: Any) -> dict[str, Any]:
    return {"src": PLUG, "dst": f"{PLUG}/events", "method": method, "params": {"ts": TS, **params}}


def test_a_status_that_has_changed() -> None:
    message = notification(
        "NotifyStatus",
        **{"switch:0": {"id": 0, "apower": 8.9, "aenergy": {"total": 6532.1, "by_minute": [45.1], "minute_ts": 1}}},
    )
    assert one(f"{PLUG}/events/rpc", message) == Decoded(
        PLUG, "telemetry", {"switch:0.apower": 8.9, "switch:0.aenergy.total": 6532.1},
        {"switch:0.apower": "W", "switch:0.aenergy.total": "Wh"}, time=TS_MS,
    )  # fmt: skip


def test_a_full_status_tells_of_the_device_too() -> None:
    by = decoders()
    message = notification(
        "NotifyFullStatus",
        sys={"mac": "A8032ABE54DC", "uptime": 11, "ram_free": 100, "cfg_rev": 3},
        wifi={"sta_ip": "192.168.1.9", "rssi": -60},
        cloud={"connected": True},
        **{"input:2": {"id": 2, "counts": {"total": 4}}, "em:0": {"a_act_power": 1.5, "total_current": 2}},
    )  # fmt: skip
    first = one(f"{PLUG}/events/rpc", message, by)
    assert first.data == {
        "sys.uptime": 11, "sys.ram_free": 100, "wifi.rssi": -60, "cloud.connected": True, "input:2.counts.total": 4,
        "em:0.a_act_power": 1.5, "em:0.total_current": 2,
    }  # fmt: skip
    assert first.units == {
        "sys.uptime": "s", "sys.ram_free": "B", "wifi.rssi": "dBm", "em:0.a_act_power": "W", "em:0.total_current": "A"
    }  # fmt: skip
    assert (first.kind, first.status) == ("state", None)
    assert first.attributes == {"src": PLUG, "mac": "A8032ABE54DC", "ip": "192.168.1.9"}
    assert one(f"{PLUG}/events/rpc", message, by).attributes is first.attributes


def test_a_full_status_without_parts() -> None:
    assert one(f"{PLUG}/events/rpc", notification("NotifyFullStatus")).attributes == {"src": PLUG}


def test_events() -> None:
    events = [
        {"component": "input:0", "id": 0, "event": "single_push", "ts": TS - 1},
        {"component": "input:1", "event": "double_push"},
        {"component": "input:2", "event": ""},
    ]
    assert told(f"{PLUG}/events/rpc", notification("NotifyEvent", events=events)) == [
        Decoded(PLUG, "event", {"input:0.event": "single_push"}, time=TS_MS - 1000),
        Decoded(PLUG, "event", {"input:1.event": "double_push"}, time=TS_MS),
        Decoded(PLUG, "event", time=TS_MS),
    ]
    assert told(f"{PLUG}/events/rpc", notification("NotifyEvent", events=7)) == [Decoded(PLUG, "event", time=TS_MS)]


@pytest.mark.parametrize(
    "payload", [{}, {"method": "NotifyStatus"}, [], "x", notification("NotifyEvent", events=["x"])]
)
def test_malformed_notifications(payload: object) -> None:
    with pytest.raises(Malformed):
        told(f"{PLUG}/events/rpc", payload)


@pytest.mark.parametrize(
    ("component", "payload", "data", "units"),
    [
        ("temperature:100", {"id": 100, "tC": 21.5, "tF": None}, {"temperature:100.tC": 21.5},
         {"temperature:100.tC": "°C"}),
        ("humidity:0", {"rh": 57.5}, {"humidity:0.rh": 57.5}, {"humidity:0.rh": "%"}),
        ("mqtt", {"connected": True}, {"mqtt.connected": True}, {}),
    ],
)  # fmt: skip
def test_status_of_components(component: str, payload: object, data: dict[str, Scalar], units: dict[str, str]) -> None:
    decoded = one(f"{PLUG}/status/{component}", payload)
    assert (decoded.device, decoded.data, decoded.units, decoded.status) == (PLUG, data, units, None)


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        (f"{PLUG}/rpc", {"id": 1, "src": "me", "method": "Switch.Set"}, "command"),
        (f"{PLUG}/rpc", "text", "command"),
        (f"{PLUG}/command/switch:0", "on", "command"),
        (f"{PLUG}/debug/log", "shelly_notification:163 Status change", "log"),
        (f"{PLUG}/online", "", "removal"),
    ],
)
def test_what_is_no_reading(topic: str, payload: object, kind: Kind) -> None:
    assert told(topic, payload) == [Decoded(PLUG, kind)]


def test_answers_name_the_device_as_their_source() -> None:
    assert one("me/rpc", {"id": 1, "src": PLUG, "dst": "me", "result": {"was_on": True}}) == Decoded(PLUG, "response")
    assert one("me/rpc", {"id": 1, "result": {}, "error": {}}) == Decoded(None, "response")


def test_a_prefix_of_ones_own_is_learnt() -> None:
    by = decoders()
    assert one("site/hall/plug/online", "true", by).device == "hall%2Fplug"
    (first,) = told("site/hall/plug/events/rpc", notification("NotifyStatus"), by)
    assert first.reset
    assert one("site/hall/plug/online", "true", by) == Decoded("site%2Fhall%2Fplug", "presence", status="online")
    assert not told("site/hall/plug/events/rpc", notification("NotifyStatus"), by)[0].reset


def test_prefixes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PREFIXES", 0)
    assert not one("a/b/events/rpc", notification("NotifyStatus")).reset


@pytest.mark.parametrize("topic", ["x/online", "x/rpc", "x/debug/log", "x/status/wifi", "/online"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "shelly_gen2"
