"""How long a query may take."""

import time

from hub.errors import NOT_AVAILABLE, HubError


class Deadline:
    """A moment after which a query is given up, be it that it waited for others."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._end = time.monotonic() + limit_s

    def check(self) -> None:
        """Raises HubError (NOT_AVAILABLE) when it is over."""
        if time.monotonic() > self._end:
            raise HubError(
                f"The answer takes longer than {self._limit_s:g} s; ask for less time or fewer series.",
                code=NOT_AVAILABLE,
            )
