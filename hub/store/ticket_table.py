"""Tickets in a database; a ticket is taken once, by whichever process is first."""

from sqlalchemy import Connection, delete, func, insert, select

from hub.errors import LIMIT_EXCEEDED, HubError
from hub.store.database import Database
from hub.store.tables import TICKETS

MAX_TICKETS = 10_000
"""Tickets that wait to be used; the next is refused (`limit_exceeded`)."""


class TicketTable:
    """TicketStore (see `base`) in an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, digest: str, identity: bytes, *, expires_s: int, now_s: float) -> None:
        """See TicketStore."""

        def work(connection: Connection) -> bool:
            connection.execute(delete(TICKETS).where(TICKETS.c.expires <= int(now_s)))
            waiting = connection.execute(select(func.count()).select_from(TICKETS)).scalar_one()
            if waiting < MAX_TICKETS:
                connection.execute(insert(TICKETS).values(digest=digest, identity=identity, expires=expires_s))
            return waiting < MAX_TICKETS

        if not await self._database.run(work):
            raise HubError(f"{MAX_TICKETS} tickets wait to be used; try again later.", code=LIMIT_EXCEEDED)

    async def take(self, digest: str, *, now_s: float) -> bytes | None:
        """See TicketStore."""
        taking = delete(TICKETS).where(TICKETS.c.digest == digest).returning(TICKETS.c.identity, TICKETS.c.expires)
        row = await self._database.run(lambda connection: connection.execute(taking).first())
        return row.identity if row is not None and row.expires > now_s else None
