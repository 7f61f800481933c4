import pytest

from hub.chat import (
    MAX_KEY_CHARS,
    MAX_MENTIONS,
    MAX_TEXT_BYTES,
    Deletion,
    Edit,
    Moment,
    Saying,
    compose_deletion,
    compose_edit,
    compose_message,
    mentioned,
    read,
)
from hub.errors import INVALID_DATA, TOO_LARGE, ErrorCode, HubError

ID = "0mwvdgypkb2oo"
MOMENT = {"position": "k3v9-1041", "device": "kitchen"}


def test_the_author_is_the_servers_to_say() -> None:
    saying = read({"text": "hello", "author": "somebody else"})
    assert saying == Saying("hello", None, None)
    said = compose_message(Saying("hello", None, None), author="anna", message_id=ID, mentions=[])
    assert said == {"text": "hello", "author": "anna", "id": ID}


def test_a_message_with_everything() -> None:
    moment: Moment = {**MOMENT, "key": "temperature", "time": 1_732_412_345_120}
    saying = read({"text": "@ivan look", "reply_to": ID, "moment": moment})
    assert saying == Saying("@ivan look", ID, moment)
    assert compose_message(Saying("@ivan look", ID, moment), author="anna", message_id=ID, mentions=["ivan"]) == {
        "text": "@ivan look",
        "author": "anna",
        "id": ID,
        "reply_to": ID,
        "mentions": ["ivan"],
        "moment": moment,
    }


def test_an_edit_and_a_deletion_have_no_author_lest_they_be_taken_for_messages() -> None:
    assert read({"edit": ID, "text": "better"}) == Edit(ID, "better")
    assert read({"delete": ID}) == Deletion(ID)
    edited = compose_edit(Edit(ID, "better"), by="anna", mentions=[])
    assert edited == {"edit": ID, "text": "better", "by": "anna"}
    assert compose_edit(Edit(ID, "@ivan"), by="anna", mentions=["ivan"])["mentions"] == ["ivan"]
    assert compose_deletion(Deletion(ID), by="boss") == {"delete": ID, "by": "boss"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, INVALID_DATA),
        ({"text": 1}, INVALID_DATA),
        ({"text": ""}, INVALID_DATA),
        ({"text": " \n\t"}, INVALID_DATA),
        ({"text": "a", "colour": "red"}, INVALID_DATA),
        ({"text": "a" * (MAX_TEXT_BYTES + 1)}, TOO_LARGE),
        ({"text": "ж" * (MAX_TEXT_BYTES // 2 + 1)}, TOO_LARGE),
        ({"text": "a", "id": ID}, INVALID_DATA),
        ({"text": "a", "reply_to": 5}, INVALID_DATA),
        ({"text": "a", "reply_to": "not an id"}, INVALID_DATA),
        ({"edit": ID}, INVALID_DATA),
        ({"edit": "x", "text": "a"}, INVALID_DATA),
        ({"edit": ID, "text": "a", "reply_to": ID}, INVALID_DATA),
        ({"delete": None}, INVALID_DATA),
        ({"delete": ID, "text": "a"}, INVALID_DATA),
        ({"text": "a", "moment": "k3v9-1041"}, INVALID_DATA),
        ({"text": "a", "moment": {"position": "k3v9-1041"}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "colour": "red"}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "device": 5}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "device": "a/#"}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "position": "here"}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "time": "now"}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "time": True}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "time": -1}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "time": 2**53 + 1}}, INVALID_DATA),
        ({"text": "a", "moment": {**MOMENT, "key": "x" * (MAX_KEY_CHARS + 1)}}, INVALID_DATA),
    ],
)
def test_what_is_no_message_is_refused(data: dict[str, object], code: ErrorCode) -> None:
    with pytest.raises(HubError) as refused:
        read(data)
    assert refused.value.code is code


def test_a_message_of_the_limit_fits() -> None:
    assert read({"text": "a" * MAX_TEXT_BYTES}) == Saying("a" * MAX_TEXT_BYTES, None, None)


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("nobody", []),
        ("@ivan, see this", ["ivan"]),
        ("see this, @ivan.", ["ivan"]),
        ("@Anna @anna @ANNA", ["anna"]),
        ("@petr is not known but may be", ["petr"]),
        ("(@ivan) and @anna", ["ivan", "anna"]),
        ("anna@example.com", []),
        ("a@ivan", []),
        ("@anna smith and @anna", ["anna smith", "anna"]),
        ("@anna smithson", ["anna"]),
        ("@", []),
        ("İ @ivan", ["ivan"]),
    ],
)
def test_mentions(text: str, users: list[str]) -> None:
    assert mentioned(text, ["anna", "ivan", "anna smith"]) == users


def test_of_two_names_that_fit_the_longer_one_is_meant() -> None:
    for known in (["anna", "anna smith"], ["anna smith", "anna"]):
        assert mentioned("@anna smith", known) == ["anna smith"]


def test_of_a_private_room_only_members_are_mentioned() -> None:
    assert mentioned("@anna @petr", ["anna"], only_known=True) == ["anna"]


def test_mentions_are_bounded() -> None:
    assert len(mentioned(" ".join(f"@user{n}" for n in range(50)), [])) == MAX_MENTIONS
