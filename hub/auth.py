"""Who somebody is and what they may do: roles, signed tokens (RFC 7519, HS256), trusted origins."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from functools import total_ordering
from typing import Literal, TypeGuard

import jwt
import orjson
from jwt.algorithms import HMACAlgorithm
from jwt.exceptions import PyJWTError

from hub.errors import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, HubError, Unauthorized
from hub.topics import matches

COOKIE = "hub_token"
MAX_TOKEN_BYTES = 4096
MAX_USER_CHARS = 64
MAX_EXPIRES_S = 2**53
"""The largest whole second that every JSON reader keeps exactly."""

ADMIN_ONLY = "system/audit/#"
_ALGORITHM = "HS256"

Action = Literal["subscribe", "publish"]


@total_ordering
class Role(Enum):
    """A named set of permissions; each role may do what the smaller ones may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def __str__(self) -> str:
        return self.value

    def __lt__(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) < order.index(other)

    @classmethod
    def of(cls, name: str) -> "Role":
        """The role of that name; raises HubError(BAD_REQUEST)."""
        for role in cls:
            if role.value == name:
                return role
        raise HubError(f"{name[:80]!r} is not a role; use {', '.join(map(str, cls))}.", code=BAD_REQUEST)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token says somebody is, until `expires_s` (seconds since the epoch)."""

    user: str
    role: Role
    expires_s: int


class _AnyLength(HMACAlgorithm):
    """HMAC over the bytes of any secret, as they are: what strength a secret needs is its owner's to choose."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key.encode() if isinstance(key, str) else key

    def check_key_length(self, key: bytes) -> None:
        """Find nothing to say about any length."""


def _signatures() -> jwt.PyJWS:
    # Only HS256 is registered, so `none` and the asymmetric algorithms are unknown, whatever a header asks for.
    signatures = jwt.PyJWS(algorithms=[])
    signatures.register_algorithm(_ALGORITHM, _AnyLength(HMACAlgorithm.SHA256))
    return signatures


@dataclass(frozen=True, slots=True)
class Keys:
    """The secret that tokens are signed with; ValueError where it is empty."""

    secret: bytes = field(repr=False)
    signatures: jwt.PyJWS = field(init=False, repr=False, compare=False, default_factory=_signatures)

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("an empty secret signs nothing")


def sign(identity: Identity, keys: Keys) -> str:
    """A token that says this identity."""
    claims = {"sub": identity.user, "role": identity.role.value, "exp": identity.expires_s}
    return keys.signatures.encode(orjson.dumps(claims), keys.secret, algorithm=_ALGORITHM)


def verify(token: str, keys: Keys, *, now_s: float) -> Identity:
    """The identity of a token; raises Unauthorized with the code INVALID_TOKEN or TOKEN_EXPIRED.

    `sub`, `role` and `exp` are required; `nbf` is honoured where it is there (RFC 7519 section 4.1).
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthorized(code=INVALID_TOKEN)
    try:
        payload: bytes = keys.signatures.decode(token, keys.secret, algorithms=[_ALGORITHM])
        claims = orjson.loads(payload)
    except (PyJWTError, ValueError, RecursionError):
        raise Unauthorized(code=INVALID_TOKEN) from None
    if not isinstance(claims, dict):
        raise Unauthorized(code=INVALID_TOKEN)
    identity = _identity(claims)
    if not _is_time(claims.get("nbf", 0)) or claims.get("nbf", 0) > now_s:
        raise Unauthorized("The token is not valid yet.", code=INVALID_TOKEN)
    if identity.expires_s <= now_s:
        raise Unauthorized(code=TOKEN_EXPIRED)
    return identity


def _identity(claims: dict[str, object]) -> Identity:
    user, role, expires_s = claims.get("sub"), claims.get("role"), claims.get("exp")
    if not isinstance(user, str) or not isinstance(role, str) or not _is_time(expires_s):
        raise Unauthorized("The token lacks one of the claims sub, role and exp.", code=INVALID_TOKEN)
    try:
        return Identity(validate_user(user), Role.of(role), int(expires_s))
    except HubError as error:
        raise Unauthorized(f"The token is not one of this hub's: {error}", code=INVALID_TOKEN) from None


def _is_time(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= MAX_EXPIRES_S


def validate_user(name: str) -> str:
    """Give a user's name back if it is a valid one; raises HubError(BAD_REQUEST) with the reason."""
    if not name or name != name.strip():
        raise HubError("A name is not empty and has no space at its ends.", code=BAD_REQUEST)
    if len(name) > MAX_USER_CHARS:
        raise HubError(f"A name has at most {MAX_USER_CHARS} characters.", code=BAD_REQUEST)
    if not name.isprintable():
        raise HubError("A name has no control or invisible characters.", code=BAD_REQUEST)
    return name


def may(identity: Identity, action: Action, topic_or_filter: str) -> bool:
    """Whether the identity may do the action on a valid topic, or subscribe to a valid filter.

    All read everything but `system/audit`, which is for admins; operators and admins write into chat rooms.
    A filter such as `#` is granted to all: whoever delivers asks again with the topic where it is under `system/`.
    """
    if action == "subscribe":
        return identity.role is Role.ADMIN or not matches(ADMIN_ONLY, topic_or_filter)
    room = topic_or_filter.removeprefix("chat/")
    in_room = room not in {topic_or_filter, ""} and "/" not in room
    return in_room and identity.role >= Role.OPERATOR


def trusts(origin: str, *, host: str, allowed: Collection[str]) -> bool:
    """Whether a browser's Origin header (RFC 6454) is the hub itself, by its Host header, or one of those allowed.

    The scheme is not compared: behind a proxy that ends TLS the hub sees http where the browser has https.
    """
    origin = origin.lower()
    return origin in allowed or origin in {f"http://{host.lower()}", f"https://{host.lower()}"}
