"""A position as where an answer begins: the store is waited for until it has what the client already saw live."""

import asyncio
from typing import Annotated

from fastapi import Query

from hub.api.deps import Context
from hub.api.times import MAX_MOMENT_CHARS
from hub.errors import Unavailable
from hub.events import Position
from hub.store.archive_base import Moment

Since = Annotated[str | None, Query(max_length=MAX_MOMENT_CHARS, description="a position: what came after it")]
Until = Annotated[str | None, Query(max_length=MAX_MOMENT_CHARS, description="a position: what came up to it")]

WAIT_S = 2.0
"""How long; it is behind the log by a fraction of a second, unless something is wrong."""
LOOK_EVERY_S = 0.02


async def moment_of(here: Context, text: str) -> Moment:
    """The moment of a position as its text; raises InvalidPosition, Unrecoverable, Unavailable."""
    since = Position.parse(text)
    head = here.node.latest.position
    if since == head and since.offset == 0:
        # Nothing is on this log yet.
        return (await here.store.moment())._replace(position=since)
    try:
        async with asyncio.timeout(WAIT_S):
            while await _is_behind(here, since):  # noqa: ASYNC110 - another process may be who writes
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        head = here.node.latest.position
        if head is not None and since.epoch == head.epoch and since.offset <= head.offset:
            raise Unavailable(f"{since} is not recorded yet; ask again.") from None
    return await here.store.moment(since)


async def _is_behind(here: Context, since: Position) -> bool:
    stored, head = await here.store.position(), here.node.latest.position
    if stored is not None and stored.epoch == since.epoch:
        return stored.offset < since.offset
    return head is not None and head.epoch == since.epoch and since.offset <= head.offset and head != stored
