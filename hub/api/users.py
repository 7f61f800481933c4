"""Who may sign in: `/api/users`, for admins."""

from functools import partial
from typing import Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hub.api.deps import Context, Here, require
from hub.auth import Role, validate_user
from hub.errors import CONFLICT, NOT_FOUND, HubError
from hub.passwords import MAX_PASSWORD_CHARS, hash_password, validate_password
from hub.store.base import User

router = APIRouter(prefix="/users", tags=["users"], dependencies=[Depends(require(Role.ADMIN))])


class UserEntry(BaseModel):
    """A user as admins see one; `created` in ms since the epoch."""

    name: str
    role: str
    created: int

    @classmethod
    def of(cls, user: User) -> Self:
        """The entry of a user."""
        return cls(name=user.name, role=user.role, created=user.created)


class UserList(BaseModel):
    """All users by name."""

    users: list[UserEntry]


class NewUser(BaseModel):
    """A user to add."""

    name: str
    password: str = Field(max_length=MAX_PASSWORD_CHARS)
    role: Role


class UserChange(BaseModel):
    """What to change; what is left out stays."""

    password: str | None = Field(default=None, max_length=MAX_PASSWORD_CHARS)
    role: Role | None = None


@router.get("")
async def list_users(here: Here) -> UserList:
    """All users by name."""
    return UserList(users=[UserEntry.of(user) for user in await here.users.list()])


@router.post("", status_code=201)
async def add_user(new: NewUser, here: Here) -> UserEntry:
    """Add a user; 409 where the name is taken."""
    name, password = validate_user(new.name), validate_password(new.password)
    password_hash = await here.passwords.run(partial(hash_password, password))
    user = User(name, new.role.value, password_hash, int(here.now_s() * 1000))
    await here.users.add(user)
    return UserEntry.of(user)


@router.patch("/{name}")
async def change_user(name: str, change: UserChange, here: Here) -> UserEntry:
    """Set a user's role or password; 409 where no admin would be left. A token that is out keeps its role."""
    user = await _user(name, here)
    password = None if change.password is None else validate_password(change.password)
    if change.role is not None and change.role.value != user.role:
        await _keep_an_admin(user, here)
        await here.users.set_role(name, change.role.value)
    if password is not None:
        await here.users.set_password(name, await here.passwords.run(partial(hash_password, password)))
    return UserEntry.of(await _user(name, here))


@router.delete("/{name}", status_code=204)
async def remove_user(name: str, here: Here) -> None:
    """Remove a user; 409 where no admin would be left. A token that is out holds until it expires."""
    await _keep_an_admin(await _user(name, here), here)
    await here.users.remove(name)


async def _user(name: str, here: Context) -> User:
    user = await here.users.get(name)
    if user is None:
        raise HubError(f"There is no user {name!r}.", code=NOT_FOUND)
    return user


async def _keep_an_admin(user: User, here: Context) -> None:
    admins = [other.name for other in await here.users.list() if other.role == Role.ADMIN.value]
    if admins == [user.name]:
        raise HubError(f"{user.name!r} is the only admin; make another first.", code=CONFLICT)
