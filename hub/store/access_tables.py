"""API keys and token floors in a database: one implementation for SQLite and PostgreSQL."""

import json
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.store.base import ApiKey
from hub.store.database import Database, upsert
from hub.store.tables import ACCESS, FLOORS, KEYS, count_access


class AccessTables:
    """AccessStore (see `base`) in an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """See AccessStore."""
        query = select(ACCESS.c.version)
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def keys(self) -> list[ApiKey]:
        """See AccessStore."""
        rows = await self._database.run(lambda connection: connection.execute(select(KEYS)).all())
        return sorted(map(_key, rows), key=lambda key: key.name)

    async def floors(self) -> dict[str, int]:
        """See AccessStore."""
        rows = await self._database.run(lambda connection: connection.execute(select(FLOORS)).all())
        return {row.user: row.floor for row in rows}

    async def add_key(self, key: ApiKey) -> None:
        """See AccessStore."""
        row = {
            "id": key.id,
            "digest": key.digest,
            "name": key.name,
            "role": key.role,
            "subscribe": None if key.subscribe is None else json.dumps(key.subscribe),
            "publish": None if key.publish is None else json.dumps(key.publish),
            "created": key.created,
            "expires": key.expires_s,
        }

        def work(connection: Connection) -> bool:
            added = connection.execute(upsert(connection, KEYS).values(row).on_conflict_do_nothing()).rowcount
            count_access(connection)
            return bool(added)

        if not await self._database.run(work):
            raise HubError(f"There is an API key {key.name!r} already.", code=CONFLICT)

    async def remove_key(self, key_id: str) -> None:
        """See AccessStore."""

        def work(connection: Connection) -> bool:
            removed = connection.execute(delete(KEYS).where(KEYS.c.id == key_id)).rowcount
            count_access(connection)
            return bool(removed)

        if not await self._database.run(work):
            raise HubError(f"There is no API key {key_id!r}.", code=NOT_FOUND)


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        digest=row.digest,
        name=row.name,
        role=row.role,
        subscribe=None if row.subscribe is None else tuple(json.loads(row.subscribe)),
        publish=None if row.publish is None else tuple(json.loads(row.publish)),
        created=row.created,
        expires_s=row.expires,
    )
