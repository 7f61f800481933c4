from typing import Any

import pytest

from hub.decoders.base import Decoded, Malformed
from hub.decoders.leaves import MAX_LEAVES
from hub.mapping import parse_mapping
from hub.mapping_reading import MappingReader, pairs

NOW_MS = 1_732_412_345_123


def read(payload: str, topic: str = "gh/3/air", **record: Any) -> Decoded:
    given = {"name": "m", "filter": "#", "device": "{2}", **record}
    decode = MappingReader(parse_mapping(given)).bind(topic)
    assert decode is not None
    (decoded,) = decode(payload.encode(), NOW_MS)
    return decoded


def value(path: str, key: str = "k", **more: Any) -> dict[str, Any]:
    return {"key": key, "path": path, **more}


def test_everything_at_once() -> None:
    decoded = read(
        '{"t":217,"at":1732412340,"up":1,"who":"a b"}',
        device="gh-{2}-{/who}",
        values=[value("/t", "{3}.t", unit="°C", scale=0.1)],
        time="/at",
        status={"path": "/up", "online": [1], "offline": [0]},
    )
    assert decoded == Decoded("gh-3-a b", "telemetry", {"air.t": 21.7}, {"air.t": "°C"}, "online", 1_732_412_340_000)


@pytest.mark.parametrize(
    ("payload", "more", "data", "units"),
    [
        ('{"a":"21.5 °C"}', {}, 21.5, {"k": "°C"}),
        ('{"a":"21.5 °C"}', {"unit": "K"}, 21.5, {"k": "K"}),
        ('{"a":"21.5"}', {"text": True}, "21.5", {}),
        ('{"a":21.5}', {"text": True}, "21.5", {}),
        ('{"a":"on"}', {"scale": 2}, "on", {}),
        ('{"a":true}', {"scale": 2}, True, {}),
        ('{"a":"18446744073709551615"}', {}, 18446744073709551615, {}),
    ],
)
def test_what_a_value_is(payload: str, more: dict[str, Any], data: object, units: dict[str, str]) -> None:
    decoded = read(payload, values=[value("/a", **more)])
    assert (decoded.data, decoded.units, decoded.kind) == ({"k": data}, units, "telemetry")


def test_without_values_every_member_is_one() -> None:
    assert read('{"a":{"b":1},"c":"2 V"}').data == {"a.b": 1, "c": 2}


def test_what_is_no_reading_is_left_out() -> None:
    values = [value("/n", "n"), value("/o", "o"), value("/x", "x"), value("/a", "{/long}"), value("/a", "a")]
    assert read('{"n":null,"o":{},"a":1,"long":"' + "x" * 300 + '"}', values=values).data == {"a": 1}


@pytest.mark.parametrize(
    ("said", "status"), [("1", "online"), ("true", None), ('"off"', "offline"), ("false", "offline"), ("0", None)]
)
def test_status(said: str, status: str | None) -> None:
    rule = {"path": "/up", "online": [1], "offline": ["off", False]}
    decoded = read(f'{{"up":{said},"a":1}}', values=[value("/a")], status=rule)
    assert decoded.status == status


def test_a_status_alone_is_presence() -> None:
    decoded = read('{"up":1}', values=[value("/a")], status={"path": "/up", "online": [1]})
    assert (decoded.kind, decoded.data) == ("presence", {})


def test_pairs_and_words() -> None:
    decoded = read("t=21.5 °C; h:40 %", format="pairs", values=[value("/t", "t"), value("/h", "h")])
    assert (decoded.data, decoded.units) == ({"t": 21.5, "h": 40}, {"t": "°C", "h": "%"})
    assert read("21.5 °C", format="text", values=[value("", "{3}")]).data == {"air": 21.5}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1,b=2", {"a": "1", "b": "2"}),
        ("a=1 b=2", {"a": "1", "b": "2"}),
        ("a=1\nb: x y\n", {"a": "1", "b": "x y"}),
        ("a=b=c;", {"a": "b=c"}),
    ],
)
def test_ways_to_write_pairs(text: str, found: dict[str, str]) -> None:
    assert pairs(text) == found


@pytest.mark.parametrize("text", ["a", "=1", ";", " ", "a=1;b", ";".join(f"k{n}=1" for n in range(MAX_LEAVES + 1))])
def test_what_are_no_pairs(text: str) -> None:
    with pytest.raises(Malformed):
        pairs(text)


@pytest.mark.parametrize(
    ("payload", "record"),
    [
        ('{"a":1', {}),
        ('{"b":1}', {"values": [value("/a")]}),
        ('{"a":1}', {"device": "{/id}"}),
        ('{"a":1,"id":"' + "x" * 200 + '"}', {"device": "{/id}"}),
        ('{"a":1e308}', {"values": [value("/a", scale=1e308)]}),
        ("\xff", {"format": "pairs"}),
        ('{"a":1}', {"device": "x" * 200}),
        ("[" * 10_000, {}),
    ],
)
def test_what_does_not_fit_is_refused(payload: str, record: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(payload, **record)


def test_an_ignored_message_says_nothing() -> None:
    decode = MappingReader(parse_mapping({"name": "m", "filter": "#", "ignore": True})).bind("a")
    assert decode is not None
    assert decode(b"whatever", NOW_MS) == []


def test_a_topic_without_the_level_is_not_claimed() -> None:
    assert MappingReader(parse_mapping({"name": "m", "filter": "#", "device": "{2}"})).bind("a") is None
    keyed = {"name": "m", "filter": "#", "device": "a", "values": [value("", "{3}")]}
    assert MappingReader(parse_mapping(keyed)).bind("a/b") is None


def test_equal_units_are_one_object() -> None:
    reader = MappingReader(
        parse_mapping({"name": "m", "filter": "#", "device": "a", "values": [value("/a", unit="V")]})
    )
    decode = reader.bind("t")
    assert decode is not None
    assert decode(b'{"a":1}', NOW_MS)[0].units is decode(b'{"a":2}', NOW_MS)[0].units
