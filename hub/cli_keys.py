"""`hub key`: API keys, written into the store; a hub that runs sees it within a second."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.api_keys import SECRET_BYTES, new_key
from hub.auth import Role
from hub.errors import BAD_REQUEST, NOT_FOUND, HubError
from hub.settings import load
from hub.store.access_tables import AccessTables
from hub.store.base import AccessStore, ApiKey
from hub.store_choice import database


def key(command: str, arguments: Mapping[str, Any]) -> list[str]:
    """Carry out `add`, `list` or `revoke`; the lines are for the operator. Of `add`, the last is the secret."""
    return asyncio.run(_key(command, arguments))


async def _key(command: str, arguments: Mapping[str, Any]) -> list[str]:
    async with database(load().prepare()) as opened:
        store = AccessTables(opened)
        if command == "list":
            return [_line(one) for one in await store.keys()]
        if command == "revoke":
            return [await _revoke(store, arguments["key"])]
        return await _add(store, arguments)


async def _add(store: AccessStore, arguments: Mapping[str, Any]) -> list[str]:
    now_ms, ttl_s = time.time_ns() // 1_000_000, arguments["ttl"]
    if ttl_s is not None and ttl_s <= 0:
        raise HubError("--ttl is at least one second.", code=BAD_REQUEST)
    secret, made = new_key(
        arguments["name"],
        Role.of(arguments["role"]),
        subscribe=arguments["subscribe"],
        publish=arguments["publish"],
        expires_s=None if ttl_s is None else now_ms // 1000 + ttl_s,
        now_ms=now_ms,
        randomness=secrets.token_bytes(SECRET_BYTES),
    )
    await store.add_key(made)
    return [f"Added {made.name} ({made.id}), {made.role}. The key is shown this once:", secret]


async def _revoke(store: AccessStore, named: str) -> str:
    for one in await store.keys():
        if named in {one.id, one.name}:
            await store.remove_key(one.id)
            return f"Revoked {one.name} ({one.id})."
    raise HubError(f"There is no API key {named!r}.", code=NOT_FOUND)


def _line(one: ApiKey) -> str:
    narrowed = [
        f"{verb} {','.join(filters) or 'nothing'}"
        for verb, filters in (("subscribe", one.subscribe), ("publish", one.publish))
        if filters is not None
    ]
    expires = "never" if one.expires_s is None else f"{datetime.fromtimestamp(one.expires_s, UTC):%Y-%m-%d %H:%M} UTC"
    return "\t".join([one.id, one.name, one.role, *narrowed, f"expires {expires}"])
