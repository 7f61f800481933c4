from hub.auth import Identity, Role
from hub.expiry import Expiry
from hub.session import Session
from tests.test_session import Wire


def session(expires_s: int) -> Session:
    return Session(Identity("anna", Role.VIEWER, expires_s), Wire(), limit_bytes=1, slow={})


def test_sessions_are_due_in_their_second() -> None:
    expiry = Expiry()
    first, second, third = session(10), session(10), session(11)
    for one in (first, second, third):
        expiry.add(one)
    assert expiry.take(9) == []
    assert expiry.take(10) == [first, second]
    assert expiry.take(12) == [third]
    assert expiry.take(99) == []


def test_what_is_discarded_is_never_due() -> None:
    expiry = Expiry()
    first, second = session(10), session(10)
    expiry.add(first)
    expiry.add(second)
    expiry.discard(first)
    assert expiry.take(10) == [second]
    expiry.discard(first)
    expiry.discard(second)
    assert expiry.take(10) == []


def test_the_last_one_discarded_leaves_nothing() -> None:
    expiry = Expiry()
    only = session(10)
    expiry.add(only)
    expiry.discard(only)
    assert expiry.take(10) == []
