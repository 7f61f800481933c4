from collections.abc import Mapping

import pytest

from hub import descriptions as descriptions_module
from hub.decoders.base import Decoded
from hub.decoders.clock import LocalTime
from hub.descriptions import Descriptions
from hub.events import encode_event
from hub.registry import Record

UNITS = {"temperature": "°C"}
ONLINE = {"state": "online", "since": 0, "by": "values"}
BARE = {
    "name": "kitchen",
    "family": "json",
    "units": {},
    "attributes": {},
    "keys": {"temperature": "number"},
    "first_seen": 0,
}


def told(
    descriptions: Descriptions, decoded: Decoded, *, retained: bool = False, now_ms: int = 0
) -> dict[str, Mapping[str, object]]:
    return dict(descriptions.learn(decoded, "json", retained=retained, now_ms=now_ms))


def values(device: str | None = "kitchen", **members: object) -> Decoded:
    return Decoded(device, "telemetry", {"temperature": 21.5}, **members)  # type: ignore[arg-type]  # members by name


def record(device: str = "kitchen", **members: object) -> bytes:
    return encode_event(f"registry/{device}", 1, {**Record(1).shown(), **members})


def test_a_new_device_is_told_once() -> None:
    descriptions = Descriptions()
    assert told(descriptions, values()) == {"device/kitchen": BARE, "connectivity/kitchen": ONLINE}
    assert told(descriptions, values()) == {}
    assert len(descriptions) == 1


def test_units_and_attributes_are_told_when_they_change() -> None:
    descriptions = Descriptions()
    told(descriptions, values())
    found = told(descriptions, values(units=UNITS, attributes={"name": "Kitchen", "model": "T1", "via": "bridge"}))
    assert found == {
        "device/kitchen": {
            **BARE,
            "name": "Kitchen",
            "via": "bridge",
            "units": UNITS,
            "attributes": {"model": "T1"},
        }
    }
    assert told(descriptions, values(units=dict(UNITS), attributes={"model": "T1"})) == {}
    assert "device/kitchen" in told(descriptions, values(attributes={"model": "T2"}))


def test_a_family_that_reads_anything_gives_way_to_the_devices_own() -> None:
    """Its will may be read first, which looks like anybody's."""
    descriptions = Descriptions()

    def families(family: str, decoded: Decoded) -> list[object]:
        found = descriptions.learn(decoded, family, retained=False, now_ms=0)
        return [data["family"] for topic, data in found if topic == "device/kitchen"]

    assert families("plain", Decoded("kitchen", "presence", status="online")) == ["plain"]
    assert families("json", values(units=dict(UNITS))) == ["plain"]
    assert families("openmqttgateway", Decoded("kitchen", "telemetry", {"uptime": 1})) == ["openmqttgateway"]
    assert families("plain", Decoded("kitchen", "telemetry", {"x": 1})) == ["openmqttgateway"]


def test_a_new_key_and_another_kind_are_told() -> None:
    descriptions = Descriptions()
    told(descriptions, values())
    found = told(descriptions, Decoded("kitchen", "telemetry", {"on": True}), now_ms=5)
    assert found == {"device/kitchen": {**BARE, "keys": {"temperature": "number", "on": "boolean"}}}
    found = told(descriptions, Decoded("kitchen", "telemetry", {"mode": "a"}), retained=True)
    assert found["device/kitchen"]["keys"] == {"temperature": "number", "on": "boolean", "mode": "string"}


def test_a_will_says_offline_and_a_value_online() -> None:
    descriptions = Descriptions()
    told(descriptions, values())
    gone = Decoded("kitchen", "presence", status="offline")
    assert told(descriptions, gone) == {"connectivity/kitchen": {"state": "offline", "since": 0, "by": "status"}}
    assert told(descriptions, gone) == {}
    assert told(descriptions, values(), now_ms=7) == {"connectivity/kitchen": {**ONLINE, "since": 7}}


def test_a_retained_value_is_no_sign_of_life() -> None:
    descriptions = Descriptions()
    assert set(told(descriptions, values(), retained=True)) == {"device/kitchen"}
    assert told(descriptions, values(), retained=True) == {}
    assert told(descriptions, values()) == {"connectivity/kitchen": ONLINE}


@pytest.mark.parametrize("decoded", [values(None), Decoded("kitchen", "removal"), Decoded("kitchen", "command")])
def test_what_names_no_device_tells_nothing(decoded: Decoded) -> None:
    assert told(Descriptions(), decoded) == {}


def test_what_was_told_before_is_not_told_again() -> None:
    descriptions = Descriptions()
    descriptions.restore(
        [
            encode_event("connectivity/kitchen", 1, ONLINE),
            encode_event("device/kitchen", 1, BARE),
            b'{"topic":"device/broken","time":1,"data":7}',
            encode_event("telemetry/kitchen", 1, {"temperature": 1}),
        ]
    )
    assert told(descriptions, values()) == {}
    assert descriptions.connectivity("connectivity/kitchen") == ("connectivity/kitchen", ONLINE)


