"""Finding events in the SQLite store: `said` has one row for each event that is found, `said_text` its words."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson

from hub.search_entry import name_of
from hub.store import said
from hub.store.pages import clamp
from hub.store.said import Said
from hub.store.search_base import Found, FoundPage, Wanted

TRIM_ROWS = 1_000

_KEEP = """
INSERT OR IGNORE INTO said (place, topic, time, device, user, position)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]') FROM json_each(:said)"""

_KEEP_TEXT = """
INSERT OR REPLACE INTO said_text (rowid, text)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[6]') FROM json_each(:said)"""

_SEARCH = """
SELECT json_group_array(json_array(place, topic, position)), json_group_array(json(body)) FROM (
  SELECT said.place, topics.topic, position, CAST(body AS TEXT) AS body
  FROM said JOIN topics ON topics.id = said.topic
  JOIN events ON events.topic = said.topic AND events.time = said.time AND events.place = said.place
  WHERE {conditions} ORDER BY said.place {order} LIMIT :rows
)"""

_TRIM = "SELECT json_group_array(place) FROM (SELECT place FROM said WHERE time < ? LIMIT ?)"

_ERASE = """
SELECT json_group_array(place), count(*) FROM (
  SELECT place FROM said WHERE device = ? AND topic = ? AND place < ? LIMIT ?
)"""


def keep(connection: sqlite3.Connection, entries: Sequence[Said]) -> None:
    """Keep, in the caller's transaction, what events are found by."""
    if entries:
        asked = {"said": orjson.dumps(entries).decode()}
        connection.execute(_KEEP, asked)
        connection.execute(_KEEP_TEXT, asked)


def trim(connection: sqlite3.Connection, before: int) -> None:
    """Forget some of what is older than a time (ms), whose events are deleted, too."""
    _forget(connection, connection.execute(_TRIM, (before, TRIM_ROWS)).fetchone()[0])


def erase(connection: sqlite3.Connection, topic_id: int, place: int) -> bool:
    """Forget some of what a topic that is being erased has said before a place; whether none is left."""
    row = connection.execute("SELECT topic FROM topics WHERE id = ?", (topic_id,)).fetchone()
    device = name_of(row[0].partition("/")[2]) if row else ""
    asked = (device, topic_id, place, TRIM_ROWS)
    places, count = connection.execute(_ERASE, asked).fetchone()
    _forget(connection, places)
    return bool(count < TRIM_ROWS)


def _forget(connection: sqlite3.Connection, places: str) -> None:
    for table, column in (("said_text", "rowid"), ("said", "place")):
        connection.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - names from here
            (places,),
        )


def search(
    connection: sqlite3.Connection, wanted: Wanted, *, before: int | None, after: int | None, limit: int
) -> FoundPage:
    """See EventSearch."""
    conditions, asked = _conditions(wanted)
    if before is not None:
        conditions.append("said.place < :before")
    if after is not None:
        conditions.append("said.place > :after")
    forward = after is not None and before is None
    statement = _SEARCH.format(conditions=" AND ".join(conditions), order="ASC" if forward else "DESC")
    rows = asked | {"before": before, "after": after, "rows": said.LOOKED_AT}
    heads, bodies = map(orjson.loads, connection.execute(statement, rows).fetchone())
    looked = [
        (topic, Found(place, position, event)) for (place, topic, position), event in zip(heads, bodies, strict=True)
    ]
    return said.cut(looked, wanted, begin=(after if forward else before) or 0, limit=limit)


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    conditions = ["1"]
    if wanted.words:
        conditions.append("said.place IN (SELECT rowid FROM said_text WHERE said_text MATCH :match)")
    topics = said.topics_of(wanted.topic_filter)
    if topics is not None:
        conditions.append("topics.topic >= :from_topic AND topics.topic < :to_topic")
    asked: dict[str, Any] = {
        # Each word is quoted, so that nothing in it is syntax of FTS5.
        "match": " ".join(f'"{word}"*' for word in wanted.words),
        "from_topic": topics and topics[0],
        "to_topic": topics and topics[1],
    }
    for condition, value in (
        ("said.device = :device", wanted.device or None),
        ("said.user = :user", wanted.user or None),
        ("said.time >= :start", wanted.start),
        ("said.time < :end", wanted.end),
        ("said.place > :behind", wanted.behind),
        ("said.place <= :last", wanted.last),
    ):
        name = condition.rpartition(":")[2]
        asked[name] = clamp(value) if isinstance(value, int) else value
        if value is not None:
            conditions.append(condition)
    return conditions, asked
