"""Answering for a stretch of time from rollups on PostgreSQL, and from events where those do not hold."""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from hub.rollup_plan import LEVELS, RAW, UNITS_MS, Plan, Span, spans
from hub.store.base import Slots
from hub.store.deadline import Deadline
from hub.store.pages import SCAN_ROWS, clamp
from hub.store.postgres_link import Connection
from hub.store.postgres_read import one_moment
from hub.store.summary import Summary

ROLLUPS_AT_ONCE = 1_500
"""Rows of rollups that are in memory at a time; SCAN_ROWS of events."""

_TOPICS = "SELECT topic, id FROM topics WHERE topic = ANY ($1)"

_STALE = """
SELECT topic, level, start FROM stale WHERE topic = ANY ($1) AND level <= $2 AND start > $3 AND start < $4"""

# What is sorted within is looked up span by span; a join might read all there is.
_ROLLUPS = """
SELECT span.topic, part.start, part.body
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS span (topic, start, "end"), LATERAL (
  SELECT start, body FROM rollups
  WHERE rollups.topic = span.topic AND level = $4 AND rollups.start >= span.start AND rollups.start < span."end"
  ORDER BY start
) AS part"""

_EVENTS = """
SELECT span.topic, part.time, part.place, part.body
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS span (topic, start, "end"), LATERAL (
  SELECT time, place, body FROM events
  WHERE events.topic = span.topic AND time >= span.start AND time < span."end" AND time >= $4 AND time < $5
  ORDER BY time, place
) AS part"""

Wanted = Mapping[int, Sequence[Span]]
"""By topic id what is to be read of it."""


async def summaries(
    connection: Connection, asked: Mapping[str, Sequence[str]], plan: Plan, *, deadline: Deadline
) -> dict[str, dict[str, Slots]]:
    """The slots of each key of these topics, at one moment; see EventStore. One query a level, for all topics."""
    deadline.check()
    of_topic = {topic: Summary(plan, keys) for topic, keys in asked.items()}
    async with one_moment(connection):
        ids: dict[str, int] = dict(await connection.fetch(_TOPICS, [*asked]))
        stale = await _stale(connection, ids, plan)
        by_id = {topic_id: of_topic[topic] for topic, topic_id in ids.items()}
        wanted = {one: spans(plan.level, plan.start, plan.end, stale.get(one, {})) for one in by_id}
        for level in LEVELS:
            arrays = _arrays(wanted, level)
            async for rows in _pieces(connection, _ROLLUPS, *arrays, level, rows=ROLLUPS_AT_ONCE, deadline=deadline):
                for topic_id, of in groupby(rows, key=itemgetter(0)):
                    found = list(of)
                    by_id[topic_id].add_rollups([row[1] for row in found], _bodies(found))
        edges = clamp(plan.start), clamp(plan.end)
        arrays = _arrays(wanted, RAW)
        async for rows in _pieces(connection, _EVENTS, *arrays, *edges, rows=SCAN_ROWS, deadline=deadline):
            for topic_id, of in groupby(rows, key=itemgetter(0)):
                found = list(of)
                events = zip(found, _bodies(found), strict=True)
                by_id[topic_id].add_events([(row[1], row[2], event) for row, event in events])
    return {topic: summary.slots() for topic, summary in of_topic.items()}


async def _stale(connection: Connection, ids: Mapping[str, int], plan: Plan) -> dict[int, dict[int, set[int]]]:
    start = clamp(plan.start) - UNITS_MS[-1]
    rows = await connection.fetch(_STALE, [*ids.values()], plan.level, start, clamp(plan.end))
    stale: dict[int, dict[int, set[int]]] = {}
    for topic, level, at in rows:
        stale.setdefault(topic, {}).setdefault(level, set()).add(at)
    return stale


def _arrays(wanted: Wanted, level: int) -> tuple[list[int], list[int], list[int]]:
    flat = [(topic_id, span) for topic_id, of in wanted.items() for span in of if span.level == level]
    return [one for one, _ in flat], [clamp(span.start) for _, span in flat], [clamp(span.end) for _, span in flat]


async def _pieces(
    connection: Connection, query: str, topics: list[int], *arguments: Any, rows: int, deadline: Deadline
) -> AsyncIterator[list[Any]]:
    if not topics:
        return
    cursor = await connection.cursor(query, topics, *arguments)
    while True:
        deadline.check()
        found = await cursor.fetch(rows)
        if found:
            yield found
        if len(found) < rows:
            return


def _bodies(rows: Sequence[Any]) -> list[Any]:
    bodies: list[Any] = orjson.loads(b"[%b]" % b",".join([row[-1] for row in rows]))
    return bodies
