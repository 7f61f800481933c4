import pytest

from hub import descriptions as descriptions_module
from hub.decoders.base import Decoded
from hub.descriptions import Descriptions
from hub.events import encode_event

UNITS = {"temperature": "°C"}


def told(descriptions: Descriptions, decoded: Decoded, *, retained: bool = False) -> dict[str, object]:
    return dict(descriptions.learn(decoded, "json", retained=retained))


def values(device: str | None = "kitchen", **members: object) -> Decoded:
    return Decoded(device, "telemetry", {"temperature": 21.5}, **members)  # type: ignore[arg-type]  # members by name


def test_a_new_device_is_told_once() -> None:
    descriptions = Descriptions()
    assert told(descriptions, values()) == {
        "device/kitchen": {"name": "kitchen", "family": "json", "units": {}, "attributes": {}},
        "connectivity/kitchen": {"state": "online"},
    }
    assert told(descriptions, values()) == {}
    assert len(descriptions) == 1


def test_units_and_attributes_are_told_when_they_change() -> None:
    descriptions = Descriptions()
    told(descriptions, values())
    found = told(descriptions, values(units=UNITS, attributes={"name": "Kitchen", "model": "T1"}))
    assert found == {
        "device/kitchen": {"name": "Kitchen", "family": "json", "units": UNITS, "attributes": {"model": "T1"}}
    }
    assert told(descriptions, values(units=dict(UNITS), attributes={"model": "T1"})) == {}
    assert "device/kitchen" in told(descriptions, values(attributes={"model": "T2"}))


def test_a_will_says_offline_and_a_value_online() -> None:
    descriptions = Descriptions()
    told(descriptions, values())
    gone = Decoded("kitchen", "presence", status="offline")
    assert told(descriptions, gone) == {"connectivity/kitchen": {"state": "offline"}}
    assert told(descriptions, gone) == {}
    assert told(descriptions, values()) == {"connectivity/kitchen": {"state": "online"}}


def test_a_retained_value_is_no_sign_of_life() -> None:
    descriptions = Descriptions()
    assert set(told(descriptions, values(), retained=True)) == {"device/kitchen"}
    assert told(descriptions, values(), retained=True) == {}
    assert told(descriptions, values()) == {"connectivity/kitchen": {"state": "online"}}


@pytest.mark.parametrize("decoded", [values(None), Decoded("kitchen", "removal"), Decoded("kitchen", "command")])
def test_what_names_no_device_tells_nothing(decoded: Decoded) -> None:
    assert told(Descriptions(), decoded) == {}


def test_what_was_told_before_is_not_told_again() -> None:
    descriptions = Descriptions()
    descriptions.restore(
        [
            encode_event("connectivity/kitchen", 1, {"state": "online"}),
            encode_event("device/kitchen", 1, {"name": "kitchen", "family": "json", "units": {}, "attributes": {}}),
            b'{"topic":"device/broken","time":1,"data":7}',
            encode_event("telemetry/kitchen", 1, {"temperature": 1}),
        ]
    )
    assert told(descriptions, values()) == {}


def test_a_name_survives_a_restart() -> None:
    descriptions = Descriptions()
    known = {"name": "Kitchen", "family": "json", "units": {}, "attributes": {"model": "T1"}}
    descriptions.restore([encode_event("device/kitchen", 1, known)])
    found = told(descriptions, values(attributes={"firmware": "2"}))
    assert found["device/kitchen"] == {**known, "attributes": {"model": "T1", "firmware": "2"}}


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptions_module, "MAX_DEVICES", 2)
    descriptions = Descriptions()
    for device in ("a", "b", "c"):
        told(descriptions, values(device))
    assert (len(descriptions), descriptions.forgotten) == (2, 1)
    assert "device/a" in told(descriptions, values("a"))
