"""Messages after "The Homie Convention", versions 3.0.1 and 4.0.0, sections "Device Attributes" and "Properties"."""

import pytest

import hub.decoders.homie as module
from hub.decoders.base import Decoded, Kind, Knowledge, Malformed, Status
from hub.decoders.homie_properties import MAX_DEVICES, MAX_PROPERTIES, Properties, Property
from tests.decoders.told import decoders, family, one, told


@pytest.mark.parametrize(
    ("word", "status"),
    [("init", "online"), ("ready", "online"), ("alert", "online"), ("sleeping", None), ("disconnected", "offline"),
     ("lost", "offline")],
)  # fmt: skip
def test_states(word: str, status: Status | None) -> None:
    assert one("homie/car/$state", word) == Decoded("car", "presence", status=status)


def test_presence_of_version_2_and_what_is_none() -> None:
    assert one("homie/car/$online", "true").status == "online"
    assert one("homie/car/$online", "false").status == "offline"
    assert one("homie/car/$state", "") == Decoded("car", "removal")
    with pytest.raises(Malformed):
        told("homie/car/$state", "dreaming")


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "attributes"),
    [
        ("$name", "Super car", "discovery", {"name": "Super car"}),
        ("$name", "", "discovery", {}),
        ("$localip", "192.168.0.10", "info", {"ip": "192.168.0.10"}),
        ("$fw/version", "1.0", "info", {"firmware": "1.0"}),
        ("$nodes", "wheels,lights[]", "discovery", {}),
        ("$stats", "uptime,signal", "meta", {}),
        ("$stats/interval", "60", "meta", {}),
        ("engine/$name", "Engine", "discovery", {}),
        ("engine/speed/$settable", "true", "discovery", {}),
        ("engine/speed/set", "5", "command", {}),
        ("engine/speed", "", "removal", {}),
        ("engine/speed", "null", "telemetry", {}),
    ],
)
def test_what_is_no_reading(topic: str, payload: str, kind: Kind, attributes: dict[str, str]) -> None:
    assert one(f"homie/car/{topic}", payload) == Decoded("car", kind, attributes=attributes)


def test_statistics_are_readings() -> None:
    battery = Decoded("car", "telemetry", {"$stats.battery": 80}, {"$stats.battery": "%"})
    assert one("homie/car/$stats/battery", "80") == battery
    assert one("homie/car/$stats/own", "3") == Decoded("car", "telemetry", {"$stats.own": 3})
    assert one("homie/car/$stats/own", "") == Decoded("car", "telemetry")


def test_units_and_datatypes_are_remembered() -> None:
    by = decoders()
    assert one("homie/car/engine/temperature", "21.5", by) == Decoded("car", "telemetry", {"engine.temperature": 21.5})
    assert one("homie/car/engine/temperature/$unit", "°C", by).units == {"engine.temperature": "°C"}
    assert one("homie/car/engine/temperature", "21.5", by).units == {"engine.temperature": "°C"}
    assert one("homie/car/engine/temperature/$unit", "", by).units == {}
    told("homie/car/engine/code/$datatype", "string", by)
    assert one("homie/car/engine/code", "007", by) == Decoded("car", "state", {"engine.code": "007"})
    assert one("homie/car/engine/code", "7", by).data == {"engine.code": "7"}
    assert one("homie/car/engine/code", "x" * 300, by).data == {}


def test_other_bases_are_known_by_the_version() -> None:
    by = decoders()
    assert one("site/homes/car/$homie", "4.0.0", by) == Decoded("car", "discovery", reset=("site/homes",))
    assert one("site/homes/car/engine/speed", "5", by).data == {"engine.speed": 5}
    assert one("site/homes/car/$homie", "4.0.0", by) == Decoded("car", "discovery")
    assert one("homie/car/$homie", "4.0.0", by) == Decoded("car", "discovery")


def test_bases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BASES", 0)
    assert module.Homie().claim("a/car/$homie", b"4.0.0", Knowledge()) is None


def test_broadcasts_are_nobodys() -> None:
    assert one("homie/$broadcast/alert", "fire") == Decoded(None, "broadcast")


@pytest.mark.parametrize("topic", ["homie/car", "homie/car/engine", "homie//x/y", "other/car/$homie"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "homie"


def test_properties_are_bounded() -> None:
    properties = Properties({})
    for i in range(MAX_DEVICES + 1):
        properties.replace(str(i), {})
    properties.tell(str(MAX_DEVICES), "k", Property(unit="W"))
    assert properties.find(str(MAX_DEVICES), "k") is None
    for i in range(MAX_PROPERTIES + 1):
        properties.tell("0", str(i), Property(unit="W"))
    assert properties.find("0", str(MAX_PROPERTIES)) is None
    properties.tell("0", "0", Property(datatype="float"))
    assert properties.find("0", "0") == {"unit": "W", "datatype": "float"}
