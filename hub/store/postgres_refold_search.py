"""Making anew what events on PostgreSQL are found by; see `sqlite_refold_search`."""

from collections.abc import Callable, Mapping, Sequence

from hub.events import NOWHERE
from hub.projections import SEARCH
from hub.rollup_plan import RAW
from hub.search_entry import is_found
from hub.store import postgres_archive, postgres_projections, postgres_search
from hub.store.archive_base import Archived
from hub.store.pages import MAX_TIME
from hub.store.postgres_link import Connection
from hub.store.said import said_of

STEP_PLACES = 5_000
"""What one step takes, at most."""

_LOCK = "SELECT places FROM store FOR UPDATE"
_NEXT = "SELECT min(place) FROM events WHERE place >= $1"
_DROP = "DELETE FROM said WHERE place >= $1 AND place <= $2"


class SearchRefold:
    """Makes the entries of all events in the order of their places; killed, it begins again."""

    def __init__(self, since: Callable[[], Mapping[int, int]]) -> None:
        self._since = since

    async def step(self, connection: Connection) -> int | None:
        """Make some entries; how many it was, or None when all are made."""
        async with connection.transaction():
            # Nobody writes or erases meanwhile.
            end = await connection.fetchval(_LOCK)
            first = await postgres_projections.place_of(connection, SEARCH)
            begin = await connection.fetchval(_NEXT, first)
            if begin is None:
                await connection.execute(_DROP, first, MAX_TIME)
                await postgres_projections.end(connection, SEARCH)
                return None
            last = min(begin + STEP_PLACES, end) - 1
            made = await self._exchange(connection, first, last)
            await postgres_projections.begin(connection, SEARCH, place=last + 1)
            return made

    async def _exchange(self, connection: Connection, first: int, last: int) -> int:
        since = self._since().get(RAW, -MAX_TIME)
        events = [one for one in await postgres_archive.read(connection, first - 1, last) if is_found(one.topic)]
        ids = await _ids(connection, events)
        # Entries that were trimmed do not come back. What was recorded before the archive has the position that its
        # entry had, if any.
        asked = "SELECT place, position FROM said WHERE place >= $1 AND place <= $2"
        known = dict(await connection.fetch(asked, first, last))
        entries = said_of(
            (
                one.place,
                ids[one.topic],
                one.time,
                known.get(one.place, str(NOWHERE)) if one.position == NOWHERE else str(one.position),
                one.topic,
                one.piece,
            )
            for one in events
            if one.time >= since or one.place in known
        )
        await connection.execute(_DROP, first, last)
        await postgres_search.keep(connection, entries)
        return len(entries)


async def _ids(connection: Connection, events: Sequence[Archived]) -> dict[str, int]:
    topics = [*{one.topic for one in events}]
    return dict(await connection.fetch("SELECT topic, id FROM topics WHERE topic = ANY ($1)", topics))
