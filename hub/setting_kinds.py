"""What a setting can be: each kind with its name for people, and the check that says what to write instead."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from hub.auth import Role
from hub.errors import HubError
from hub.topics import validate_filter

ROLES = ("ingest", "api", "recorder")
MAX_PORT = 65535
MAX_CLIENT_ID_CHARS = 128
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Kind:
    """The name of a kind of setting, as the documentation shows it."""

    name: str


def _listed(text: object) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def _filters(filters: tuple[str, ...]) -> tuple[str, ...]:
    if not filters:
        raise ValueError("give at least one topic filter, as in '#'")
    try:
        return tuple(validate_filter(topic_filter) for topic_filter in filters)
    except HubError as error:
        raise ValueError(str(error).removesuffix(".")) from error


def _origin(text: str) -> str:
    origin = text.lower().removesuffix("/")
    scheme, _, rest = origin.partition("://")
    if scheme not in _DEFAULT_PORTS or not rest or set(rest) & set("/?#@*") or not _has_host(origin):
        raise ValueError("give origins as in 'https://example.org:8443', without a path or a star")
    # Browsers leave the port of the scheme out of the Origin header.
    return origin.removesuffix(_DEFAULT_PORTS[scheme])


def _origins(origins: frozenset[str]) -> frozenset[str]:
    return frozenset(_origin(origin) for origin in origins)


def _addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    for address in addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            raise ValueError("give addresses or networks, as in '127.0.0.1,10.0.0.0/8'") from None
    return addresses


def _roles(roles: frozenset[str]) -> frozenset[str]:
    if not roles or roles - {*ROLES, "all"}:
        raise ValueError(f"use 'all' or some of {', '.join(ROLES)}")
    return frozenset(ROLES) if "all" in roles else roles


def _role_map(entries: tuple[str, ...]) -> tuple[str, ...]:
    for entry in entries:
        value, _, role = entry.rpartition("=")
        try:
            Role.of(role)
        except HubError as error:
            raise ValueError(str(error).removesuffix(".")) from error
        if not value:
            raise ValueError("give value=role, as in 'admins=admin,*=viewer'")
    return entries


def _host_port(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= MAX_PORT:
        raise ValueError("give host:port, as in '127.0.0.1:1883'")
    return address


def _client_id(text: str) -> str:
    if not text.isprintable() or not 0 < len(text) <= MAX_CLIENT_ID_CHARS:
        raise ValueError(f"give 1 to {MAX_CLIENT_ID_CHARS} printable characters")
    return text


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _url(*schemes: str, host: bool = True) -> Callable[[str | None], str | None]:
    def check(url: str | None) -> str | None:
        if url is None:
            return None
        if urlsplit(url.partition("://")[0] + "://x").scheme not in schemes or (host and not _has_host(url)):
            raise ValueError(f"give a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return url

    return check


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), Kind("names, by comma")]
Filters = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_filters), Kind("topic filters, by comma")
]
Origins = Annotated[
    frozenset[str], NoDecode, BeforeValidator(_listed), AfterValidator(_origins), Kind("origins, by comma")
]
Addresses = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_addresses), Kind("addresses, by comma")
]
Roles = Annotated[
    frozenset[str], NoDecode, BeforeValidator(_listed), AfterValidator(_roles), Kind(f"`all` or of {', '.join(ROLES)}")
]
HostPort = Annotated[str, AfterValidator(_host_port), Kind("host:port")]
ClientId = Annotated[str, AfterValidator(_client_id), Kind("text")]
MqttUrl = Annotated[str | None, AfterValidator(_url("mqtt", "mqtts")), Kind("URL")]
EngineUrl = Annotated[
    str | None,
    AfterValidator(_url("redis", "rediss", "redis+sentinel", "redis+cluster", host=False)),
    Kind("URL"),
]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed), Kind("files, by comma")]
RoleMap = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_role_map), Kind("value=role, by comma")
]
Text = Annotated[str | None, Kind("text")]
WebUrl = Annotated[str | None, AfterValidator(_url("http", "https")), Kind("URL")]
StoreUrl = Annotated[str | None, AfterValidator(_url("postgresql", host=False)), Kind("URL")]
