"""Who somebody is and what they may do and see: roles, tokens (RFC 7519), narrowed permissions, trusted origins."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import total_ordering
from typing import Any, Literal, NamedTuple, TypeGuard

import orjson

from hub import signatures
from hub.errors import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, HubError, InvalidFilter, Unauthorized
from hub.privacy import private_room
from hub.signatures import HS256, InvalidSignature, PublicKey, UnknownKey
from hub.topics import covers, matches, overlaps, to_level, validate_filter

COOKIE = "hub_token"
MAX_TOKEN_BYTES = 4096
MAX_USER_CHARS = 64
MAX_EXPIRES_S = 2**53
"""The largest whole second that every JSON reader keeps exactly."""
MAX_NARROWING = 128
"""Filters that one claim may have."""

ADMIN_ONLY = ("system/audit/#", "system/access/#")
"""What only admins see, whatever a filter selects."""

READ_PREFIX = "$read/"
"""Read markers are events on `$read/<user>/<room>`; a `$` topic is not selected by `#`, so his alone."""

QUARANTINE_PREFIX = "$quarantine/"
"""Devices that wait to be approved are events on `$quarantine/<device>`: for operators, and selected by no `#`."""

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


class View(NamedTuple):
    """What somebody sees of what a filter selects, where it is not the usual: all but what is for admins and members.

    `rooms` are the private chat rooms that he is a member of.
    """

    admin: bool
    filters: tuple[str, ...] | None
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token says somebody is, until `expires_s` (seconds since the epoch).

    `subscribe` and `publish` narrow what the role allows to what one of their filters covers; None: they do not.
    `key_id` is the API key's, "" for a token that was issued at `issued_ms` (0: it does not say). `signed_in` is true
    for the token of a sign-in of this hub's, which alone is renewed.
    """

    user: str
    role: Role
    expires_s: int
    subscribe: tuple[str, ...] | None = None
    publish: tuple[str, ...] | None = None
    key_id: str = ""
    issued_ms: int = 0
    signed_in: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether it may do less than its role."""
        return self.subscribe is not None or self.publish is not None

    @property
    def view(self) -> View | None:
        """What it sees: equal for identities that see the same, None for the usual."""
        admin = self.role is Role.ADMIN
        return View(admin, self.subscribe) if admin or self.subscribe is not None else None


class UnknownSigner(Unauthorized):
    """A token whose public key is none of those that are known; it may have been published since."""

    code = INVALID_TOKEN


@dataclass(frozen=True, slots=True)
class Keys:
    """What tokens are signed and checked with; ValueError where the secret is empty.

    `secret` signs the hub's own tokens (HS256); `public` are others' keys, each for its one algorithm. `audience` and
    `issuer` are what the claims `aud` and `iss` must say, and what own tokens do say, where they are given.
    """

    secret: bytes = field(repr=False)
    public: tuple[PublicKey, ...] = ()
    audience: str | None = None
    issuer: str | None = None

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("an empty secret signs nothing")


def sign(identity: Identity, keys: Keys) -> str:
    """A token that says this identity."""
    claims: dict[str, object] = {"sub": identity.user, "role": identity.role.value, "exp": identity.expires_s}
    if identity.issued_ms:
        claims["iat"] = identity.issued_ms / 1000
    if identity.signed_in:
        claims["use"] = "sign-in"
    given = {
        "aud": keys.audience,
        "iss": keys.issuer,
        "subscribe": identity.subscribe,
        "publish": identity.publish,
    }
    claims |= {name: value for name, value in given.items() if value is not None}
    return signatures.sign(orjson.dumps(claims), keys.secret)


def verify(token: str, keys: Keys, *, now_s: float) -> Identity:
    """The identity of a token; raises Unauthorized with the code INVALID_TOKEN or TOKEN_EXPIRED.

    `sub`, `role` and `exp` are required; `nbf`, `iat`, `subscribe` and `publish` are honoured where they are there, and
    `aud` and `iss` are checked where the keys say what they must be (RFC 7519 section 4.1). It is UnknownSigner that
    is raised where the token's public key is none of those that are known.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthorized(code=INVALID_TOKEN)
    try:
        own = signatures.named_by(token)[0] == HS256
        claims = signatures.by_secret(token, keys.secret) if own else signatures.by_public_key(token, keys.public)
    except UnknownKey:
        raise UnknownSigner from None
    except InvalidSignature:
        raise Unauthorized(code=INVALID_TOKEN) from None
    identity = _identity(claims, own=own)
    _check_addressed(claims, keys)
    if not _is_time(claims.get("nbf", 0)) or claims.get("nbf", 0) > now_s:
        raise Unauthorized("The token is not valid yet.", code=INVALID_TOKEN)
    if identity.expires_s <= now_s:
        raise Unauthorized(code=TOKEN_EXPIRED)
    return identity


