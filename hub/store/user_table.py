"""Users in a database: one implementation for SQLite and PostgreSQL."""

from sqlalchemy import Connection, Delete, Update, case, delete, select, update

from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.store.base import User
from hub.store.database import Database, upsert
from hub.store.tables import FLOORS, USERS, count_access

_COLUMNS = (USERS.c.name, USERS.c.role, USERS.c.password_hash, USERS.c.created)


class UserTable:
    """UserStore (see `base`) in an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User) -> None:
        """See UserStore."""
        row = {"name": user.name, "role": user.role, "password_hash": user.password_hash, "created": user.created}

        def work(connection: Connection) -> bool:
            return bool(connection.execute(upsert(connection, USERS).values(row).on_conflict_do_nothing()).rowcount)

        if not await self._database.run(work):
            raise HubError(f"There is a user {user.name!r} already.", code=CONFLICT)

    async def get(self, name: str) -> User | None:
        """See UserStore."""
        query = select(*_COLUMNS).where(USERS.c.name == name)
        row = await self._database.run(lambda connection: connection.execute(query).first())
        return None if row is None else User(*row)

    async def list(self) -> list[User]:
        """See UserStore."""
        rows = await self._database.run(lambda connection: connection.execute(select(*_COLUMNS)).all())
        return sorted((User(*row) for row in rows), key=lambda user: user.name)

    async def set_password(self, name: str, password_hash: str, *, now_ms: int) -> None:
        """See UserStore."""
        await self._change(name, update(USERS).values(password_hash=password_hash), now_ms)

    async def set_role(self, name: str, role: str, *, now_ms: int) -> None:
        """See UserStore."""
        await self._change(name, update(USERS).values(role=role), now_ms)

    async def remove(self, name: str, *, now_ms: int) -> None:
        """See UserStore."""
        await self._change(name, delete(USERS), now_ms)

    async def _change(self, name: str, change: Update | Delete, now_ms: int) -> None:
        def work(connection: Connection) -> bool:
            changed = bool(connection.execute(change.where(USERS.c.name == name)).rowcount)
            if changed:
                _raise_floor(connection, name, now_ms)
            return changed

        if not await self._database.run(work):
            raise HubError(f"There is no user {name!r}.", code=NOT_FOUND)


def _raise_floor(connection: Connection, name: str, now_ms: int) -> None:
    # Whatever the clock of this process says, a token that was issued past the floor of before is below the new one.
    insert = upsert(connection, FLOORS).values(user=name, floor=now_ms)
    above, given = FLOORS.c.floor + 1, insert.excluded.floor
    floor = case((above > given, above), else_=given)
    connection.execute(insert.on_conflict_do_update(index_elements=[FLOORS.c.user], set_={"floor": floor}))
    count_access(connection)
