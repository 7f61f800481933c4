"""Finding events in the SQLite store: `said` has one row for each event that is found, `said_text` its words."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import orjson

from hub.search_entry import entry_of, is_found
from hub.store.pages import clamp
from hub.store.search_base import Found, FoundPage, Wanted
from hub.topics import matches

LOOKED_AT = 2_000
"""Events that one page looks at, at most."""

TRIM_ROWS = 1_000

Said = tuple[int, int, int, str, str, str, str]
"""Place, topic id, time, device, user, position and text."""

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


def said_of(rows: Iterable[tuple[int, int, int, str, str, bytes]]) -> list[Said]:
    """What is kept of events given by place, topic id, time, position, topic and JSON."""
    said = []
    for place, topic_id, time, position, topic, piece in rows:
        if is_found(topic):
            entry = entry_of(topic, orjson.loads(piece)["data"])
            said.append((place, topic_id, time, entry.device, entry.user, position, entry.text))
    return said


def keep(connection: sqlite3.Connection, said: list[Said]) -> None:
    """Keep, in the caller's transaction, what events are found by."""
    if said:
        asked = {"said": orjson.dumps(said).decode()}
        connection.execute(_KEEP, asked)
        connection.execute(_KEEP_TEXT, asked)


def trim(connection: sqlite3.Connection, before: int) -> None:
    """Forget some of what is older than a time (ms), whose events are deleted, too."""
    (places,) = connection.execute(_TRIM, (before, TRIM_ROWS)).fetchone()
    for table, column in (("said_text", "rowid"), ("said", "place")):
        connection.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - names from here
            (places,),
        )


def search(
    connection: sqlite3.Connection, wanted: Wanted, *, before: int | None, after: int | None, limit: int
) -> FoundPage:
    """See EventSearch; a page may have fewer events than `limit`, or none, and still more behind it."""
    conditions, asked = _conditions(wanted)
    if before is not None:
        conditions.append("said.place < :before")
    if after is not None:
        conditions.append("said.place > :after")
    forward = after is not None and before is None
    statement = _SEARCH.format(conditions=" AND ".join(conditions), order="ASC" if forward else "DESC")
    rows = asked | {"before": before, "after": after, "rows": LOOKED_AT}
    heads, bodies = map(orjson.loads, connection.execute(statement, rows).fetchone())
    found: list[Found] = []
    end = (after if forward else before) or 0
    for (place, topic, position), event in zip(heads, bodies, strict=True):
        if len(found) == limit:
            break
        end = place
        if matches(wanted.topic_filter, topic):
            found.append(Found(place, position, event))
    more = bool(heads) and (len(heads) == LOOKED_AT or end != heads[-1][0])
    return FoundPage(sorted(found, reverse=True, key=lambda one: one.place), end, more)


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    conditions = ["1"]
    if wanted.words:
        conditions.append("said.place IN (SELECT rowid FROM said_text WHERE said_text MATCH :match)")
    prefix = wanted.topic_filter.partition("#")[0].partition("+")[0]
    if prefix:
        # What comes before the first wildcard; the parent that `/#` selects too has no slash at its end.
        conditions.append("topics.topic >= :from_topic AND topics.topic < :to_topic")
    for name, value in (("device", wanted.device), ("user", wanted.user)):
        if value:
            conditions.append(f"said.{name} = :{name}")
    for name, sign, bound in (("start", ">=", wanted.start), ("end", "<", wanted.end)):
        if bound is not None:
            conditions.append(f"said.time {sign} :{name}")
    asked = {
        # Each word is quoted, so that nothing in it is syntax of FTS5.
        "match": " ".join(f'"{word}"*' for word in wanted.words),
        "from_topic": prefix.rstrip("/"),
        "to_topic": f"{prefix}\U0010ffff",
        "device": wanted.device,
        "user": wanted.user,
        "start": None if wanted.start is None else clamp(wanted.start),
        "end": None if wanted.end is None else clamp(wanted.end),
    }
    return conditions, asked
