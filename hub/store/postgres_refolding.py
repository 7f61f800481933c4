"""Folding projections on PostgreSQL anew, step by step, in one process at a time."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from hub.errors import Unavailable
from hub.projections import LATEST, SEARCH, VERSIONS, outdated
from hub.store import postgres_projections
from hub.store.postgres_link import Connection
from hub.store.postgres_refold import LatestRefold
from hub.store.postgres_refold_search import SearchRefold
from hub.store.projection_base import Told

log = logging.getLogger(__name__)

LOCK = 4_871_902_341
"""The advisory lock of who folds anew; it ends with the connection, however that ends."""

_TRY = "SELECT pg_try_advisory_lock($1)"
_RELEASE = "SELECT pg_advisory_unlock($1)"


class Steps(Protocol):
    """One projection that is folded anew."""

    async def step(self, connection: Connection) -> int | None:
        """Do a little; how much it was, or None when all is done and noted."""
        ...


Since = Callable[[], Mapping[int, int]]

MAKERS: Mapping[str, Callable[[Since], Steps]] = {LATEST: lambda _: LatestRefold(), SEARCH: SearchRefold}


async def rebuild(connection: Connection, names: Sequence[str], *, since: Since, told: Told) -> Sequence[str]:
    """See Projections; `since` is `whole_since` of EventStore. Those that this store does not keep are passed over."""
    if not await connection.fetchval(_TRY, LOCK):
        raise Unavailable("Another process folds this database anew; wait until it has ended.")
    try:
        known = [name for name in names if name in MAKERS]
        await postgres_projections.want(connection, known)
        for name in known:
            await _refold(connection, MAKERS[name](since), partial(told, name), rest=0)
        return known
    finally:
        await connection.execute(_RELEASE, LOCK)


async def keep(connection: Connection, *, since: Since) -> None:
    """Fold anew what another version of the code has folded, or what was begun and not ended.

    Nothing happens where another process is at it.
    """
    kept = await postgres_projections.kept(connection)
    names = outdated(kept, MAKERS)
    if not names or not await connection.fetchval(_TRY, LOCK):
        return
    try:
        # What another version of the code has begun is not gone on with.
        await postgres_projections.want(connection, names)
        for name in names:
            log.warning(
                "%s: folded anew from the events, as version %d of the code does it; until then what version %d"
                " made is served.",
                name,
                VERSIONS[name],
                kept[name][0],
            )
            begun = time.monotonic()
            # As long as a step took, so that half of a core is left to those who are waited for.
            await _refold(connection, MAKERS[name](since), lambda _: None, rest=1)
            log.info("%s: folded anew in %.1f s.", name, time.monotonic() - begun)
    finally:
        await connection.execute(_RELEASE, LOCK)


async def _refold(connection: Connection, steps: Steps, told: Callable[[int], None], *, rest: float) -> None:
    while True:
        begun = time.monotonic()
        done = await steps.step(connection)
        if done is None:
            return
        told(done)
        await asyncio.sleep(rest * (time.monotonic() - begun))
