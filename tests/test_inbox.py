from typing import Any

from hub.inbox import MAX_FAMILIES, MAX_SAMPLES, UNFIT, Inbox, Sample
from hub.raw_event import raw_event
from hub.topic_shape import MAX_SHAPES

NOW_MS = 1_732_412_345_123


def event(
    topic: str, payload: bytes = b"x", *, at: int = 0, refusal: str = "unclaimed", family: str | None = None
) -> dict[str, Any]:
    told, data = raw_event(topic, payload, refusal=refusal, reason=f"reason {at}", family=family)
    return {"topic": told, "time": NOW_MS + at, "data": data}


def filled(*events: dict[str, Any]) -> Inbox:
    inbox = Inbox()
    for each in events:
        inbox.add(each)
    return inbox


def test_messages_are_grouped_by_shape() -> None:
    inbox = filled(event("s/1/x", at=1, family="json", refusal="malformed"), event("s/2/x", at=2), event("other", at=3))
    assert [entry.shape for entry in inbox] == ["other", "s/+/x"]
    entry = inbox.get("s/+/x")
    assert entry is not None
    assert (entry.count, entry.first_ms, entry.last_ms) == (2, NOW_MS + 1, NOW_MS + 2)
    assert (entry.refusals, entry.families) == ({"malformed": 1, "unclaimed": 1}, {"json": 1})
    assert entry.reason == "reason 2"
    assert [sample.topic for sample in entry.samples] == ["s/1/x", "s/2/x"]


def test_entries_that_become_one_keep_their_newest_samples() -> None:
    inbox = filled(*(event(f"a/{n}/x", at=n) for n in range(3)), *(event(f"b/{n}/x", at=n + 10) for n in range(9)))
    (entry,) = inbox
    assert (entry.shape, entry.count, entry.first_ms) == ("+/+/x", 12, NOW_MS)
    assert [sample.time_ms - NOW_MS for sample in entry.samples] == [0, 1, 2, *range(10, 19)]


def test_of_a_shape_so_many_samples() -> None:
    inbox = filled(*(event("a", at=n) for n in range(MAX_SAMPLES + 5)))
    (entry,) = inbox
    assert (entry.count, len(entry.samples), entry.samples[0].time_ms) == (MAX_SAMPLES + 5, MAX_SAMPLES, NOW_MS + 5)


def test_so_many_families_of_an_entry() -> None:
    inbox = filled(*(event("a", family=f"f{n}") for n in range(MAX_FAMILIES + 2)), event("a", family="f0"))
    (entry,) = inbox
    assert len(entry.families) == MAX_FAMILIES
    assert entry.families["f0"] == 2


def test_so_many_shapes() -> None:
    names = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_SHAPES + 1)]
    inbox = filled(*(event("/".join([name] * (2 + n % 50)), at=n) for n, name in enumerate(names)))
    assert (len(inbox), inbox.evicted) == (MAX_SHAPES, 1)
    assert inbox.get("aa/aa") is None


def test_topics_that_the_hub_can_not_carry_are_one_entry() -> None:
    inbox = filled(event("x" * 65_535), event("y" * 2_000), event("a/\x01"))
    assert [(entry.shape, entry.count) for entry in inbox] == [(UNFIT, 3)]
    assert [sample.fit for sample in inbox.take(lambda _: True)] == [False] * 3
    inbox = filled(event("topic"), event("/topic"), event(""))
    assert {entry.shape: entry.count for entry in inbox} == {"topic": 1, "/topic": 1}


def test_the_payload_is_there_to_its_end_or_it_is_said() -> None:
    for payload, whole, text in (
        (b"ab", True, "ab"),
        (b"\xff", True, "\\xff"),
        (b"y" * 2_000, False, "y" * 1_024),
    ):
        sample = Sample.of(event("/a", payload))
        assert sample is not None
        assert (sample.topic, sample.whole, sample.text, sample.size_bytes) == ("/a", whole, text, len(payload))


def test_what_is_understood_is_taken_out() -> None:
    inbox = filled(event("s/1/x", b"1", at=2), event("s/2/x", b"2", at=1), event("t", b"1"))
    taken = inbox.take(lambda sample: sample.payload == b"1")
    assert [sample.topic for sample in taken] == ["t", "s/1/x"]
    assert [(entry.shape, len(entry.samples)) for entry in inbox] == [("s/+/x", 1)]
    assert inbox.take(lambda _: False) == []
    inbox.add(event("t"))
    assert len(inbox) == 2


def test_an_event_without_its_parts_changes_nothing() -> None:
    bare: Any = {"topic": "raw/a", "time": NOW_MS, "data": {"payload": "x"}}
    inbox = filled(bare, {**bare, "data": []}, {**bare, "data": {"payload": 1}}, {**bare, "data": {"payload_hex": "x"}})
    assert len(inbox) == 0


def test_a_copy_stays_as_it_was() -> None:
    inbox = filled(event("a", family="json", refusal="malformed"))
    (entry,) = inbox
    before = entry.copy()
    inbox.add(event("a", at=1, family="csv"))
    assert (before.count, before.refusals, before.families, len(before.samples)) == (
        1,
        {"malformed": 1},
        {"json": 1},
        1,
    )
    assert before.samples.maxlen == MAX_SAMPLES