def test_what_may_not_have_been_told_is_told_again() -> None:
    descriptions = Descriptions()
    told(descriptions, values())
    descriptions.restore(encode_event(topic, 0, {}) for topic in ("device/kitchen", "connectivity/kitchen"))
    assert told(descriptions, values()) == {"device/kitchen": BARE, "connectivity/kitchen": ONLINE}


def test_a_name_and_a_gateway_survive_a_restart() -> None:
    descriptions = Descriptions()
    known = {**BARE, "name": "Kitchen", "via": "bridge", "attributes": {"model": "T1"}, "first_seen": 3}
    descriptions.restore([encode_event("device/kitchen", 9, known)], 10)
    found = told(descriptions, values(attributes={"firmware": "2"}), now_ms=11)
    assert found["device/kitchen"] == {**known, "attributes": {"model": "T1", "firmware": "2"}}


def test_silence_is_told_when_it_is_asked_for() -> None:
    descriptions = Descriptions()
    for second in range(10):
        descriptions.learn(values(), "json", retained=False, now_ms=second * 10_000)
    (stale,) = [data for _, data in descriptions.take_due(10**9)]
    assert stale["state"] == "stale"


def test_what_people_expect_counts_for_a_device_that_is_heard_later() -> None:
    descriptions = Descriptions()
    descriptions.restore([record(interval_s=60)])
    told(descriptions, values())
    assert descriptions.take_due(179_999) == []
    assert [data["state"] for _, data in descriptions.take_due(180_000)] == ["stale"]


def test_a_device_is_taken_for_the_one_it_was_merged_into() -> None:
    descriptions = Descriptions()
    opened = [descriptions.open]
    assert descriptions.admit(values(None)) == values(None)
    descriptions.restore([record(merged_into="hall")])
    opened.append(descriptions.open)
    assert descriptions.admit(values()) == values("hall")
    assert descriptions.admit(values("cellar")) == values("cellar")
    for piece in (record(version=2), record(merged_into="hall")):
        descriptions.restore([piece])
        opened.append(descriptions.open)
    assert opened == [True, False, True, True]


def test_a_device_that_was_refused_is_not_taken() -> None:
    descriptions = Descriptions()
    descriptions.restore([record(approved=False)])
    assert descriptions.admit(values()) is None
    assert descriptions.hold(Decoded("kitchen", "removal"), "json", 1) == []
    ((topic, data),) = descriptions.hold(values(), "json", 1)
    assert (topic, data["messages"]) == ("$quarantine/kitchen", 1)


def test_whom_it_takes_as_it_is() -> None:
    descriptions = Descriptions()
    assert descriptions.takes("kitchen")
    told(descriptions, values())
    told(descriptions, values("hall"))
    descriptions.restore([record(merged_into="hall")])
    assert not descriptions.takes("kitchen")
    assert descriptions.takes("hall")
    assert not descriptions.takes("attic")


def test_new_devices_wait_for_approval_where_that_is_asked() -> None:
    descriptions = Descriptions(approve=True)
    descriptions.restore([encode_event("device/hall", 1, BARE)])
    assert descriptions.admit(values("hall")) == values("hall")
    assert descriptions.admit(values()) is None
    descriptions.hold(values(), "json", 1)
    assert len(descriptions.quarantine) == 1
    descriptions.restore([record(approved=True)])
    assert len(descriptions.quarantine) == 0
    assert descriptions.admit(values()) == values()
    assert not descriptions.open


def test_a_forgotten_device_is_a_new_one_when_it_speaks() -> None:
    descriptions = Descriptions()
    told(descriptions, values(), now_ms=5)
    descriptions.restore([record(forgotten=4)])
    assert told(descriptions, values(), now_ms=6) == {}
    descriptions.restore([record(version=2, forgotten=6)])
    assert told(descriptions, values(), now_ms=7) == {
        "device/kitchen": {**BARE, "first_seen": 7},
        "connectivity/kitchen": {**ONLINE, "since": 7},
    }


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptions_module, "MAX_DEVICES", 2)
    descriptions = Descriptions()
    for device in ("a", "b", "c"):
        told(descriptions, values(device))
    assert (len(descriptions), descriptions.forgotten) == (2, 1)
    assert "device/a" in told(descriptions, values("a"))


def test_when_a_clock_shows_what_it_shows() -> None:
    descriptions = Descriptions()
    descriptions.restore([record(zone="Europe/Berlin"), record("hall", merged_into="kitchen")])
    noon, at_noon = LocalTime(1_750_075_200_000), 1_750_068_000_000
    assert [descriptions.when("kitchen", time, at_noon) for time in (None, 5, noon)] == [None, 5, at_noon]
    assert [descriptions.when(device, noon, at_noon) for device in ("hall", "cellar", None)] == [at_noon, None, None]
