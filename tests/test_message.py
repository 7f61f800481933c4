from typing import Any

import pytest

from hub.message import ID_CHARS, SALTS, Message, Revision, fold, message_id, message_of, revised_id, time_of

NOW = 1_732_412_345_123
ID = message_id(NOW, 7)


def said(data: dict[str, Any], *, time: int = NOW, received: int | None = None) -> dict[str, Any]:
    event = {"topic": "chat/ops", "time": time, "data": data}
    return event if received is None else {**event, "received": received}


def hello(**more: Any) -> dict[str, Any]:
    return said({"text": "hello", "author": "anna", "id": ID, **more})


def test_ids_sort_as_their_times_do_and_say_them() -> None:
    ids = [message_id(time, salt) for time, salt in ((0, 0), (1, SALTS - 1), (35, 5), (NOW, 0), (NOW + 1, 0))]
    assert ids == sorted(ids)
    assert {len(each) for each in ids} == {ID_CHARS}
    assert [time_of(each) for each in ids] == [0, 1, 35, NOW, NOW + 1]


@pytest.mark.parametrize("text", ["", "0mwvdgypkb2o", "0mwvdgypkb2ooo", "0MWVDGYPKB2OO", "0mwvdgypkb2-o"])
def test_what_is_no_id(text: str) -> None:
    assert time_of(text) is None


def test_a_message_of_its_event() -> None:
    moment = {"position": "k3v9-1", "device": "kitchen"}
    message = message_of(hello(reply_to=ID, mentions=["ivan"], moment=moment))
    assert message == Message(ID, NOW, "anna", "hello", reply_to=ID, mentions=("ivan",), moment=moment)
    assert message.shown() == {
        "id": ID,
        "time": NOW,
        "author": "anna",
        "text": "hello",
        "reply_to": ID,
        "mentions": ["ivan"],
        "moment": moment,
    }
    assert message.without_text() == Message(ID, NOW, "anna", "", reply_to=ID, mentions=("ivan",))


def test_a_message_without_an_id_gets_the_same_everywhere() -> None:
    event = said({"text": "hello", "author": "anna"})
    first, second = message_of(event), message_of(event)
    assert first is not None
    assert first == second
    assert time_of(first.id) == NOW
    other = message_of(said({"text": "hello", "author": "ivan"}))
    assert other is not None
    assert other.id != first.id


def test_what_does_not_fit_is_passed_over() -> None:
    assert message_of(said({"text": "hello"})) is None
    assert message_of(said({"edit": ID, "text": "better", "by": "anna"})) is None
    odd = message_of(hello(mentions="ivan", reply_to=5, moment=[]))
    assert odd == Message(ID, NOW, "anna", "hello")
    assert revised_id(said({"edit": 5})) is None
    assert revised_id(hello()) is None


def test_edits_in_the_order_in_which_they_were_received_and_each_once() -> None:
    second = said({"edit": ID, "text": "two @ivan", "by": "anna", "mentions": ["ivan"]}, received=NOW + 2)
    first = said({"edit": ID, "text": "one", "by": "anna"}, received=NOW + 1)
    (message,) = fold([second, hello(), first, second, hello()])
    assert message.text == "two @ivan"
    assert message.mentions == ("ivan",)
    assert message.edited == Revision("anna", NOW + 2)
    assert message.revisions == 2
    assert message.newest == NOW + 2
    assert message.shown()["edited"] == {"by": "anna", "time": NOW + 2}


def test_a_deletion_is_for_good() -> None:
    deletion = said({"delete": ID, "by": "boss"}, received=NOW + 1)
    late = said({"edit": ID, "text": "no", "by": "anna"}, received=NOW + 2)
    (message,) = fold([hello(mentions=["ivan"]), deletion, late])
    assert message.shown() == {
        "id": ID,
        "time": NOW,
        "author": "anna",
        "text": "",
        "deleted": {"by": "boss", "time": NOW + 1},
    }


def test_what_revises_a_message_that_is_not_there_is_nothing() -> None:
    other = said({"text": "other", "author": "ivan", "id": message_id(NOW - 1, 0)}, time=NOW - 1)
    messages = fold([hello(), other, said({"delete": message_id(NOW, 8), "by": "anna"}), said({"event": "join"})])
    assert [message.text for message in messages] == ["other", "hello"]
