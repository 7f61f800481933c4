"""Folding the latest anew: in the order of places, from grounds on."""

import pytest

from hub import refold
from hub.events import encode_event
from hub.latest import MAX_KEYS
from hub.refold import Ground, Refold
from hub.registry import Record


def event(place: int, topic: str, time: int, **data: object) -> tuple[int, str, bytes]:
    return place, topic, encode_event(topic, time, data)


def ground(place: int, topic: str, time: int, **data: object) -> Ground:
    return Ground(topic, place, encode_event(topic, time, data))


def test_the_same_as_was_folded_from_them() -> None:
    folding = Refold()
    folding.take([event(0, "telemetry/a", 5, n=1), event(1, "chat/ops", 6, text="hi")])
    folding.take([event(2, "telemetry/a", 4, n=0, m=2), event(3, "presence/x", 7, user="kim")])
    assert folding.topics() == ["chat/ops", "telemetry/a"]
    assert folding.latest.get("telemetry/a") == encode_event("telemetry/a", 5, {"n": 1, "m": 2})


def test_a_topic_begins_at_its_ground_and_others_do_not_wait() -> None:
    folding = Refold([ground(3, "telemetry/a", 9, n=3, old=True), ground(9, "telemetry/b", 1, n=0)])
    folding.take([event(1, "telemetry/a", 1, n=1, gone=True), event(2, "telemetry/c", 2, n=2)])
    folding.take([event(3, "telemetry/a", 10, n=4)])
    assert folding.topics() == ["telemetry/c", "telemetry/a", "telemetry/b"]
    assert folding.latest.get("telemetry/a") == encode_event("telemetry/a", 10, {"n": 4, "old": True})
    assert folding.latest.get("telemetry/b") == encode_event("telemetry/b", 1, {"n": 0})


def test_what_was_described_after_its_device_was_forgotten_stays() -> None:
    record = Record(4, forgotten=5).shown()
    grounds = [
        ground(7, "device/a", 6, name="a"),
        ground(7, "registry/a", 5, **record),
        ground(7, "telemetry/a", 1, n=1),
    ]
    folding = Refold(grounds)
    folding.take([event(2, "registry/a", 5, **record), event(8, "registry/a", 9, **Record(5, forgotten=5).shown())])
    assert folding.topics() == ["device/a", "telemetry/a", "registry/a"]


def test_grounds_that_came_to_be_meanwhile() -> None:
    folding = Refold([ground(1, "telemetry/b", 1, n=1)])
    folding.take([event(0, "telemetry/a", 1, n=1)])
    folding.add([ground(5, "telemetry/a", 3, n=3)])
    assert sorted(folding.topics()) == ["telemetry/a", "telemetry/b"]
    assert folding.latest.get("telemetry/a") == encode_event("telemetry/a", 3, {"n": 3})


def test_topics_that_are_not_kept_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "MAX_PLACES", 10)
    folding = Refold()
    folding.take([event(0, "telemetry/a", 1, n=1), event(1, "telemetry/b", 1, n=1)])
    for number in range(MAX_KEYS):
        folding.take([event(number + 2, f"command/a/{number}", 1, state="sent")])
    assert folding.topics() == ["telemetry/a", "telemetry/b"]
