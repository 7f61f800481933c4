"""Signing in at an OpenID provider: the code flow with PKCE, state and nonce (OpenID Connect Core 1.0 section 3.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from hub import signatures
from hub.auth import Role, validate_user
from hub.errors import BAD_REQUEST, HubError, PermissionDenied, Unauthorized, Unavailable
from hub.jwks import Jwks
from hub.sign_in_attempt import Attempt
from hub.signatures import InvalidSignature, UnknownKey
from hub.web import Refused, get_json, post_form

SCOPE = "openid profile email"
LEEWAY_S = 60
"""How far the provider's clock may be off."""
ANYBODY = "*"
"""Among the values of the role claim: whoever the provider signs in."""
_DISCOVERY = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What the hub is at the provider, and which of its claims say the user's name and role."""

    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    user_claim: str
    role_claim: str
    roles: Mapping[str, Role]


class Provider:
    """The OpenID provider; what it publishes is fetched when it is first needed. `jwks.keep` is to run meanwhile."""

    def __init__(self, client: Client, *, now_s: Callable[[], float]) -> None:
        self.client = client
        self.jwks = Jwks(self._keys_url, now_s=now_s)
        self._now_s = now_s
        self._published: Mapping[str, Any] | None = None

    async def page(self, attempt: Attempt) -> str:
        """Where to send the browser; raises Unavailable."""
        published = await self._discover()
        page: str = prepare_grant_uri(
            published["authorization_endpoint"],
            self.client.client_id,
            "code",
            redirect_uri=attempt.redirect_uri,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return page

    async def user(self, attempt: Attempt, *, code: str) -> tuple[str, Role]:
        """Name and role of whoever signed in there; raises Unauthorized, PermissionDenied or Unavailable."""
        answer = await self._redeem(attempt, code)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Unavailable("The provider's answer has no id_token.")
        claims = await self._claims(token, nonce=attempt.nonce, access_token=answer.get("access_token"))
        return self._name(claims), self._role(claims)

    async def _discover(self) -> Mapping[str, Any]:
        if self._published is None:
            published = await get_json(self.client.issuer.rstrip("/") + _DISCOVERY)
            if not isinstance(published, dict) or published.get("issuer") != self.client.issuer:
                raise Unavailable(f"HUB_OIDC_ISSUER: {self.client.issuer} does not call itself so.")
            if not all(isinstance(published.get(name), str) for name in _ENDPOINTS):
                raise Unavailable(f"{self.client.issuer} does not publish all of {', '.join(_ENDPOINTS)}.")
            self._published = published
        return self._published

    async def _keys_url(self) -> str:
        return str((await self._discover())["jwks_uri"])

    async def _redeem(self, attempt: Attempt, code: str) -> Mapping[str, Any]:
        """The provider's tokens for a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
        published, client = await self._discover(), self.client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": client.client_id,
        }
        ways = published.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        user = None
        if client.secret is not None and "client_secret_basic" in ways:
            # RFC 6749 section 2.3.1: both are form-encoded before they are a header.
            user = quote(client.client_id, safe=""), quote(client.secret, safe="")
        elif client.secret is not None:
            form["client_secret"] = client.secret
        try:
            answer = await post_form(published["token_endpoint"], form, user=user)
        except Refused as error:
            raise Unauthorized(f"The provider does not take the sign-in: {error}") from error
        if not isinstance(answer, dict):
            raise Unavailable("The provider's answer is no JSON object.")
        return answer

    async def _claims(self, token: str, *, nonce: str, access_token: object) -> Mapping[str, Any]:
        client = self.client
        wanted = {"iss": client.issuer, "aud": client.client_id}
        options = {name: {"essential": True, "value": value} for name, value in wanted.items()}
        known = {"nonce": nonce, "client_id": client.client_id, "access_token": access_token}
        try:
            claims = await self._signed(token)
            header = {"alg": signatures.named_by(token)[0]}
            CodeIDToken(claims, header, options, known).validate(now=int(self._now_s()), leeway=LEEWAY_S)
        except (InvalidSignature, JoseError) as error:
            raise Unauthorized(f"The provider's id_token does not hold: {error}.") from error
        return claims

    async def _signed(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that the provider signed; its keys are fetched once more where they have changed."""
        try:
            return signatures.by_public_key(token, self.jwks.keys)
        except UnknownKey:
            if not self.jwks.want():
                raise
            await self.jwks.settled()
        return signatures.by_public_key(token, self.jwks.keys)

    def _name(self, claims: Mapping[str, Any]) -> str:
        name = claims.get(self.client.user_claim)
        try:
            return validate_user(name if isinstance(name, str) else "")
        except HubError as error:
            message = f"The claim {self.client.user_claim!r} is no user's name ({error}); see HUB_OIDC_USER_CLAIM."
            raise HubError(message, code=BAD_REQUEST) from error

    def _role(self, claims: Mapping[str, Any]) -> Role:
        found: object = claims
        for part in self.client.role_claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        values = [*(found if isinstance(found, list) else [found]), ANYBODY]
        roles = [role for value, role in self.client.roles.items() if value in values]
        if not roles:
            raise PermissionDenied(f"Nothing in {self.client.role_claim!r} gives you a role here; see HUB_OIDC_ROLES.")
        return max(roles)
