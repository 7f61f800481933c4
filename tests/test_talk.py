from typing import Any

import pytest

from hub import talk
from hub.message import message_id
from hub.talk import Talk, Unread


def said(n: int, author: str = "anna", **more: Any) -> dict[str, Any]:
    data = {"text": f"message {n}", "author": author, "id": message_id(n, 0), **more}
    return {"topic": "chat/ops", "time": n, "data": data}


def revised(n: int, received: int, **data: Any) -> dict[str, Any]:
    return {"topic": "chat/ops", "time": n, "received": received, "data": data}


def told(*events: dict[str, Any]) -> Talk:
    made = Talk()
    for event in events:
        made.take(event)
    return made


def test_nothing_was_said() -> None:
    empty = Talk()
    assert empty.last is None
    assert empty.newest == 0
    assert empty.authors == set()
    assert empty.unread("anna", "") == Unread(0, 0)


def test_unread_are_messages_of_others_behind_the_marker() -> None:
    room = told(said(1), said(2, "ivan"), said(3), said(4, mentions=["ivan"]))
    assert room.unread("ivan", "") == Unread(3, 1)
    assert room.unread("ivan", message_id(3, 0)) == Unread(1, 1)
    assert room.unread("ivan", message_id(4, 0)) == Unread(0, 0)
    assert room.unread("anna", "") == Unread(1, 0)
    assert room.authors == {"anna", "ivan"}
    assert room.newest == 4


def test_what_was_deleted_or_edited_counts_as_it_is_now() -> None:
    room = told(
        said(1, mentions=["ivan"]),
        said(2),
        revised(1, 3, delete=message_id(1, 0), by="anna"),
        revised(2, 4, edit=message_id(2, 0), text="@ivan", by="anna", mentions=["ivan"]),
        revised(9, 5, edit=message_id(9, 0), text="of another", by="anna"),
        {"topic": "chat/ops", "time": 6, "data": {"event": "something else"}},
    )
    assert room.unread("ivan", "") == Unread(1, 1)
    last = room.last
    assert last is not None
    assert last.text == "@ivan"
    assert room.newest == 9
    kept = room.get(message_id(2, 0))
    assert kept is not None
    assert (kept.text, kept.mentions) == ("", ("ivan",))
    assert room.get(message_id(9, 0)) is None


def test_events_may_come_twice_and_late() -> None:
    room = told(said(3), said(1), said(3), said(2), said(1))
    assert room.unread("ivan", "") == Unread(3, 0)
    assert room.unread("ivan", message_id(2, 0)) == Unread(1, 0)
    assert room.last is not None
    assert room.last.text == "message 3"


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "MAX_KEPT", 3)
    room = told(*(said(n) for n in (2, 3, 4, 5, 1)))
    assert room.unread("ivan", "") == Unread(3, 0)
    assert room.get(message_id(2, 0)) is None
    assert room.get(message_id(1, 0)) is None
