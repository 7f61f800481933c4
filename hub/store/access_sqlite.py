"""API keys and token floors on an SQLite file, which other stores may share; several processes may open it."""

import json
from pathlib import Path
from typing import Any, Self

from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.store.access_schema import open_access
from hub.store.base import ApiKey
from hub.store.sqlite_thread import SqliteThread

_KEYS = "SELECT id, digest, name, role, subscribe, publish, created, expires FROM api_keys ORDER BY name"


class SqliteAccessStore:
    """AccessStore (see `base`) on the file `path`."""

    def __init__(self, path: Path) -> None:
        self._thread = SqliteThread(path, name="hub.store.access", connect=open_access)

    async def __aenter__(self) -> Self:
        await self._thread.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._thread.close()

    async def version(self) -> int:
        """See AccessStore."""
        [(version,)] = await self._ask("SELECT version FROM access")
        return int(version)

    async def keys(self) -> list[ApiKey]:
        """See AccessStore."""
        return [_key(row) for row in await self._ask(_KEYS)]

    async def floors(self) -> dict[str, int]:
        """See AccessStore."""
        return dict(await self._ask("SELECT user, floor FROM token_floors"))

    async def add_key(self, key: ApiKey) -> None:
        """See AccessStore."""
        filters = [None if given is None else json.dumps(given) for given in (key.subscribe, key.publish)]
        row = (key.id, key.digest, key.name, key.role, *filters, key.created, key.expires_s)
        if not await self._change("INSERT OR IGNORE INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row):
            raise HubError(f"There is an API key {key.name!r} already.", code=CONFLICT)

    async def remove_key(self, key_id: str) -> None:
        """See AccessStore."""
        if not await self._change("DELETE FROM api_keys WHERE id = ?", (key_id,)):
            raise HubError(f"There is no API key {key_id!r}.", code=NOT_FOUND)

    async def _change(self, sql: str, values: tuple[object, ...]) -> bool:
        return bool(await self._thread.run(lambda connection: connection.execute(sql, values).rowcount))

    async def _ask(self, sql: str) -> list[Any]:
        return await self._thread.run(lambda connection: connection.execute(sql).fetchall())


def _key(row: tuple[Any, ...]) -> ApiKey:
    key_id, digest, name, role, subscribe, publish, created, expires_s = row
    return ApiKey(
        id=key_id,
        digest=digest,
        name=name,
        role=role,
        subscribe=None if subscribe is None else tuple(json.loads(subscribe)),
        publish=None if publish is None else tuple(json.loads(publish)),
        created=created,
        expires_s=expires_s,
    )
