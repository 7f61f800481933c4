"""What one user, one address and one connection may take of this node; counted alike on every transport; pure."""

from collections import Counter

from hub.errors import HubError
from hub.quota import Quota
from hub.seats import Seats, network_of

CONNECTIONS = 20_000
"""Of one user, and from one address, unless the settings say otherwise: a whole site may be behind one."""
GUESTS = 1_000
"""Connections from one address that have not signed in yet; each of them has a few seconds."""
PUBLISHES_PER_S = 20
PUBLISHES_AT_ONCE = 60
"""What one user may publish, over all of his connections."""
ADDRESS_FACTOR = 10
"""How many times as much may come from one address: many people may share it."""
REQUESTS_PER_S = 50
REQUESTS_AT_ONCE = 500
"""Frames of one connection that are carried out; a dashboard of many parts asks for all of them at once."""


class Allowance:
    """Counts what is taken and refuses what is too much, with TooManyRequests. Times are of a clock in seconds.

    An address of "" is one that is not known, and not counted. `refused` counts refusals of any kind by the name of
    the error: those of transports, requests and frames too.
    """

    def __init__(self, *, connections_per_user: int = CONNECTIONS, connections_per_address: int = CONNECTIONS) -> None:
        self.refused: Counter[str] = Counter()
        self.users = Seats(connections_per_user, "connections of one user")
        self.addresses = Seats(connections_per_address, "connections from one address")
        self.guests = Seats(GUESTS, "connections from one address that have not signed in")
        self.published = Quota(per_s=PUBLISHES_PER_S, burst=PUBLISHES_AT_ONCE)
        self.published_from = Quota(per_s=PUBLISHES_PER_S * ADDRESS_FACTOR, burst=PUBLISHES_AT_ONCE * ADDRESS_FACTOR)
        self.requests = Quota(per_s=REQUESTS_PER_S, burst=REQUESTS_AT_ONCE)

    def connect(self, user: str, address: str) -> None:
        """Count a connection that has signed in, until `disconnect`."""
        self.addresses.take(network_of(address))
        try:
            self.users.take(user)
        except HubError:
            self.addresses.give(network_of(address))
            raise

    def disconnect(self, user: str, address: str) -> None:
        """A connection that was counted has ended."""
        self.addresses.give(network_of(address))
        self.users.give(user)

    def publish(self, user: str, address: str, *, now_s: float) -> None:
        """Count something that is published."""
        self.published.take(user, "messages", now_s=now_s)
        if address:
            self.published_from.take(network_of(address), "messages from one address", now_s=now_s)

    def request(self, connection: str, *, now_s: float) -> None:
        """Count a frame of a connection that is to be carried out."""
        self.requests.take(connection, "requests", now_s=now_s)
