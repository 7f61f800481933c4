"""Every option of the hub, each declared once: name, type, default and one sentence."""

import difflib
import logging
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hub.errors import BAD_REQUEST, HubError
from hub.topics import validate_filter

log = logging.getLogger(__name__)

PREFIX = "HUB_"
ENV_FILE = ".env"
ROLES = ("ingest", "api", "recorder")
SECRET_FILE = "auth_secret"  # noqa: S105 - a file's name
DAY_S = 86_400


class InvalidSettings(HubError):
    """A setting that can't be used; the sentence names it and says what to do."""

    code = BAD_REQUEST


def _split(text: object) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def _filters(filters: tuple[str, ...]) -> tuple[str, ...]:
    if not filters:
        raise ValueError("give at least one topic filter, as in '#'")
    try:
        return tuple(validate_filter(topic_filter) for topic_filter in filters)
    except HubError as error:
        raise ValueError(str(error)) from error


def _origins(origins: frozenset[str]) -> frozenset[str]:
    for origin in origins:
        parts = _split_url(origin)
        if parts is None or origin != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in {"http", "https"}:
            raise ValueError(f"give origins as in 'https://example.org:8443', without a path; {origin!r} is none")
    return frozenset(origin.lower() for origin in origins)


def _roles(roles: frozenset[str]) -> frozenset[str]:
    unknown = roles - {*ROLES, "all"}
    if unknown or not roles:
        raise ValueError(f"use 'all' or some of {', '.join(ROLES)}")
    return frozenset(ROLES) if "all" in roles else roles


def _listen(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not re.fullmatch(r"\d{1,5}", port) or int(port) > 65535:  # noqa: PLR2004 - the largest TCP port
        raise ValueError("give host:port, as in '127.0.0.1:1883'")
    return address


def _split_url(url: str) -> "SplitResult | None":
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and (parts.port is None or parts.port) else None
    except ValueError:
        return None
