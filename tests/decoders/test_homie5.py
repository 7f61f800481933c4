"""Messages after "The Homie Convention", version 5, sections "Devices", "Properties" and "Alerts"."""

import pytest

import hub.decoders.homie5 as module
from hub.decoders.base import Decoded, Kind, Knowledge, Malformed, Status
from tests.decoders.told import decoders, family, one, told

DESCRIPTION = {
    "homie": "5.0", "version": 7, "name": "Desk light", "root": "bridge", "nodes": {
        "light": {"properties": {
            "brightness": {"datatype": "integer", "unit": "%", "format": "0:100", "settable": True},
            "power": {"datatype": "boolean"}, "label": {"datatype": "string", "unit": ""}, "bare": {},
            "scene": {"datatype": "json"}, "odd": 5,
        }},
        "empty": {}, "odd": 1,
    },
}  # fmt: skip


def test_a_description_tells_units_and_datatypes() -> None:
    by = decoders()
    discovery = Decoded("desk", "discovery", units={"light.brightness": "%"}, attributes={"name": "Desk light"})
    found = one("homie/5/desk/$description", DESCRIPTION, by)
    assert found.reset
    found.reset = ()
    assert found == discovery
    assert one("homie/5/desk/$description", DESCRIPTION, by) == discovery
    brightness = Decoded("desk", "telemetry", {"light.brightness": 20}, {"light.brightness": "%"})
    assert one("homie/5/desk/light/brightness", "20", by) == brightness
    assert one("homie/5/desk/light/power", "true", by) == Decoded("desk", "state", {"light.power": True})
    assert one("homie/5/desk/light/label", "12", by) == Decoded("desk", "state", {"light.label": "12"})
    assert one("homie/5/desk/light/scene", {"a": 1}, by) == Decoded("desk", "telemetry", {"light.scene.a": 1})
    assert one("homie/5/desk/light/label", b"\0", by) == Decoded("desk", "state")


def test_children_are_lost_with_their_root() -> None:
    by = decoders()
    told("homie/5/desk/$description", DESCRIPTION, by)
    assert told("homie/5/bridge/$state", "lost", by) == [
        Decoded("bridge", "presence", status="offline"), Decoded("desk", "presence", status="offline")
    ]  # fmt: skip
    assert told("homie/5/desk/$state", "lost", by) == [Decoded("desk", "presence", status="offline")]


@pytest.mark.parametrize(
    ("word", "status"), [("init", "online"), ("ready", "online"), ("sleeping", None), ("disconnected", "offline")]
)
def test_states(word: str, status: Status | None) -> None:
    assert one("homie/5/desk/$state", word) == Decoded("desk", "presence", status=status)


def test_an_empty_state_is_a_device_that_is_removed() -> None:
    by = decoders()
    told("homie/5/desk/$description", DESCRIPTION, by)
    assert one("homie/5/desk/$state", "", by) == Decoded("desk", "removal")
    assert one("homie/5/desk/light/brightness", "20", by).units == {}
    with pytest.raises(Malformed):
        told("homie/5/desk/$state", "dreaming")


@pytest.mark.parametrize(
    ("topic", "payload", "kind"),
    [
        ("$log/warn", "battery low", "log"), ("$alert/battery", "low", "meta"), ("light/power/$target", "true", "meta"),
        ("light/power/set", "true", "command"), ("light/power", "", "removal"), ("$description", "", "removal"),
    ],
)  # fmt: skip
def test_what_is_no_reading(topic: str, payload: str, kind: Kind) -> None:
    assert one(f"homie/5/desk/{topic}", payload) == Decoded("desk", kind)


def test_descriptions_may_say_little() -> None:
    assert one("homie/5/desk/$description", {"nodes": 1, "root": 5, "name": 5}).attributes == {}


def test_children_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_CHILDREN", 0)
    by = decoders()
    told("homie/5/desk/$description", DESCRIPTION, by)
    assert len(told("homie/5/bridge/$state", "lost", by)) == 1


def test_other_domains_are_known_by_a_description() -> None:
    by = decoders()
    assert family("site/5/desk/$state", b"ready") != "homie5"
    told("site/5/desk/$description", DESCRIPTION, by)
    assert one("site/5/desk/light/brightness", "20", by).units == {"light.brightness": "%"}


def test_broadcasts_are_nobodys() -> None:
    assert one("homie/5/$broadcast/alert", "fire") == Decoded(None, "broadcast")


@pytest.mark.parametrize("topic", ["homie/5/desk", "homie/5/desk/a", "homie/5/desk/a/b/c", "homie/5/ /a/b"])
def test_other_topics(topic: str) -> None:
    assert module.Homie5().claim(topic, b"1", Knowledge()) is None
