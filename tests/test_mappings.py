import pytest

from hub.decoders.base import Knowledge, Malformed
from hub.decoders.mapped import Mapped
from hub.mapping import TopicMapping, parse_mapping
from hub.mappings import Mappings


def mapping(name: str, topic_filter: str, device: str = "d", **more: object) -> TopicMapping:
    return parse_mapping({"name": name, "filter": topic_filter, "device": device, **more})


def device_of(mappings: Mappings, topic: str, payload: bytes = b'{"a":1}') -> str | None:
    decode = Mapped(mappings).claim(topic, payload, Knowledge())
    return None if decode is None else decode(payload, 0)[0].device


def test_the_log_stands_before_the_file() -> None:
    mappings, changes = Mappings(), list[int]()
    mappings.changed = lambda: changes.append(len(mappings))
    mappings.replace_file([mapping("a", "t/+", "file"), mapping("b", "u/+", "file")])
    mappings.put(mapping("a", "t/+", "log"))
    assert (device_of(mappings, "t/1"), device_of(mappings, "u/1"), device_of(mappings, "x")) == ("log", "file", None)
    assert (list(mappings.on_log), list(mappings.in_file)) == (["a"], ["a", "b"])
    mappings.remove("a")
    mappings.remove("a")
    assert device_of(mappings, "t/1") == "file"
    mappings.replace_file([])
    assert (device_of(mappings, "t/1"), device_of(mappings, "")) == (None, None)
    assert changes == [2, 2, 2, 0]


def test_the_narrower_filter_comes_first() -> None:
    mappings = Mappings()
    mappings.replace_file([mapping("a", "t/#", "wide"), mapping("b", "t/+", "one"), mapping("c", "t/x", "x")])
    assert [device_of(mappings, topic) for topic in ("t/x", "t/y", "t/y/z")] == ["x", "one", "wide"]


def test_what_the_first_can_not_read_the_next_may() -> None:
    mappings = Mappings()
    mappings.put(mapping("a", "t/+", "a", values=[{"key": "a", "path": "/a"}]))
    mappings.put(mapping("b", "t/+", "b", values=[{"key": "b", "path": "/b"}]))
    assert device_of(mappings, "t/1") == "a"
    assert device_of(mappings, "t/1", b'{"b":1}') == "b"
    with pytest.raises(Malformed):
        device_of(mappings, "t/1", b'{"c":1}')
