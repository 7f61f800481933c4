import pytest

from hub.decoders.base import Decode, Knowledge, Malformed
from hub.mapping import parse_mapping
from hub.mapping_family import FamilyReader

NOW_MS = 1_732_412_345_123


def reader(family: str, topic: str, knowledge: Knowledge | None = None) -> FamilyReader:
    mapping = parse_mapping({"name": "x", "filter": "#", "family": family, "topic": topic})
    return FamilyReader(mapping, knowledge or Knowledge())


def bound(by: FamilyReader, topic: str) -> Decode:
    decode = by.bind(topic)
    assert decode is not None
    return decode


def test_messages_are_read_as_on_the_familys_topic() -> None:
    decode = bound(reader("tasmota", "tele/{2}/SENSOR"), "plugs/boiler")
    (said,) = decode(b'{"Time":"2024-11-24T01:39:00","ENERGY":{"Power":5}}', NOW_MS)
    assert (said.device, said.data, said.units) == ("boiler", {"ENERGY.Power": 5}, {"ENERGY.Power": "W"})


def test_what_the_family_learns_on_one_topic_holds_on_others() -> None:
    knowledge = Knowledge()
    by = reader("homie", "{2#}", knowledge)
    for topic, payload in (("$homie", b"4.0"), ("$state", b"ready"), ("t/v/$datatype", b"float"), ("t/v/$unit", b"V")):
        bound(by, f"berlin/homie/meter/{topic}")(payload, NOW_MS)
    (said,) = bound(by, "berlin/homie/meter/t/v")(b"230.5", NOW_MS)
    assert (said.device, said.units) == ("meter", {"t.v": "V"})
    assert "homie" in knowledge.families


def test_what_is_not_of_the_family_is_refused() -> None:
    by = reader("tasmota", "tele/{2}/SENSOR")
    assert by.bind("plugs") is None
    assert reader("tasmota", "/".join(["{1}"] * 60)).bind("a" * 200) is None
    with pytest.raises(Malformed):
        bound(by, "plugs/boiler")(b"{", NOW_MS)
    with pytest.raises(Malformed, match="homie has no such message on 'boiler'"):
        bound(reader("homie", "{2}"), "plugs/boiler")(b"{}", NOW_MS)
