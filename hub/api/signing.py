"""Signing somebody in: a token of the hub, in a cookie that scripts can't read."""

from typing import Self

from fastapi import Request, Response
from pydantic import BaseModel

from hub.api.answers import example
from hub.api.deps import Context
from hub.auth import COOKIE, Identity, Role, sign
from hub.store.base import User

ME_EXAMPLE = {"user": "anna", "role": "operator", "expires": 1_732_448_345}


class Me(BaseModel):
    """Who somebody is, until `expires` (seconds since the epoch)."""

    model_config = example(**ME_EXAMPLE)

    user: str
    role: str
    expires: int

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """The answer for an identity."""
        return cls(user=identity.user, role=identity.role.value, expires=identity.expires_s)


def sign_in(user: User, here: Context, *, issued_ms: int, request: Request, response: Response) -> Me:
    """Give the browser a fresh token for the user's role, for as long as `token_ttl_s`; it can be renewed.

    `issued_ms` is what `access.issue_ms` said before the user was read.
    """
    expires_s = int(here.now_s()) + here.token_ttl_s
    identity = Identity(user.name, Role.of(user.role), expires_s, issued_ms=issued_ms, signed_in=True)
    return set_cookie(identity, here, request=request, response=response)


def set_cookie(identity: Identity, here: Context, *, request: Request, response: Response) -> Me:
    """Give the browser a token of the identity."""
    response.set_cookie(
        COOKIE,
        sign(identity, here.access.keys),
        max_age=here.token_ttl_s,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Me.of(identity)
