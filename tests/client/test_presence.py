import pytest

from hub.client.frames import Event, Member
from hub.client.presence import PresenceChange, Present, presence_of

ANNA, IVAN = Member("anna", 2, 1), Member("ivan", 1, 5)


def changed(what: str, user: str) -> PresenceChange:
    found = presence_of(Event("presence/chat/ops", 5, {"event": what, "user": user}))
    assert found is not None
    return found


def test_joins_and_leaves() -> None:
    assert changed("join", "anna") == PresenceChange("chat/ops", "anna", joined=True, time=5)
    assert not changed("leave", "anna").joined


@pytest.mark.parametrize(
    "event",
    [
        Event("chat/ops", 1, {"event": "join", "user": "anna"}),
        Event("presence/a", 1, {"event": "wave", "user": "anna"}),
        Event("presence/a", 1, {"event": "join"}),
    ],
)
def test_other_events(event: Event) -> None:
    assert presence_of(event) is None


def test_who_is_there_after_changes() -> None:
    present = Present(1, (ANNA,))
    assert present.after([changed("join", "ivan"), changed("join", "anna")]) == Present(2, (ANNA, IVAN))
    assert present.after([changed("leave", "anna"), changed("leave", "nobody")]) == Present(0, ())


def test_those_who_are_not_listed_are_counted() -> None:
    assert Present(1500, (ANNA,)).after([changed("leave", "somebody")]) == Present(1499, (ANNA,))
