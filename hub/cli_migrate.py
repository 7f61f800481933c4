"""`hub migrate`: the tables of the store are brought to this hub's revision, or to that of an older one."""

import asyncio

from hub.settings import load
from hub.store.migration import migrate as bring
from hub.store.tables import REVISION
from hub.store_choice import database


def migrate(to: str | None) -> str:
    """Migrate to a revision, or the newest; says of which the tables are. Raises HubError where there is no way."""
    return f"The store's tables are of revision {asyncio.run(_migrate(to or REVISION))}."


async def _migrate(to: str) -> str | None:
    # Opening brings them to the newest; an older hub, for which they are taken back, does not open them before that.
    async with database(load().prepare()) as opened:
        return await opened.run(lambda connection: bring(connection, to))
