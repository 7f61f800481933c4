"""Signing in and out: `/api/sign-in`, `/api/sign-out`, `/api/me`."""

from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from hub.api.answers import example
from hub.api.deps import Asking, Here, Visiting, address_of
from hub.api.openapi import NOBODY
from hub.api.signing import ME_EXAMPLE, Me, sign_in
from hub.auth import COOKIE, Role, validate_user
from hub.errors import (
    CONFLICT,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    HubError,
    PermissionDenied,
    Unauthorized,
)
from hub.passwords import MAX_PASSWORD_CHARS, check_password, hash_password, validate_password
from hub.refusals import refusals
from hub.store.base import User

router = APIRouter(tags=["sign-in"])

MAX_FIELD_CHARS = 256


_CREDENTIALS = {"name": "anna", "password": "correct horse"}


class Credentials(BaseModel):
    """A name and its password."""

    model_config = example(**_CREDENTIALS)

    name: str = Field(max_length=MAX_FIELD_CHARS)
    password: str = Field(max_length=MAX_PASSWORD_CHARS)


class Session(BaseModel):
    """Who is signed in; null: nobody."""

    model_config = example(me=ME_EXAMPLE)

    me: Me | None


class FirstAdmin(Credentials):
    """The name and password that the first admin chose, with the code of the link."""

    model_config = example(**_CREDENTIALS, code="n3hZ1y0bVd7RkQ2w")

    code: str = Field(max_length=MAX_FIELD_CHARS)


@router.post("/sign-in", summary="Sign in by password", responses=refusals(UNAUTHORIZED, TOO_MANY_REQUESTS))
async def sign_in_by_password(credentials: Credentials, here: Here, request: Request, response: Response) -> Me:
    """Sign in by name and password; unknown names take as long as wrong passwords."""
    name, address = credentials.name, address_of(request)
    here.limiter.attempt(name, address=address, now_s=here.now_s())
    issued_ms = here.access.issue_ms(name)
    user = await here.users.get(name)
    password_hash = None if user is None else user.password_hash
    fits = await here.passwords.run(partial(check_password, credentials.password, password_hash))
    if user is None or not fits:
        here.audit.note("sign-in", "refused", user=name, address=address, way="password")
        raise Unauthorized("Name or password is wrong.")
    here.limiter.succeed(name, address=address)
    here.audit.note("sign-in", "signed_in", user=name, address=address, way="password")
    return sign_in(user, here, issued_ms=issued_ms, request=request, response=response)


@router.post("/sign-in/link", summary="Sign in by the first link", responses=refusals(CONFLICT, TOO_MANY_REQUESTS))
async def sign_in_by_link(admin: FirstAdmin, here: Here, request: Request, response: Response) -> Me:
    """Make the first admin with the link of the first start, and sign in; it works once, while there is no user."""
    async with here.first_start.lock:
        if not here.first_start.matches(admin.code):
            raise PermissionDenied("This link was used already, or is of another start of the hub.")
        name, password = validate_user(admin.name), validate_password(admin.password)
        if await here.users.list():
            raise HubError("There are users already; sign in by name and password.", code=CONFLICT)
        password_hash = await here.passwords.run(partial(hash_password, password))
        user = User(name, Role.ADMIN.value, password_hash, int(here.now_s() * 1000))
        await here.users.add(user)
        here.first_start.spend()
    here.audit.note("sign-in", "signed_in", user=name, address=address_of(request), way="link")
    issued_ms = here.access.issue_ms(name)
    return sign_in(user, here, issued_ms=issued_ms, request=request, response=response)


@router.post("/sign-out", status_code=204, summary="Sign out", openapi_extra={"security": [NOBODY]})
async def sign_out(visiting: Visiting, here: Here, request: Request, response: Response) -> None:
    """Forget the browser's sign-in."""
    if visiting is not None:
        here.audit.note("sign-in", "signed_out", user=visiting.user, address=address_of(request))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")


@router.get("/session", summary="Who is signed in, or nobody", openapi_extra={"security": [NOBODY]})
async def session(visiting: Visiting) -> Session:
    """Who is signed in here, if anybody: what a page asks first, for whom nobody is no error."""
    return Session(me=None if visiting is None else Me.of(visiting))


@router.get("/me", summary="Who is signed in")
async def me(asking: Asking) -> Me:
    """Who is signed in here."""
    return Me.of(asking)


@router.post("/me/refresh", summary="Renew a sign-in", responses=refusals(PERMISSION_DENIED))
async def refresh_sign_in(asking: Asking, here: Here, request: Request, response: Response) -> Me:
    """Sign in anew before the token expires: that of a sign-in by password, not one that was given out otherwise."""
    if not asking.signed_in:
        raise PermissionDenied("Only a sign-in by name and password is renewed.")
    issued_ms = here.access.issue_ms(asking.user)
    user = await here.users.get(asking.user)
    if user is None:
        raise Unauthorized(f"There is no user {asking.user!r} any more; sign in first.")
    return sign_in(user, here, issued_ms=issued_ms, request=request, response=response)
