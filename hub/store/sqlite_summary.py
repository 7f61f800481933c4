"""Answering for a stretch of time from rollups of the SQLite store, and from events where those do not hold."""

import heapq
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from hub.rollup_plan import LEVELS, MINUTE, RAW, UNITS_MS, Plan, Span, spans
from hub.store import sqlite_journal
from hub.store.base import Slots
from hub.store.deadline import Deadline
from hub.store.pages import MAX_TIME, SCAN_ROWS, Row
from hub.store.summary import Summary

ROLLUPS_AT_ONCE = 1_500

_TOPICS = """
SELECT json_group_object(topic, id) FROM topics WHERE topic IN (SELECT value FROM json_each(?))"""

_STALE = """
SELECT json_group_array(json_array(topic, level, start)) FROM (
  SELECT stale.topic, level, start FROM json_each(:topics) AS asked CROSS JOIN stale
  WHERE stale.topic = asked.value AND level <= :level AND start > :start - 86400000 AND start < :end
)"""

_ROLLUPS = """
SELECT CAST(group_concat(start || ',' || body) AS BLOB) FROM (
  SELECT start, body FROM json_each(:spans) AS span CROSS JOIN rollups
  WHERE topic = :topic AND level = :level
  AND start >= json_extract(span.value, '$[0]') AND start < json_extract(span.value, '$[1]') LIMIT :rows
)"""

_EVENTS = """
SELECT CAST(group_concat(time || ',' || place || ',' || body) AS BLOB) FROM (
  SELECT time, place, body FROM json_each(:spans) AS span CROSS JOIN events
  WHERE topic = :topic AND (time, place) > (json_extract(span.value, '$[0]'), json_extract(span.value, '$[2]'))
  AND time < json_extract(span.value, '$[1]') LIMIT :rows
)"""


def summaries(
    connection: sqlite3.Connection, asked: Mapping[str, Sequence[str]], plan: Plan, *, deadline: Deadline
) -> dict[str, dict[str, Slots]]:
    """The slots of each key of these topics, at one moment; see EventStore."""
    deadline.check()
    connection.execute("BEGIN")
    try:
        (found,) = connection.execute(_TOPICS, (orjson.dumps([*asked]).decode(),)).fetchone()
        ids: dict[str, int] = orjson.loads(found)
        waiting = sqlite_journal.between(connection, ids.values(), plan.start, plan.end)
        stale = _stale(connection, ids, plan)
        answer = {}
        for topic, keys in asked.items():
            summary = Summary(plan, keys)
            topic_id = ids.get(topic)
            if topic_id is not None:
                young = waiting.get(topic_id, [])
                unsound = stale.get(topic_id, {})
                unsound.setdefault(MINUTE, set()).update(
                    at // UNITS_MS[MINUTE] * UNITS_MS[MINUTE] for at, _, _ in young
                )
                wanted = spans(plan.level, plan.start, plan.end, unsound)
                _read_rollups(connection, topic_id, wanted, summary=summary, deadline=deadline)
                raw = [span for span in wanted if span.level == RAW]
                summary.add_events(heapq.merge(_events(connection, topic_id, raw, deadline), young, key=_order))
            answer[topic] = summary.slots()
        return answer
    finally:
        connection.execute("COMMIT")


def _stale(connection: sqlite3.Connection, ids: Mapping[str, int], plan: Plan) -> dict[int, dict[int, set[int]]]:
    asked = {
        "topics": orjson.dumps([*ids.values()]).decode(),
        "level": plan.level,
        "start": max(plan.start, -MAX_TIME),
        "end": min(plan.end, MAX_TIME),
    }
    (found,) = connection.execute(_STALE, asked).fetchone()
    stale: dict[int, dict[int, set[int]]] = {}
    for topic, level, start in orjson.loads(found):
        stale.setdefault(topic, {}).setdefault(level, set()).add(start)
    return stale


def _read_rollups(
    connection: sqlite3.Connection, topic: int, wanted: Sequence[Span], *, summary: Summary, deadline: Deadline
) -> None:
    for level in LEVELS:
        left = [(span.start, span.end) for span in wanted if span.level == level]
        while left:
            deadline.check()
            asked = {"spans": orjson.dumps(left).decode(), "topic": topic, "level": level, "rows": ROLLUPS_AT_ONCE}
            flat = _flat(connection, _ROLLUPS, asked)
            summary.add_rollups(flat[0::2], flat[1::2])
            if len(flat) < 2 * ROLLUPS_AT_ONCE:
                break
            at = flat[-2] + 1
            left = [(max(start, at), end) for start, end in left if end > at]


def _events(connection: sqlite3.Connection, topic: int, wanted: Sequence[Span], deadline: Deadline) -> Iterator[Row]:
    left = [(span.start, span.end, -1) for span in wanted]
    while left:
        deadline.check()
        asked = {"spans": orjson.dumps(left).decode(), "topic": topic, "rows": SCAN_ROWS}
        flat = _flat(connection, _EVENTS, asked)
        rows = list(zip(flat[0::3], flat[1::3], flat[2::3], strict=True))
        yield from rows
        if len(rows) < SCAN_ROWS:
            return
        at, place, _ = rows[-1]
        left = [(start, end, was) if start > at else (at, end, place) for start, end, was in left if end > at]


def _flat(connection: sqlite3.Connection, statement: str, asked: dict[str, Any]) -> list[Any]:
    (found,) = connection.execute(statement, asked).fetchone()
    flat: list[Any] = orjson.loads(b"[%b]" % (found or b""))
    return flat


def _order(row: Row) -> tuple[int, int]:
    return row[:2]
