"""Steps of commands, read from the SQLite file that the recorder writes; several processes may open it."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import orjson

from hub.store.sqlite_open import open_store
from hub.store.sqlite_thread import SqliteThread
from hub.store.step_base import Steps

_OF_DEVICE = """
SELECT id FROM topics WHERE topic > 'command/' || :device || '/' AND topic < 'command/' || :device || '/' || :before
ORDER BY topic DESC LIMIT :limit"""

_OF_COMMAND = """
SELECT id FROM topics WHERE topic > 'command/' AND topic < 'command0' AND substr(topic, -length(:id) - 1) = '/' || :id
LIMIT 1"""

_NEWEST = "SELECT id FROM topics WHERE topic > 'command/' AND topic < 'command0' ORDER BY id DESC LIMIT :limit"

# One row for all, since stepping to a row takes the interpreter's lock (see sqlite_read).
_EVENTS = """
SELECT CAST(group_concat(topic || ',' || place || ',' || body) AS BLOB)
FROM events WHERE topic IN (SELECT value FROM json_each(:ids))"""

_WAITING = """
SELECT CAST(group_concat(topic || ',' || place || ',' || piece) AS BLOB) FROM (
  SELECT
    json_extract(entry.value, '$[0]') AS topic,
    journal.place + entry.key AS place,
    substr(body, json_extract(entry.value, '$[2]'), json_extract(entry.value, '$[3]')) AS piece
  FROM journal, json_each(head) AS entry
  WHERE json_extract(entry.value, '$[0]') IN (SELECT value FROM json_each(:ids))
)"""

_LAST = "~"
"""Sorts behind every id."""


class SqliteStepStore:
    """StepStore (see `step_base`) on the file `path`."""

    def __init__(self, path: Path) -> None:
        self._thread = SqliteThread(path, name="hub.store.steps", connect=open_store)

    async def __aenter__(self) -> Self:
        await self._thread.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.close()

    async def of_device(self, device: str, *, before: str | None, limit: int) -> list[Steps]:
        """See StepStore."""
        asked = {"device": device, "before": _LAST if before is None else before, "limit": limit}
        return await self._thread.run(lambda connection: _steps(connection, _OF_DEVICE, asked))

    async def of_command(self, command_id: str) -> Steps:
        """See StepStore."""
        found = await self._thread.run(lambda connection: _steps(connection, _OF_COMMAND, {"id": command_id}))
        return found[0] if found else ()

    async def newest(self, *, limit: int) -> list[Steps]:
        """See StepStore."""
        found = await self._thread.run(lambda connection: _steps(connection, _NEWEST, {"limit": limit}))
        return found[::-1]


def _steps(connection: sqlite3.Connection, query: str, asked: Mapping[str, object]) -> list[Steps]:
    # A transaction that reads sees one moment: an event is in the journal or in events, once.
    connection.execute("BEGIN")
    try:
        ids = [row[0] for row in connection.execute(query, dict(asked)).fetchall()]
        given = {"ids": orjson.dumps(ids).decode()}
        parts = [connection.execute(part, given).fetchone()[0] for part in (_EVENTS, _WAITING)]
    finally:
        connection.execute("COMMIT")
    found: dict[int, list[tuple[int, Any]]] = {topic: [] for topic in ids}
    for part in parts:
        flat = orjson.loads(b"[%b]" % (part or b""))
        for topic, place, event in zip(flat[0::3], flat[1::3], flat[2::3], strict=True):
            found[topic].append((place, event))
    return [[event for _, event in sorted(steps, key=_place)] for steps in found.values() if steps]


def _place(row: tuple[int, Any]) -> int:
    return row[0]
