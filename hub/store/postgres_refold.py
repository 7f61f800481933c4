"""Folding the latest events on PostgreSQL anew: from grounds and events, beside what is served until then."""

from hub.projections import LATEST
from hub.refold import Ground, Refold
from hub.store import postgres_ground, postgres_projections
from hub.store.merged import Merged, joined, merge
from hub.store.postgres_link import Connection

STEP_EVENTS = 5_000
"""What one step takes, at most."""

SWAP_TOPICS = 10_000

LOCK = "SELECT places FROM store FOR UPDATE"

_NEXT = """
SELECT found.place, topics.topic, body FROM (
  SELECT place, topic, body FROM events WHERE place > $1 ORDER BY place LIMIT $2
) AS found JOIN topics ON topics.id = found.topic ORDER BY found.place"""

_KEEP = """
INSERT INTO latest (topic, place, body)
SELECT topic, $1 + ord, substr($2::bytea, start, length)
FROM unnest($3::text[], $4::int[], $5::int[]) WITH ORDINALITY AS given(topic, start, length, ord)"""

_FOLDED = "UPDATE store SET folded = places, forgets = forgets + 1"


class LatestRefold:
    """Takes recorded events step by step; the last step puts what they come to in the place of what is there.

    Killed before that nothing has changed, and it begins again. Of raw messages there is no history: theirs stay.
    """

    def __init__(self) -> None:
        self._refold: Refold | None = None
        self._begun = 0
        self._after = -1
        self._ended = False

    async def step(self, connection: Connection) -> int | None:
        """Take some events; how many it was, or None when the new ones are there."""
        if self._ended:
            return None
        if self._refold is None:
            self._refold, self._begun = await _begin(connection)
        taken = await self._take(connection, self._refold)
        if taken < STEP_EVENTS:
            async with connection.transaction():
                places = await connection.fetchval(LOCK)
                while more := await self._take(connection, self._refold):
                    # Nobody writes meanwhile, and what has come since the last look is little.
                    taken += more
                self._refold.add(await _grounds(connection, self._begun))
                await _swap(connection, self._refold, places)
            self._ended = True
        return taken

    async def _take(self, connection: Connection, refold: Refold) -> int:
        rows = await connection.fetch(_NEXT, self._after, STEP_EVENTS)
        refold.take(rows)
        self._after = rows[-1][0] if rows else self._after
        return len(rows)


async def _begin(connection: Connection) -> tuple[Refold, int]:
    # From here on nothing is deleted because of its age, so what is read later is whole.
    async with connection.transaction():
        places = await connection.fetchval(LOCK)
        await postgres_projections.begin(connection, LATEST)
        return Refold(await _grounds(connection, -1)), places


async def _grounds(connection: Connection, after: int) -> list[Ground]:
    rows = await connection.fetch("SELECT topic, place, body FROM grounds WHERE place > $1", after)
    return [Ground(*row) for row in rows]


async def _swap(connection: Connection, refold: Refold, places: int) -> None:
    topics = refold.topics()
    await connection.execute("DELETE FROM latest WHERE NOT (topic >= 'raw/' AND topic < 'raw0')")
    for first in range(0, len(topics), SWAP_TOPICS):
        await _keep(connection, merge(refold.latest, topics[first : first + SWAP_TOPICS]), places - len(topics) + first)
    await postgres_ground.drop_lonely(connection)
    # All events are in it, and who keeps the latest in memory reads them anew.
    await connection.execute(_FOLDED)
    await postgres_projections.end(connection, LATEST)


async def _keep(connection: Connection, rows: Merged, first: int) -> None:
    topics, starts, lengths, body = joined(rows)
    # The number of a row counts from 1 in SQL.
    await connection.execute(_KEEP, first - 1, body, topics, starts, lengths)
