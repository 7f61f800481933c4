"""Keeping rollups in the SQLite store: what new events made stale is computed anew (see `stretches`)."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import orjson

from hub.rollup_plan import DAY, LEVELS, MINUTE, UNITS_MS
from hub.store import stretches
from hub.store.stretches import DELAYS_MS, Part, Stretch, changed, computed, read_whole

_MARK = """
INSERT OR IGNORE INTO stale (topic, level, start, due)
SELECT json_extract(value, '$[0]'), :level, json_extract(value, '$[1]'), :due FROM json_each(:stretches)"""

_DUE = """
SELECT json_group_array(json_array(topic, start)) FROM (
  SELECT topic, start FROM stale WHERE level = :level AND due <= :now ORDER BY due LIMIT :stretches
)"""

_OF_EVENTS = """
SELECT CAST(group_concat(stretch || ',' || time || ',' || place || ',' || body) AS BLOB) FROM (
  SELECT asked.key AS stretch, time, place, body FROM json_each(:asked) AS asked CROSS JOIN events
  WHERE events.topic = json_extract(asked.value, '$[0]') AND time >= json_extract(asked.value, '$[1]')
  AND time < json_extract(asked.value, '$[1]') + :unit LIMIT :rows
)"""

_OF_ROLLUPS = """
SELECT CAST(group_concat(stretch || ',' || start || ',' || 0 || ',' || body) AS BLOB) FROM (
  SELECT asked.key AS stretch, start, body FROM json_each(:asked) AS asked CROSS JOIN rollups
  WHERE rollups.topic = json_extract(asked.value, '$[0]') AND level = :finer
  AND start >= json_extract(asked.value, '$[1]') AND start < json_extract(asked.value, '$[1]') + :unit LIMIT :rows
)"""

_KEEP = """
INSERT OR REPLACE INTO rollups (topic, level, start, body)
SELECT
  json_extract(value, '$[0]'),
  :level,
  json_extract(value, '$[1]'),
  substr(:body, json_extract(value, '$[2]'), json_extract(value, '$[3]'))
FROM json_each(:head)"""

_STRETCHES = "SELECT json_extract(value, '$[0]'), :level, json_extract(value, '$[1]') FROM json_each(:stretches)"
_DROP = f"DELETE FROM rollups WHERE (topic, level, start) IN ({_STRETCHES})"  # noqa: S608 - no value is in it
_DONE = f"DELETE FROM stale WHERE (topic, level, start) IN ({_STRETCHES})"  # noqa: S608


def mark(
    connection: sqlite3.Connection, at: Iterable[Stretch], *, level: int, now_ms: int, since: Mapping[int, int]
) -> None:
    """Say, in the caller's transaction, that the stretches of a level in which these times are have changed."""
    marked = [*changed(at, level, since=since)]
    asked = {"stretches": orjson.dumps(marked).decode(), "level": level, "due": now_ms + DELAYS_MS[level]}
    connection.execute(_MARK, asked)


def step(connection: sqlite3.Connection, *, now_ms: int, since: Mapping[int, int]) -> int:
    """Compute some of what is due, in a transaction of its own; how many stretches it was."""
    connection.execute("BEGIN IMMEDIATE")
    done = 0
    for level in LEVELS:
        asked = {"level": level, "now": now_ms, "stretches": stretches.STEP_STRETCHES}
        (found,) = connection.execute(_DUE, asked).fetchone()
        due = sorted((topic, start) for topic, start in orjson.loads(found))
        if due:
            done = _compute(connection, level, due, now_ms=now_ms, since=since)
            break
    connection.execute("COMMIT")
    return done


def _compute(
    connection: sqlite3.Connection, level: int, due: list[Stretch], *, now_ms: int, since: Mapping[int, int]
) -> int:
    parts = _parts(connection, level, due, stretches.STEP_ROWS)
    whole = read_whole(due, parts)
    if not whole:
        whole = due[:1]
        parts = _parts(connection, level, whole, -1)
    made = computed(level, whole, parts)
    _keep(connection, level, made.kept)
    _forget(connection, _DROP, level, made.empty)
    _forget(connection, _DONE, level, whole)
    if level < DAY:
        mark(connection, whole, level=level + 1, now_ms=now_ms, since=since)
    return len(whole)


def _parts(connection: sqlite3.Connection, level: int, due: Sequence[Stretch], limit: int) -> list[Part]:
    asked = {"asked": orjson.dumps(due).decode(), "unit": UNITS_MS[level], "finer": level - 1, "rows": limit}
    (found,) = connection.execute(_OF_EVENTS if level == MINUTE else _OF_ROLLUPS, asked).fetchone()
    flat = orjson.loads(b"[%b]" % (found or b""))
    return list(zip(flat[0::4], flat[1::4], flat[2::4], flat[3::4], strict=True))


def _keep(connection: sqlite3.Connection, level: int, made: Sequence[tuple[int, int, bytes]]) -> None:
    head, start = [], 1
    for topic, time, body in made:
        head.append((topic, time, start, len(body)))
        start += len(body)
    bodies = b"".join([body for _, _, body in made])
    connection.execute(_KEEP, {"level": level, "head": orjson.dumps(head).decode(), "body": bodies})


def _forget(connection: sqlite3.Connection, statement: str, level: int, gone: Sequence[Stretch]) -> None:
    if gone:
        connection.execute(statement, {"level": level, "stretches": orjson.dumps(gone).decode()})
