from hub.raw_event import RAW_PAYLOAD_BYTES, UNFIT_TOPIC, raw_event
from hub.topics import MAX_TOPIC_BYTES


def of(topic: str, payload: bytes, family: str | None = None) -> tuple[str, dict[str, object]]:
    return raw_event(topic, payload, refusal="unclaimed", reason="none", family=family)


def test_text_is_kept_as_it_is() -> None:
    expected = {"refusal": "unclaimed", "reason": "none", "payload": "ü", "bytes": 2, "family": "json"}
    assert of("a/b", "ü".encode(), "json") == ("raw/a/b", expected)


def test_a_short_payload_that_is_no_text_is_kept_whole() -> None:
    data = of("a", b"\xff\x00")[1]
    assert (data["payload"], data["payload_hex"]) == ("\\xff\x00", "ff00")


def test_of_a_long_payload_the_beginning() -> None:
    data = of("a", b"\xff" + b"x" * RAW_PAYLOAD_BYTES)[1]
    assert data["bytes"] == RAW_PAYLOAD_BYTES + 1
    assert "payload_hex" not in data
    assert len(str(data["payload"])) == 4 + RAW_PAYLOAD_BYTES - 1


def test_topics_that_are_none_of_the_hubs() -> None:
    assert of("//a", b"1")[0] == "raw/a"
    assert of("//a", b"1")[1]["topic"] == "//a"
    topic, data = of("x" * 65_535, b"1")
    assert (topic, data["topic"]) == (UNFIT_TOPIC, "x" * MAX_TOPIC_BYTES)
