"""The public keys of a token issuer, fetched from its JWK set (RFC 7517) and fetched again when they change."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from hub.errors import HubError
from hub.signatures import PublicKey, public_keys_of_jwks
from hub.web import get_json

log = logging.getLogger(__name__)

RENEW_S = 300.0
"""How often the set is fetched anyway, so that a key that was withdrawn holds no longer."""
UNKNOWN_S = 30.0
"""A token of an unknown key makes the set be fetched again, at most this often."""
WAIT_S = 6.0


class Jwks:
    """The keys at a URL. `keep` fetches them for ever; the last good set stays while the URL does not answer.

    `find_url` gives the URL, or raises Unavailable; `changed` is called with each new set.
    """

    def __init__(
        self,
        find_url: Callable[[], Awaitable[str]],
        *,
        now_s: Callable[[], float],
        changed: Callable[[tuple[PublicKey, ...]], object] = lambda _: None,
    ) -> None:
        self.keys: tuple[PublicKey, ...] = ()
        self.changed = changed
        self.failures = 0
        self._find_url = find_url
        self._now_s = now_s
        self._failed = False
        self._fetched_s = 0.0
        self._wanted = asyncio.Event()
        self._settled = asyncio.Event()

    async def keep(self) -> None:
        """Fetch now, every RENEW_S, and when asked to."""
        while True:
            await self._fetch()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), RENEW_S)
            self._wanted.clear()

    def want(self) -> bool:
        """Say that a key is not there; whether it is worth to ask again when the set has been fetched.

        It is not where the set was fetched less than UNKNOWN_S ago.
        """
        if not self._settled.is_set():
            return True
        if self._now_s() - self._fetched_s < UNKNOWN_S:
            return self._failed
        self._settled.clear()
        self._wanted.set()
        return True

    async def settled(self) -> None:
        """Wait until the set that was asked for is here, or WAIT_S."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), WAIT_S)

    async def _fetch(self) -> None:
        try:
            keys = tuple(public_keys_of_jwks(await get_json(await self._find_url())))
            self._failed = False
        except (HubError, ValueError) as error:
            self._failed = True
            self.failures += 1
            log.warning("The public keys of tokens could not be fetched: %s", error)
        else:
            if keys != self.keys:
                self.keys = keys
                self.changed(keys)
        self._fetched_s = self._now_s()
        self._settled.set()
