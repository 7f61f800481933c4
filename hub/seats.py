"""How many of something each may have at a time; pure."""

import ipaddress

from hub.errors import TooManyRequests

RETRY_S = 10
"""When one who found no seat may ask again, in seconds: nobody knows when one is given up."""


class Seats:
    """At most `most` for each; `what` names them in the refusal. `refused` counts refusals."""

    def __init__(self, most: int, what: str) -> None:
        self.refused = 0
        self._most = most
        self._what = what
        self._taken: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, whose: str) -> None:
        """Take one; raises TooManyRequests with how long to wait. What has no name ("") is not counted."""
        taken = self._taken.get(whose, 0)
        if taken >= self._most:
            self.refused += 1
            message = f"At most {self._most} {self._what} at a time; wait {RETRY_S} s."
            raise TooManyRequests(message, retry_after_s=RETRY_S)
        if whose:
            self._taken[whose] = taken + 1

    def give(self, whose: str) -> None:
        """Give one back that was taken."""
        left = self._taken.get(whose, 0) - 1
        if left > 0:
            self._taken[whose] = left
        else:
            self._taken.pop(whose, None)


def network_of(address: str) -> str:
    """What an address counts as: an IPv6 address with all of its /64 network, as who has one of them has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