def _identity(claims: Mapping[str, Any], *, own: bool) -> Identity:
    user, role, expires_s, issued_s = (claims.get(name) for name in ("sub", "role", "exp", "iat"))
    if not isinstance(user, str) or not isinstance(role, str) or not _is_time(expires_s):
        raise Unauthorized("The token lacks one of the claims sub, role and exp.", code=INVALID_TOKEN)
    try:
        return Identity(
            validate_user(user),
            Role.of(role),
            int(expires_s),
            subscribe=narrowing(claims.get("subscribe")),
            publish=narrowing(claims.get("publish")),
            issued_ms=round(issued_s * 1000) if _is_time(issued_s) else 0,
            signed_in=own and claims.get("use") == "sign-in",
        )
    except HubError as error:
        raise Unauthorized(f"The token is not one of this hub's: {error}", code=INVALID_TOKEN) from None


def _check_addressed(claims: Mapping[str, Any], keys: Keys) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if keys.audience is not None and keys.audience not in audiences:
        raise Unauthorized("The token is for somebody else; its claim aud says so.", code=INVALID_TOKEN)
    if keys.issuer is not None and claims.get("iss") != keys.issuer:
        raise Unauthorized("The token is of another issuer; its claim iss says so.", code=INVALID_TOKEN)


def _is_time(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= MAX_EXPIRES_S


def narrowing(filters: object) -> tuple[str, ...] | None:
    """A list of filters that narrows a role, sorted; None stays None. Raises InvalidFilter."""
    if filters is None:
        return None
    if not isinstance(filters, list | tuple) or len(filters) > MAX_NARROWING:
        raise InvalidFilter(f"What narrows a role is a list of at most {MAX_NARROWING} topic filters.")
    if not all(isinstance(one, str) for one in filters):
        raise InvalidFilter("What narrows a role is a list of strings.")
    return tuple(sorted({validate_filter(one) for one in filters}))


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

    All read everything but what is for admins and others' read markers, and move their own; operators and admins write
    into chat rooms, give commands and say what is desired of devices; what of a room somebody may change is the room's
    to say. A filter such as `#` is granted to all: whoever delivers asks `sees`. Of an identity that is narrowed, one
    of its filters covers it all.
    """
    own = f"{READ_PREFIX}{to_level(identity.user)}/"
    if action == "subscribe":
        if identity.role is not Role.ADMIN and any(covers(hidden, topic_or_filter) for hidden in ADMIN_ONLY):
            return False
        hidden = [f"{own}#"] if identity.role < Role.OPERATOR else [f"{own}#", f"{QUARANTINE_PREFIX}#"]
        if topic_or_filter.startswith("$") and not any(covers(one, topic_or_filter) for one in hidden):
            return False
        return identity.subscribe is None or any(covers(one, topic_or_filter) for one in identity.subscribe)
    root, _, room = topic_or_filter.rpartition("/")
    operators = dict.fromkeys(("chat", "command", "registry", "twin"), Role.OPERATOR)
    needed = {**operators, "room": Role.VIEWER, own[:-1]: Role.VIEWER}.get(root)
    if not room or needed is None or identity.role < needed:
        return False
    return identity.publish is None or any(matches(one, topic_or_filter) for one in identity.publish)


def sees(view: View | None, topic: str) -> bool:
    """Whether what was selected by a filter is delivered to somebody of this view."""
    if (view is None or not view.admin) and any(matches(hidden, topic) for hidden in ADMIN_ONLY):
        return False
    room = private_room(topic)
    if room is not None and (view is None or room not in view.rooms):
        return False
    return view is None or view.filters is None or any(matches(one, topic) for one in view.filters)


def view_of(identity: Identity, filters: Collection[str], rooms: frozenset[str] = frozenset()) -> View | None:
    """The identity's view as far as these filters can tell it from the usual, so that most share an audience.

    `rooms` are the private rooms of the user that the filters select something of.
    """
    view = identity.view or View(admin=False, filters=None)
    narrows = view.filters is not None and not all(any(covers(own, one) for own in view.filters) for one in filters)
    admin = view.admin and any(overlaps(hidden, one) for hidden in ADMIN_ONLY for one in filters)
    return View(admin, view.filters if narrows else None, rooms) if admin or narrows or rooms else None


def trusts(origin: str, *, host: str, allowed: Collection[str]) -> bool:
    """Whether a browser's Origin header (RFC 6454) is the hub itself, by its Host header, or one of those allowed.

    The scheme is not compared: behind a proxy that ends TLS the hub sees http where the browser has https.
    """
    origin = origin.lower()
    return origin in allowed or origin in {f"http://{host.lower()}", f"https://{host.lower()}"}
