import pytest

from hub.errors import TooManyRequests
from hub.seats import RETRY_S, Seats, network_of


def test_each_has_as_many_as_there_are() -> None:
    seats = Seats(2, "connections of one user")
    for _ in range(2):
        seats.take("anna")
    with pytest.raises(TooManyRequests, match="At most 2 connections of one user at a time; wait 10 s") as refused:
        seats.take("anna")
    assert (refused.value.retry_after_s, seats.refused) == (RETRY_S, 1)
    seats.take("ivan")
    seats.give("anna")
    seats.take("anna")


def test_who_has_left_is_forgotten_and_who_has_no_name_is_not_counted() -> None:
    seats = Seats(1, "connections")
    for _ in range(3):
        seats.take("")
    seats.take("anna")
    seats.give("anna")
    seats.give("anna")
    seats.give("")
    assert len(seats) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network
