"""Signing somebody in: a token of the hub, in a cookie that scripts can't read."""

from typing import Self

from fastapi import Request, Response
from pydantic import BaseModel

from hub.api.deps import Context
from hub.auth import COOKIE, Identity, Role, sign
from hub.store.base import User


class Me(BaseModel):
    """Who somebody is, until `expires` (seconds since the epoch)."""

    user: str
    role: str
    expires: int

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """The answer for an identity."""
        return cls(user=identity.user, role=identity.role.value, expires=identity.expires_s)


def sign_in(user: User, here: Context, *, request: Request, response: Response) -> Me:
    """Give the browser a fresh token for the user's role, for as long as `token_ttl_s`."""
    identity = Identity(user.name, Role.of(user.role), int(here.now_s()) + here.token_ttl_s)
    response.set_cookie(
        COOKIE,
        sign(identity, here.keys),
        max_age=here.token_ttl_s,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Me.of(identity)
