"""Keeping rollups in the SQLite store: what new events made stale is computed anew from what it is made of.

A rollup is never adjusted: a late event, a crash between two steps or an event that comes twice can't make it wrong.
`stale` has the stretches whose rollup does not hold, `due` says when (ms) it is to be computed. The fold that brings an
event marks its minute in the same transaction, a minute that is done marks its five, those their hour, an hour its day.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from hub.rollup import Rollup, by_key, decode, encode, merge
from hub.rollup_plan import DAY, FIVE_MINUTES, HOUR, LEVELS, MINUTE, UNITS_MS
from hub.store.pages import MAX_TIME

DELAYS_MS = {MINUTE: 65_000, FIVE_MINUTES: 150_000, HOUR: 600_000, DAY: 3_600_000}
"""How long after the first mark: a minute is over by then, and a late stretch is done once, not with each event."""

STEP_STRETCHES = 256
STEP_ROWS = 4_000
"""What one step takes, at most: stretches, and rows they are computed from; some 20 ms."""

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

Stretch = tuple[int, int]
"""Topic id and start (ms)."""


def mark(
    connection: sqlite3.Connection,
    stretches: Iterable[Stretch],
    *,
    level: int,
    now_ms: int,
    since: Mapping[int, int],
) -> None:
    """Say, in the caller's transaction, that the stretches of a level in which these times are have changed.

    Those of which not everything is kept any more (`since`: by level, from when on it is) stay as they are.
    """
    unit, oldest = UNITS_MS[level], since.get(level - 1, -MAX_TIME)
    changed = {(topic, start) for topic, at in stretches if (start := at // unit * unit) >= oldest}
    asked = {"stretches": orjson.dumps([*changed]).decode(), "level": level, "due": now_ms + DELAYS_MS[level]}
    connection.execute(_MARK, asked)


def step(connection: sqlite3.Connection, *, now_ms: int, since: Mapping[int, int]) -> int:
    """Compute some of what is due, in a transaction of its own; how many stretches it was."""
    connection.execute("BEGIN IMMEDIATE")
    done = 0
    for level in LEVELS:
        asked = {"level": level, "now": now_ms, "stretches": STEP_STRETCHES}
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
    rows = _rows(connection, level, due, STEP_ROWS)
    if len(rows) >= STEP_ROWS:
        # The last stretch may not have been read to its end.
        due = due[: rows[-1][0]] or due[:1]
        rows = rows if len(due) > 1 else _rows(connection, level, due, -1)
    found: dict[int, list[Any]] = {number: [] for number in range(len(due))}
    for number, time, place, body in rows:
        if number in found:
            found[number].append((time, place, body))
    made = {due[number]: _rolled(level, parts) for number, parts in found.items()}
    _keep(connection, level, {stretch: rollups for stretch, rollups in made.items() if rollups})
    _forget(connection, _DROP, level, [stretch for stretch, rollups in made.items() if not rollups])
    _forget(connection, _DONE, level, due)
    if level < DAY:
        mark(connection, due, level=level + 1, now_ms=now_ms, since=since)
    return len(due)


def _rows(
    connection: sqlite3.Connection, level: int, due: list[Stretch], limit: int
) -> list[tuple[int, int, int, Any]]:
    asked = {"asked": orjson.dumps(due).decode(), "unit": UNITS_MS[level], "finer": level - 1, "rows": limit}
    (found,) = connection.execute(_OF_EVENTS if level == MINUTE else _OF_ROLLUPS, asked).fetchone()
    flat = orjson.loads(b"[%b]" % (found or b""))
    return list(zip(flat[0::4], flat[1::4], flat[2::4], flat[3::4], strict=True))


def _rolled(level: int, parts: list[Any]) -> dict[str, Rollup]:
    parts.sort(key=lambda part: part[:2])
    if level == MINUTE:
        return by_key((time, event["data"]) for time, _, event in parts)
    finer: dict[str, list[Rollup]] = {}
    for start, _, kept in parts:
        for key, entry in kept.items():
            finer.setdefault(key, []).append(decode(entry, start))
    return {key: merge(rollups) for key, rollups in finer.items()}


def _keep(connection: sqlite3.Connection, level: int, made: dict[Stretch, dict[str, Rollup]]) -> None:
    head, bodies, start = [], [], 1
    for (topic, time), rollups in made.items():
        body = encode(rollups, time)
        head.append((topic, time, start, len(body)))
        bodies.append(body)
        start += len(body)
    connection.execute(_KEEP, {"level": level, "head": orjson.dumps(head).decode(), "body": b"".join(bodies)})


def _forget(connection: sqlite3.Connection, statement: str, level: int, stretches: list[Stretch]) -> None:
    if stretches:
        connection.execute(statement, {"level": level, "stretches": orjson.dumps(stretches).decode()})
