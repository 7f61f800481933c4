"""Who may sign in: `/api/users`, for admins."""

from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from hub.api.answers import example
from hub.api.deps import Context, Here, require
from hub.api_keys import USER_PREFIX
from hub.auth import Identity, Role, validate_user
from hub.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, PERMISSION_DENIED, TOO_MANY_REQUESTS, HubError
from hub.passwords import MAX_PASSWORD_CHARS, hash_password, validate_password
from hub.refusals import refusals
from hub.store.base import User

router = APIRouter(prefix="/users", tags=["users"])

Admin = Annotated[Identity, Depends(require(Role.ADMIN))]
Name = Annotated[str, Path(description="The user's name.", examples=["ivan"])]

_NEW = {"name": "ivan", "password": "correct horse", "role": "viewer"}
_ENTRY = {"name": "ivan", "role": "viewer", "created": 1_732_412_345_678}


class UserEntry(BaseModel):
    """A user as admins see one; `created` in ms since the epoch."""

    model_config = example(**_ENTRY)

    name: str
    role: str
    created: int

    @classmethod
    def of(cls, user: User) -> Self:
        """The entry of a user."""
        return cls(name=user.name, role=user.role, created=user.created)


class UserList(BaseModel):
    """All users by name."""

    model_config = example(users=[_ENTRY])

    users: list[UserEntry]


class NewUser(BaseModel):
    """A user to add."""

    model_config = example(**_NEW)

    name: str
    password: str = Field(max_length=MAX_PASSWORD_CHARS)
    role: Role


class UserChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = example(role="operator")

    password: str | None = Field(default=None, max_length=MAX_PASSWORD_CHARS)
    role: Role | None = None


@router.get("", summary="List users", responses=refusals(PERMISSION_DENIED))
async def list_users(_: Admin, here: Here) -> UserList:
    """All users by name."""
    return UserList(users=[UserEntry.of(user) for user in await here.users.list()])


@router.post("", status_code=201, summary="Add a user", responses=refusals(CONFLICT, TOO_MANY_REQUESTS))
async def add_user(new: NewUser, admin: Admin, here: Here) -> UserEntry:
    """Add a user; 409 where the name is taken."""
    name, password = validate_user(new.name), validate_password(new.password)
    if name.startswith(USER_PREFIX):
        raise HubError(f"Names that begin with {USER_PREFIX!r} are those of API keys.", code=BAD_REQUEST)
    password_hash = await here.passwords.run(partial(hash_password, password))
    user = User(name, new.role.value, password_hash, int(here.now_s() * 1000))
    await here.users.add(user)
    here.audit.note("user", "added", user=admin.user, about=name, role=user.role)
    return UserEntry.of(user)


@router.patch("/{name}", summary="Change a user", responses=refusals(NOT_FOUND, CONFLICT, TOO_MANY_REQUESTS))
async def change_user(name: Name, change: UserChange, admin: Admin, here: Here) -> UserEntry:
    """Set a user's role or password; 409 where no admin would be left. The user's sign-ins and sessions end."""
    user = await _user(name, here)
    password = None if change.password is None else validate_password(change.password)
    if change.role is not None and change.role.value != user.role:
        await _keep_an_admin(user, here)
        await here.users.set_role(name, change.role.value, now_ms=int(here.now_s() * 1000))
    if password is not None:
        password_hash = await here.passwords.run(partial(hash_password, password))
        await here.users.set_password(name, password_hash, now_ms=int(here.now_s() * 1000))
    await here.access.user_changed(name)
    changed = UserEntry.of(await _user(name, here))
    here.audit.note("user", "changed", user=admin.user, about=name, role=changed.role, password=password is not None)
    return changed


@router.delete("/{name}", status_code=204, summary="Remove a user", responses=refusals(NOT_FOUND, CONFLICT))
async def remove_user(name: Name, admin: Admin, here: Here) -> None:
    """Remove a user; 409 where no admin would be left. The user's sign-ins and sessions end."""
    await _keep_an_admin(await _user(name, here), here)
    await here.users.remove(name, now_ms=int(here.now_s() * 1000))
    await here.access.user_changed(name)
    here.audit.note("user", "removed", user=admin.user, about=name)


async def _user(name: str, here: Context) -> User:
    user = await here.users.get(name)
    if user is None:
        raise HubError(f"There is no user {name!r}.", code=NOT_FOUND)
    return user


async def _keep_an_admin(user: User, here: Context) -> None:
    admins = [other.name for other in await here.users.list() if other.role == Role.ADMIN.value]
    if admins == [user.name]:
        raise HubError(f"{user.name!r} is the only admin; make another first.", code=CONFLICT)
