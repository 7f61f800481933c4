"""Who gets in: tokens and API keys checked in memory, and revocations that reach every node within a second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from hub import auth
from hub.api_keys import digest, identity_of, is_api_key
from hub.auth import Identity, Keys, UnknownSigner
from hub.errors import INVALID_TOKEN, LIMIT_EXCEEDED, NOT_AVAILABLE, TOKEN_EXPIRED, HubError, Unauthorized
from hub.signatures import PublicKey
from hub.store.base import AccessStore, ApiKey

if TYPE_CHECKING:
    from hub.jwks import Jwks

log = logging.getLogger(__name__)

TOPIC = "system/access"
"""Where a change is announced, so that every node looks at the store at once."""
LOOK_S = 0.5
"""How often the store is looked at anyway: `hub key revoke` announces nothing, and the log may be away."""
MAX_API_KEYS = 10_000

Append = Callable[[str, Mapping[str, object]], Awaitable[object]]
Holds = Callable[[Identity], bool]


class Access:
    """What this process knows of tokens, API keys and users. Opened and closed by `async with`.

    `append` puts an event on the log; `end_sessions` ends those whose identity does not hold any more; both are a
    node's.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        store: AccessStore,
        append: Append,
        end_sessions: Callable[[Holds], object],
        now_s: Callable[[], float],
        jwks: "Jwks | None" = None,
    ) -> None:
        self.keys = keys
        self._own_public = keys.public
        self._store = store
        self._append = append
        self._end_sessions = end_sessions
        self._now_s = now_s
        self._jwks = jwks
        self._version = -1
        self._by_digest: dict[str, Identity] = {}
        self._key_ids: frozenset[str] = frozenset()
        self._floors: dict[str, int] = {}
        self._reading = asyncio.Lock()
        self._woken = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._look()
        self._looking = asyncio.create_task(self._keep_looking(), name="hub.access")
        if self._jwks is not None:
            self._jwks.changed = self._take_public
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    # Who somebody is

    def verify(self, token: str) -> Identity:
        """The identity of a token or an API key; raises Unauthorized with INVALID_TOKEN or TOKEN_EXPIRED.

        With NOT_AVAILABLE where the token's public key may be there in a moment.
        """
        if is_api_key(token):
            return self._of_api_key(token)
        try:
            identity = auth.verify(token, self.keys, now_s=self._now_s())
        except UnknownSigner:
            if self._jwks is None or not self._jwks.want():
                raise
            raise Unauthorized("The token's public key is being fetched; try again.", code=NOT_AVAILABLE) from None
        if not self.holds(identity):
            raise Unauthorized("The user was changed after the token was issued; sign in anew.", code=INVALID_TOKEN)
        return identity

    async def identify(self, token: str) -> Identity:
        """The same, and waits for public keys that are being fetched."""
        try:
            return self.verify(token)
        except Unauthorized as error:
            if error.code is not NOT_AVAILABLE or self._jwks is None:
                raise
            await self._jwks.settled()
        return self.verify(token)

    def holds(self, identity: Identity) -> bool:
        """Whether what the identity came from was not revoked; its expiry is another matter."""
        if identity.key_id:
            return identity.key_id in self._key_ids
        floor = self._floors.get(identity.user)
        return floor is None or identity.issued_ms > floor

    def issue_ms(self, user: str) -> int:
        """When to say that a token was issued (ms): now, or past the user's floor where clocks differ.

        Asked for before the user is read from the store, so that a change meanwhile ends the token.
        """
        return max(int(self._now_s() * 1000), self._floors.get(user, 0) + 1)

    def _of_api_key(self, secret: str) -> Identity:
        identity = self._by_digest.get(digest(secret))
        if identity is None:
            raise Unauthorized("The API key is not known here, or was revoked.", code=INVALID_TOKEN)
        if identity.expires_s <= self._now_s():
            raise Unauthorized("The API key has expired.", code=TOKEN_EXPIRED)
        return identity

    def _take_public(self, fetched: tuple[PublicKey, ...]) -> None:
        self.keys = replace(self.keys, public=self._own_public + fetched)

    # Changes

    async def list_keys(self) -> list[ApiKey]:
        """All API keys by name."""
        return await self._store.keys()

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new API key, which holds here at once; raises HubError with CONFLICT or LIMIT_EXCEEDED."""
        if len(self._key_ids) >= MAX_API_KEYS:
            raise HubError(f"There are {MAX_API_KEYS} API keys; revoke some.", code=LIMIT_EXCEEDED)
        await self._store.add_key(key)
        await self._announce({"event": "key_added", "key": key.id})

    async def revoke_key(self, key_id: str) -> None:
        """Forget an API key and end its sessions, on all nodes; raises HubError(NOT_FOUND)."""
        await self._store.remove_key(key_id)
        await self._announce({"event": "key_revoked", "key": key_id})

    async def user_changed(self, user: str) -> None:
        """End a user's sessions on all nodes: the user store has said that his tokens hold no more."""
        await self._announce({"event": "user_changed", "user": user})

    def wake(self) -> None:
        """Look at the store at once: something was announced."""
        self._woken.set()

    async def _announce(self, change: Mapping[str, object]) -> None:
        await self._look()
        try:
            await self._append(TOPIC, change)
        except HubError as error:
            log.warning("A change of access is not on the log (%s); other nodes see it within a second.", error)

    async def _keep_looking(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_S)
            self._woken.clear()
            try:
                await self._look()
            except HubError as error:
                log.warning("What was revoked is not known: %s", error)
            except Exception:
                log.exception("Looking for what was revoked failed; it is tried again.")

    async def _look(self) -> None:
        """Read keys and floors anew if the store has changed, and end the sessions that hold no more."""
        async with self._reading:
            version = await self._store.version()
            if version == self._version:
                return
            keys = await self._store.keys()
            self._floors = await self._store.floors()
            self._by_digest = {key.digest: identity_of(key) for key in keys}
            self._key_ids = frozenset(key.id for key in keys)
            self._version = version
        self._end_sessions(self.holds)
