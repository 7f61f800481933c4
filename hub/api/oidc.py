"""Signing in at an OpenID provider: `/api/sign-in/oidc` and the page the provider sends the browser back to."""

import hmac
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from hub import signatures
from hub.api.answers import example
from hub.api.deps import Context, Here, address_of
from hub.api.signing import set_cookie
from hub.auth import Identity
from hub.errors import CONFLICT, NOT_FOUND, HubError, Unauthorized
from hub.sign_in_attempt import Attempt
from hub.signatures import InvalidSignature

if TYPE_CHECKING:
    from hub.oidc import Provider

router = APIRouter(prefix="/sign-in", tags=["sign-in"])
log = logging.getLogger(__name__)

ATTEMPT_COOKIE = "hub_sign_in"
ATTEMPT_S = 600
SEE_OTHER = 303


def _leads(description: str, example: str) -> dict[int | str, dict[str, Any]]:
    """How the document says where a browser is sent."""
    location = {"description": description, "schema": {"type": "string"}, "example": example}
    return {SEE_OTHER: {"description": description, "headers": {"Location": location}}}


_OPTION = {"name": "login.example", "url": "/api/sign-in/oidc"}
_PROBLEM = "With a problem: /sign-in#problem=<name of the error>."
_PURPOSE = b"hub sign-in attempt"


class OidcOption(BaseModel):
    """The provider one may sign in at, and the address of the button."""

    model_config = example(**_OPTION)

    name: str
    url: str


class SignInOptions(BaseModel):
    """The ways to sign in beside name and password; null where there is none."""

    model_config = example(oidc=_OPTION)

    oidc: OidcOption | None


@router.get("/options", summary="Ways to sign in")
async def sign_in_options(here: Here, request: Request) -> SignInOptions:
    """What the sign-in page shows."""
    if here.provider is None:
        return SignInOptions(oidc=None)
    name = urlsplit(here.provider.client.issuer).hostname or ""
    return SignInOptions(oidc=OidcOption(name=name, url=request.url_for("begin_oidc").path))


@router.get(
    "/oidc",
    response_class=RedirectResponse,
    status_code=SEE_OTHER,
    summary="Sign in at the provider",
    responses=_leads(f"The provider's page. {_PROBLEM}", "https://login.example/authorize?client_id=hub"),
)
async def begin_oidc(here: Here, request: Request) -> RedirectResponse:
    """Send the browser to the provider."""
    attempt = Attempt.new(str(request.url_for("end_oidc")))
    try:
        response = RedirectResponse(await _provider(here).page(attempt), SEE_OTHER)
    except HubError as error:
        return _back(error)
    response.set_cookie(
        ATTEMPT_COOKIE,
        _seal(attempt, here),
        max_age=ATTEMPT_S,
        path=request.url_for("begin_oidc").path,
        httponly=True,
        # The provider's page sends the browser back; a strict cookie would stay behind.
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.get(
    "/oidc/callback",
    response_class=RedirectResponse,
    status_code=SEE_OTHER,
    summary="Come back from the provider",
    responses=_leads(f"The dashboard, signed in. {_PROBLEM}", "/"),
)
async def end_oidc(
    here: Here,
    request: Request,
    *,
    state: Annotated[str, Query(description="that of the attempt", examples=["0bVd7RkQ2w"])] = "",
    code: Annotated[str, Query(description="what the provider gives for the sign-in", examples=["n3hZ1y"])] = "",
    error: Annotated[str, Query(description="why the provider did not sign in", examples=["access_denied"])] = "",
) -> RedirectResponse:
    """Sign in whom the provider sends back, or go back to the sign-in page with the name of the problem."""
    address = address_of(request)
    try:
        here.limiter.attempt_from(address, now_s=here.now_s())
        identity = await _identity(here, request, state=state, code=code, error=error)
    except HubError as problem:
        here.audit.note("sign-in", "refused", user="", address=address, way="oidc", reason=str(problem))
        response = _back(problem)
    else:
        here.limiter.succeed_from(address)
        here.audit.note("sign-in", "signed_in", user=identity.user, address=address, way="oidc")
        response = RedirectResponse("/", SEE_OTHER)
        set_cookie(identity, here, request=request, response=response)
    response.delete_cookie(ATTEMPT_COOKIE, path=request.url_for("begin_oidc").path)
    return response


async def _identity(here: Context, request: Request, *, state: str, code: str, error: str) -> Identity:
    attempt = _unseal(request.cookies.get(ATTEMPT_COOKIE, ""), here)
    if not hmac.compare_digest(attempt.state.encode(), state.encode()):
        raise Unauthorized("The answer is not to a sign-in that this browser began.")
    if error or not code:
        raise Unauthorized(f"The provider did not sign in: {error[:80]!r}.")
    name, role = await _provider(here).user(attempt, code=code)
    issued_ms = here.access.issue_ms(name)
    if await here.users.get(name) is not None:
        raise HubError(f"{name!r} is a user of this hub's own; sign in with the password.", code=CONFLICT)
    return Identity(name, role, int(here.now_s()) + here.token_ttl_s, issued_ms=issued_ms)


def _provider(here: Context) -> "Provider":
    if here.provider is None:
        raise HubError("This hub has no OpenID provider; see HUB_OIDC_ISSUER.", code=NOT_FOUND)
    return here.provider


def _back(problem: HubError) -> RedirectResponse:
    log.info("A sign-in at the OpenID provider failed: %s", problem)
    return RedirectResponse(f"/sign-in#problem={problem.code.name}", SEE_OTHER)


def _secret(here: Context) -> bytes:
    # Of its own, so that the cookie of an attempt never passes for a token.
    return hmac.digest(here.access.keys.secret, _PURPOSE, "sha256")


def _seal(attempt: Attempt, here: Context) -> str:
    claims = {**asdict(attempt), "exp": here.now_s() + ATTEMPT_S}
    return signatures.sign(orjson.dumps(claims), _secret(here))


def _unseal(cookie: str, here: Context) -> Attempt:
    try:
        claims = signatures.by_secret(cookie, _secret(here))
    except InvalidSignature:
        raise Unauthorized("This browser did not begin the sign-in.") from None
    if claims.pop("exp") <= here.now_s():
        raise Unauthorized("The sign-in took too long; begin anew.")
    return Attempt(**claims)
