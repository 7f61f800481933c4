"""Finding events on PostgreSQL: `said` has one row for each event that is found, with its words as a tsvector.

The words are made here, not by a configuration of text search: they are the same on every server and as on SQLite, and
nothing in a query is syntax.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

import orjson

from hub.events import Batch
from hub.search_entry import name_of
from hub.store import said
from hub.store.pages import clamp, is_telemetry
from hub.store.postgres_link import Connection
from hub.store.said import Said
from hub.store.search_base import Found, FoundPage, Wanted

MAX_WORD_CHARS = 500
"""A word of a tsvector has 2,046 bytes at most."""

TRIM_ROWS = 1_000

_KEEP = """
INSERT INTO said (place, topic, time, device, "user", position, words)
SELECT place, topic, time, device, name, position, array_to_tsvector(string_to_array(words, ' '))
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS given(place, topic, time, device, name, position, words)"""

_SEARCH = """
SELECT said.place, topics.topic, position, body
FROM said JOIN topics ON topics.id = said.topic
JOIN events ON events.topic = said.topic AND events.time = said.time AND events.place = said.place
WHERE {conditions} ORDER BY said.place {order} LIMIT {rows}"""

_TRIM = "DELETE FROM said WHERE place = ANY (ARRAY(SELECT place FROM said WHERE time < $1 LIMIT $2))"

_ERASE = """
DELETE FROM said WHERE place = ANY (ARRAY(
  SELECT place FROM said WHERE device = $1 AND topic = $2 AND place < $3 LIMIT $4
))"""


async def write(connection: Connection, batches: Sequence[Batch], ids: Sequence[int], places: int) -> None:
    """Keep what the events of batches are found by, in the transaction that brings them.

    `ids` are those of their topics; the first event has the place `places`.
    """
    entries: list[Said] = []
    first = 0
    for batch in batches:
        topics, begin = batch.topics, first
        first += len(topics)
        if all(map(is_telemetry, topics)):
            continue
        times = map(clamp, batch.times)
        positions = [str(batch.position)] * len(topics)
        rows = zip(count(places + begin), ids[begin:first], times, positions, topics, batch.pieces(), strict=False)
        entries += said.said_of(rows)
    await keep(connection, entries)


async def keep(connection: Connection, entries: Sequence[Said]) -> None:
    """Keep, in the caller's transaction, what events are found by."""
    if entries:
        places, topics, times, devices, users, positions, texts = zip(*entries, strict=True)
        words = [" ".join(word[:MAX_WORD_CHARS] for word in text.split()) for text in texts]
        await connection.execute(_KEEP, places, topics, times, devices, users, positions, words)


async def trim(connection: Connection, before: int) -> None:
    """Forget some of what is older than a time (ms), whose events are deleted, too."""
    await connection.execute(_TRIM, before, TRIM_ROWS)


async def erase(connection: Connection, topic_id: int, place: int) -> bool:
    """Forget some of what a topic that is being erased has said before a place; whether none is left."""
    topic = await connection.fetchval("SELECT topic FROM topics WHERE id = $1", topic_id)
    device = name_of((topic or "").partition("/")[2])
    done: str = await connection.execute(_ERASE, device, topic_id, place, TRIM_ROWS)
    return done != f"DELETE {TRIM_ROWS}"


async def search(
    connection: Connection, wanted: Wanted, *, before: int | None, after: int | None, limit: int
) -> FoundPage:
    """See EventSearch."""
    forward = after is not None and before is None
    conditions, asked = _conditions(wanted, before=before, after=after)
    statement = _SEARCH.format(
        conditions=" AND ".join(conditions), order="ASC" if forward else "DESC", rows=said.LOOKED_AT
    )
    rows = await connection.fetch(statement, *asked)
    bodies = orjson.loads(b"[%b]" % b",".join([row[3] for row in rows]))
    looked = [(row[1], Found(row[0], row[2], event)) for row, event in zip(rows, bodies, strict=True)]
    return said.cut(looked, wanted, begin=(after if forward else before) or 0, limit=limit)


def _conditions(wanted: Wanted, *, before: int | None, after: int | None) -> tuple[list[str], list[Any]]:
    first, last = said.topics_of(wanted.topic_filter) or (None, None)
    # A word is of letters and digits only, so that its quotes are the only ones.
    words = " & ".join(f"'{word[:MAX_WORD_CHARS]}':*" for word in wanted.words)
    conditions, asked = ["true"], []
    for condition, value in (
        ("said.words @@ ${}::text::tsquery", words or None),
        ("topics.topic >= ${}", first),
        ("topics.topic < ${}", last),
        ("said.device = ${}", wanted.device or None),
        ('said."user" = ${}', wanted.user or None),
        ("said.time >= ${}", wanted.start),
        ("said.time < ${}", wanted.end),
        ("said.place > ${}", wanted.behind),
        ("said.place <= ${}", wanted.last),
        ("said.place < ${}", before),
        ("said.place > ${}", after),
    ):
        if value is not None:
            asked.append(clamp(value) if isinstance(value, int) else value)
            conditions.append(condition.format(len(asked)))
    return conditions, asked
