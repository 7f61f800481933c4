import pytest

from hub.allowance import (
    ADDRESS_FACTOR,
    PUBLISHES_AT_ONCE,
    REQUESTS_AT_ONCE,
    Allowance,
)
from hub.errors import TooManyRequests

HOME = "192.0.2.1"


def test_connections_count_for_their_user_and_their_address() -> None:
    allowance = Allowance(connections_per_user=2, connections_per_address=3)
    allowance.connect("anna", HOME)
    allowance.connect("anna", HOME)
    with pytest.raises(TooManyRequests, match="2 connections of one user"):
        allowance.connect("anna", HOME)
    allowance.connect("ivan", HOME)
    with pytest.raises(TooManyRequests, match="3 connections from one address"):
        allowance.connect("ivan", HOME)
    allowance.disconnect("anna", HOME)
    allowance.connect("ivan", HOME)
    assert (allowance.users.refused, allowance.addresses.refused) == (1, 1)


def test_a_connection_that_was_refused_has_taken_nothing() -> None:
    allowance = Allowance(connections_per_user=1, connections_per_address=2)
    allowance.connect("anna", HOME)
    for _ in range(3):
        with pytest.raises(TooManyRequests, match="of one user"):
            allowance.connect("anna", HOME)
    allowance.connect("ivan", HOME)


def test_messages_count_for_their_user_and_their_address() -> None:
    allowance = Allowance()
    for number in range(PUBLISHES_AT_ONCE * ADDRESS_FACTOR):
        allowance.publish(f"user {number}", HOME, now_s=0)
    with pytest.raises(TooManyRequests, match="messages from one address"):
        allowance.publish("anna", HOME, now_s=0)
    for _ in range(PUBLISHES_AT_ONCE):
        allowance.publish("ivan", "", now_s=0)
    with pytest.raises(TooManyRequests, match="20 messages a second"):
        allowance.publish("ivan", "", now_s=0)


def test_each_connection_has_requests_of_its_own() -> None:
    allowance = Allowance()
    for _ in range(REQUESTS_AT_ONCE):
        allowance.request("one", now_s=0)
    with pytest.raises(TooManyRequests, match="requests a second"):
        allowance.request("one", now_s=0)
    allowance.request("other", now_s=0)
