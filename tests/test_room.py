from typing import Any

import pytest

from hub.auth import Identity, Role
from hub.errors import (
    BAD_REQUEST,
    CONFLICT,
    INVALID_DATA,
    INVALID_TOPIC,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    PERMISSION_DENIED,
    ROOM_ARCHIVED,
    ErrorCode,
    HubError,
)
from hub.room import MAX_MEMBERS, MAX_NAME_CHARS, MAX_TITLE_CHARS, Room, changed, created, room_of

ANNA = Identity("anna", Role.OPERATOR, 0)
IVAN = Identity("ivan", Role.OPERATOR, 0)
VIEWER = Identity("ivan", Role.VIEWER, 0)
BOSS = Identity("boss", Role.ADMIN, 0)
PUBLIC = Room("ops", version=1, created_by="anna", created=5)
PRIVATE = Room("~boiler", version=1, members=("anna", "ivan"), created_by="anna", created=5)


def change(room: Room | None, by: Identity = ANNA, name: str | None = None, **request: Any) -> Room:
    return changed(name or (room.name if room else "ops"), room, request, by=by, now_ms=9)


def refused(code: ErrorCode, room: Room | None, by: Identity = ANNA, name: str | None = None, **request: Any) -> None:
    with pytest.raises(HubError) as error:
        change(room, by, name, **request)
    assert error.value.code is code


def test_a_public_room_is_made_with_its_first_change() -> None:
    made = change(None, title="Operations", topic="what goes on")
    assert made == Room("ops", 1, "Operations", "what goes on", created_by="anna", created=9)
    assert not made.private
    assert made.admits("ivan")
    assert room_of("ops", made.shown()) == made


def test_a_private_room_begins_with_who_made_it_and_whom_he_invited() -> None:
    made = change(None, name="~boiler", invite=["ivan", "anna", "ivan"])
    assert made.members == ("anna", "ivan")
    assert made.private
    assert not made.admits("boss")
    assert room_of("~boiler", made.shown()) == made


def test_a_room_that_was_only_spoken_in_belongs_to_nobody() -> None:
    renamed = change(Room("ops"), IVAN, title="Operations")
    assert (renamed.version, renamed.created, renamed.created_by) == (1, 9, "")
    refused(PERMISSION_DENIED, renamed, IVAN, archived=True)
    assert change(renamed, BOSS, archived=True).archived


def test_any_operator_renames_a_public_room() -> None:
    assert change(PUBLIC, IVAN, title="Ops").title == "Ops"
    refused(PERMISSION_DENIED, PUBLIC, VIEWER, title="Ops")


def test_members_invite_and_leave() -> None:
    assert change(PRIVATE, IVAN, invite=["boss"]).members == ("anna", "ivan", "boss")
    assert change(PRIVATE, VIEWER, leave=True).members == ("anna",)
    assert change(PRIVATE, IVAN, remove=["ivan"]).members == ("anna",)
    refused(NOT_FOUND, PRIVATE, BOSS, invite=["boss"])
    refused(NOT_FOUND, None, name="~none", leave=True)
    refused(NOT_FOUND, None, name="~none", remove=["anna"])


def test_who_made_it_removes_others() -> None:
    assert change(PRIVATE, remove=["ivan"]).members == ("anna",)
    refused(PERMISSION_DENIED, PRIVATE, IVAN, remove=["anna"])


def test_a_room_without_members_is_archived() -> None:
    alone = change(PRIVATE, remove=["ivan"])
    assert change(alone, leave=True) == Room("~boiler", 3, created_by="anna", created=5, archived=True)


def test_an_archived_room_is_opened_again_or_left() -> None:
    archived = change(PRIVATE, archived=True)
    refused(ROOM_ARCHIVED, archived, title="Boiler")
    assert not change(archived, archived=False).archived
    left = change(archived, IVAN, leave=True)
    assert left.members == ("anna",)
    assert left.archived


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        (INVALID_DATA, {}),
        (INVALID_DATA, {"colour": "red"}),
        (INVALID_DATA, {"title": 5}),
        (INVALID_DATA, {"title": "x" * (MAX_TITLE_CHARS + 1)}),
        (INVALID_DATA, {"archived": "yes"}),
        (INVALID_DATA, {"leave": False}),
        (INVALID_DATA, {"invite": "ivan"}),
        (INVALID_DATA, {"invite": [5]}),
        (BAD_REQUEST, {"invite": [" ivan"]}),
        (LIMIT_EXCEEDED, {"invite": [f"user{n}" for n in range(MAX_MEMBERS + 1)]}),
        (LIMIT_EXCEEDED, {"invite": [f"user{n}" for n in range(MAX_MEMBERS - 1)]}),
    ],
)
def test_unfit_changes_are_refused(code: ErrorCode, request_: dict[str, Any]) -> None:
    refused(code, PRIVATE, **request_)


@pytest.mark.parametrize("name", ["", "~", "a/b", " ops", "ops ", "a\u200bb", "x" * (MAX_NAME_CHARS + 1)])
def test_unfit_names_are_refused(name: str) -> None:
    with pytest.raises(HubError) as error:
        changed(name, None, {"title": "x"}, by=ANNA, now_ms=9)
    assert error.value.code is INVALID_DATA


def test_a_name_is_a_topics_level() -> None:
    refused(INVALID_TOPIC, None, name="a+b", title="x")


def test_a_public_room_has_no_members() -> None:
    for member in ({"invite": ["ivan"]}, {"remove": ["ivan"]}, {"leave": True}):
        refused(INVALID_DATA, PUBLIC, **member)


def test_a_room_is_made_once() -> None:
    assert created("ops", None, {"title": "Ops"}, by=ANNA, now_ms=9).version == 1
    with pytest.raises(HubError) as error:
        created("ops", PUBLIC, {"title": "Ops"}, by=ANNA, now_ms=9)
    assert error.value.code is CONFLICT


def test_what_is_no_room() -> None:
    assert room_of("ops", {**PUBLIC.shown(), "version": "1"}) is None
    assert room_of("ops", {}) is None
