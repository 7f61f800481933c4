"""Steps of commands, read from the PostgreSQL that the recorder writes to."""

from typing import Any, Self

import orjson

from hub.store.postgres_link import Connection, PostgresThread
from hub.store.step_base import Steps

_OF_DEVICE = """
SELECT id FROM topics WHERE topic > 'command/' || $1 || '/' AND topic < 'command/' || $1 || '/' || $2
ORDER BY topic DESC LIMIT $3"""

_OF_COMMAND = """
SELECT id FROM topics WHERE topic > 'command/' AND topic < 'command0' AND right(topic, length($1) + 1) = '/' || $1
LIMIT 1"""

_NEWEST = "SELECT id FROM topics WHERE topic > 'command/' AND topic < 'command0' ORDER BY id DESC LIMIT $1"

_EVENTS = "SELECT topic, body FROM events WHERE topic = ANY ($1) ORDER BY place"

_LAST = "~"
"""Sorts behind every id."""


class PostgresStepStore:
    """StepStore (see `step_base`) at `url`."""

    def __init__(self, url: str) -> None:
        self._thread = PostgresThread(url, name="hub.store.steps")

    async def __aenter__(self) -> Self:
        await self._thread.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.close()

    async def of_device(self, device: str, *, before: str | None, limit: int) -> list[Steps]:
        """See StepStore."""
        asked = device, _LAST if before is None else before, limit
        return await self._thread.run(lambda connection: _steps(connection, _OF_DEVICE, *asked))

    async def of_command(self, command_id: str) -> Steps:
        """See StepStore."""
        found = await self._thread.run(lambda connection: _steps(connection, _OF_COMMAND, command_id))
        return found[0] if found else ()

    async def newest(self, *, limit: int) -> list[Steps]:
        """See StepStore."""
        found = await self._thread.run(lambda connection: _steps(connection, _NEWEST, limit))
        return found[::-1]


async def _steps(connection: Connection, query: str, *asked: Any) -> list[Steps]:
    ids = [row[0] for row in await connection.fetch(query, *asked)]
    found: dict[int, list[Any]] = {topic: [] for topic in ids}
    for topic, body in await connection.fetch(_EVENTS, ids):
        found[topic].append(orjson.loads(body))
    return [steps for steps in found.values() if steps]
