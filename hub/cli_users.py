"""`hub token` and `hub user`."""

import asyncio
import getpass
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from hub.auth import Identity, Role, sign, validate_user
from hub.auth_settings import auth_keys
from hub.errors import BAD_REQUEST, HubError
from hub.passwords import hash_password, validate_password
from hub.settings import load
from hub.store.base import User, UserStore
from hub.store.user_table import UserTable
from hub.store_choice import database


def token(name: str, role: str, *, ttl_s: int | None) -> str:
    """A token for that name and role, which holds `ttl_s` seconds from now, or HUB_TOKEN_TTL_S."""
    settings = load()
    lasts_s = settings.token_ttl_s if ttl_s is None else ttl_s
    if lasts_s <= 0:
        raise HubError("--ttl is at least one second.", code=BAD_REQUEST)
    now_s = time.time()
    identity = Identity(validate_user(name), Role.of(role), int(now_s) + lasts_s, issued_ms=int(now_s * 1000))
    return sign(identity, auth_keys(settings))


def user(command: str, arguments: Mapping[str, str]) -> list[str]:
    """Carry out `add`, `list`, `remove` or `password`; the lines are for the operator."""
    password = read_password() if command in {"add", "password"} else ""
    return asyncio.run(_user(command, arguments, password))


async def _user(command: str, arguments: Mapping[str, str], password: str) -> list[str]:
    async with database(load().prepare()) as opened:
        users = UserTable(opened)
        if command == "list":
            return [_line(one) for one in await users.list()]
        return [await _change(users, command, arguments, password)]


async def _change(users: UserStore, command: str, arguments: Mapping[str, str], password: str) -> str:
    name = arguments["name"]
    now_ms = time.time_ns() // 1_000_000
    if command == "add":
        role = Role.of(arguments["role"]).value
        await users.add(User(validate_user(name), role, hash_password(password), now_ms))
        return f"Added {name}, {role}."
    if command == "password":
        await users.set_password(name, hash_password(password), now_ms=now_ms)
        return f"The password of {name} is set."
    await users.remove(name, now_ms=now_ms)
    return f"Removed {name}."


def _line(one: User) -> str:
    return f"{one.name}\t{one.role}\t{datetime.fromtimestamp(one.created / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def read_password() -> str:
    """A new password: asked for twice at a terminal, else the first line of standard input; raises HubError."""
    if not sys.stdin.isatty():
        return validate_password(sys.stdin.readline().rstrip("\r\n"))
    password = validate_password(getpass.getpass("Password: "))
    if getpass.getpass("Once more: ") != password:
        raise HubError("The two passwords differ; nothing was changed.", code=BAD_REQUEST)
    return password
