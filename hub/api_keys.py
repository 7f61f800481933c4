"""API keys: secrets of programs, known to the hub by their SHA-256 alone."""

import hashlib
from base64 import urlsafe_b64encode

from hub.auth import Identity, Role, narrowing, validate_user
from hub.errors import BAD_REQUEST, HubError
from hub.store.base import ApiKey

PREFIX = "hub_"
SECRET_BYTES = 32
MAX_NAME_CHARS = 60
USER_PREFIX = "key:"
"""Before a key's name where a user's stands, so that no key can speak as a person."""
NEVER_S = 253_402_300_799
"""The end of the year 9999: when the identity of a key without an expiry ends."""

_ID_CHARS = 12


def is_api_key(token: str) -> bool:
    """Whether it looks like one; tokens never do."""
    return token.startswith(PREFIX)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex. A secret is random, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(
    name: str,
    role: Role,
    *,
    subscribe: list[str] | None,
    publish: list[str] | None,
    expires_s: int | None,
    now_ms: int,
    randomness: bytes,
) -> tuple[str, ApiKey]:
    """A secret, to be shown once, and what is kept of it; raises HubError with what is unfit."""
    if len(validate_user(name)) > MAX_NAME_CHARS:
        raise HubError(f"The name of an API key has at most {MAX_NAME_CHARS} characters.", code=BAD_REQUEST)
    if expires_s is not None and not now_ms < expires_s * 1000 <= NEVER_S * 1000:
        raise HubError("An API key expires in the future, before the year 10000.", code=BAD_REQUEST)
    secret = PREFIX + urlsafe_b64encode(randomness).rstrip(b"=").decode()
    kept = digest(secret)
    return secret, ApiKey(
        id=kept[:_ID_CHARS],
        digest=kept,
        name=name,
        role=role.value,
        subscribe=narrowing(subscribe),
        publish=narrowing(publish),
        created=now_ms,
        expires_s=expires_s,
    )


def identity_of(key: ApiKey) -> Identity:
    """Who a program with the key is."""
    return Identity(
        USER_PREFIX + key.name,
        Role.of(key.role),
        NEVER_S if key.expires_s is None else key.expires_s,
        subscribe=key.subscribe,
        publish=key.publish,
        key_id=key.id,
    )
