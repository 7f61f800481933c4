from typing import Any

import pytest

from hub import rooms
from hub.events import Batch, Position, decode_event, encode_event
from hub.message import message_id
from hub.room import Room
from hub.rooms import Movement, Rooms, newest_change, read_topic
from hub.talk import Unread


def event(topic: str, time: int = 1, **data: Any) -> bytes:
    return encode_event(topic, time, data)


def said(topic: str, n: int, author: str = "anna", **more: Any) -> bytes:
    return event(topic, n, text=f"message {n}", author=author, id=message_id(n, 0), **more)


def room(name: str, version: int, *members: str, **more: Any) -> bytes:
    return encode_event(f"room/{name}", 1, {**Room(name, version, members=members, **more).shown(), "by": "anna"})


def batch(*pieces: bytes, offset: int = 1) -> Batch:
    decoded: list[Any] = [decode_event(piece) for piece in pieces]
    made = Batch.of([one["topic"] for one in decoded], [one["time"] for one in decoded], list(pieces))
    made.position = Position("k3v9", offset)
    return made


def test_a_public_room_comes_to_be_with_its_first_message() -> None:
    known = Rooms()
    assert known.apply(batch(event("telemetry/kitchen", n=1), said("chat/ops", 1))) is None
    assert known.get("ops") == Room("ops")
    assert known.get("other") is None
    assert known.topics() == ["chat/ops"]
    assert len(known) == 1
    last = known.talk("ops").last
    assert last is not None
    assert last.text == "message 1"
    assert known.talk("other").last is None


def test_a_private_room_does_not() -> None:
    known = Rooms()
    known.apply(batch(said("chat/~boiler", 1)))
    assert known.get("~boiler") is None


def test_of_two_changes_at_once_the_later_is_void() -> None:
    known = Rooms()
    known.apply(batch(room("ops", 1, title="one"), offset=1))
    known.apply(batch(room("ops", 2, title="two"), offset=2))
    assert known.apply(batch(room("ops", 2, title="also two"), offset=3)) is None
    found = known.get("ops")
    assert found is not None
    assert found.title == "two"
    assert [known.applied("ops", Position("k3v9", offset)) for offset in (1, 2, 3)] == [True, True, False]
    assert not known.applied("other", Position("k3v9", 1))


def test_the_event_that_says_how_a_room_is() -> None:
    first, second, void = room("ops", 1), room("ops", 2, title="two"), room("ops", 2, title="also two")
    assert newest_change([first, second, void]) == second
    assert newest_change([event("room/ops", odd=True), first]) == first


def test_what_is_no_room_or_marker_is_passed_over() -> None:
    known = Rooms()
    known.apply(batch(event("room/ops", version="1"), event("$read/anna/ops", odd=1)))
    assert known.get("ops") is None
    assert known.marker("anna", "ops") == ""


def test_members_come_and_go() -> None:
    known = Rooms()
    moved = known.apply(batch(room("~boiler", 1, "anna", "ivan")))
    assert moved == Movement(frozenset({"anna", "ivan"}), frozenset())
    moved = known.apply(batch(room("~boiler", 2, "anna", "boss")))
    assert moved == Movement(frozenset({"boss"}), frozenset({"ivan"}))
    assert known.view("ivan", ["chat/#"]) == frozenset()
    assert known.view("boss", ["chat/#"]) == {"~boiler"}


@pytest.mark.parametrize("topic_filter", ["chat/+", "#", "room/~boiler", "presence/#", "presence/+/~boiler"])
def test_a_view_has_the_private_rooms_that_the_filters_select(topic_filter: str) -> None:
    known = Rooms()
    known.apply(batch(room("~boiler", 1, "anna"), room("~other", 1, "ivan")))
    assert known.view("anna", ["telemetry/+", topic_filter]) == {"~boiler"}
    assert known.view("anna", ["telemetry/+", "chat/ops"]) == frozenset()
    assert known.view("nobody", [topic_filter]) == frozenset()


def test_who_may_read_what() -> None:
    known = Rooms()
    known.apply(batch(said("chat/ops", 1), room("~boiler", 1, "anna"), room("alarms", 1)))
    assert [each.name for each in known.admitting("anna")] == ["alarms", "ops", "~boiler"]
    assert [each.name for each in known.admitting("ivan")] == ["alarms", "ops"]


def test_unread_is_counted_from_one_marker_for_each_user_and_room() -> None:
    known = Rooms()
    known.apply(batch(said("chat/ops", 1), said("chat/ops", 2, mentions=["ivan"]), said("chat/ops", 3, "ivan")))
    assert known.unread("ivan", "ops") == Unread(2, 1)
    known.apply(batch(event(read_topic("ivan", "ops"), id=message_id(1, 0))))
    assert known.unread("ivan", "ops") == Unread(1, 1)
    assert known.unread("anna", "ops") == Unread(1, 0)
    assert known.unread("ivan", "other") == Unread(0, 0)


def test_a_marker_never_goes_back() -> None:
    known = Rooms()
    topic = read_topic("a/b", "ops")
    assert topic == "$read/a%2Fb/ops"
    known.apply(batch(event(topic, id=message_id(2, 0)), event(topic, id=message_id(1, 0))))
    assert known.marker("a/b", "ops") == message_id(2, 0)


def test_markers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_MARKERS", 2)
    known = Rooms()
    for user in ("anna", "ivan", "anna", "boss"):
        known.apply(batch(event(read_topic(user, "ops"), id=message_id(1, 0))))
    assert known.evicted_markers == 1
    assert known.marker("ivan", "ops") == ""
    assert known.marker("anna", "ops") == message_id(1, 0)


def test_what_a_store_kept_and_the_log_gives_again_is_there_once() -> None:
    pieces = [
        event("telemetry/kitchen", n=1),
        room("~boiler", 2, "anna"),
        said("chat/~boiler", 1),
        said("chat/~boiler", 2, "ivan", mentions=["anna"]),
        event(read_topic("anna", "~boiler"), id=message_id(1, 0)),
    ]
    known = Rooms()
    known.restore_pieces(pieces)
    known.restore([{"topic": "chat/~boiler", "time": 0, "data": {"text": "old", "author": "ivan"}}])
    assert known.apply(batch(*pieces, room("~boiler", 1, "ivan"))) is None
    assert known.unread("anna", "~boiler") == Unread(1, 1)
    assert [each.name for each in known.admitting("anna")] == ["~boiler"]
    assert known.unread("ivan", "~boiler") == Unread(1, 0)
