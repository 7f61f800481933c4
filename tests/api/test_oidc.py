"""Signing in at an OpenID provider, as a browser does it: redirects, cookies and a provider that runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hub.api.oidc import ATTEMPT_COOKIE, ATTEMPT_S
from hub.auth import COOKIE, Role
from hub.oidc import Client, Provider
from tests.api.hub_api import NOW_MS, ORIGIN, Api, open_api
from tests.issuers import Issuer, issuer, key_pair

NOW_S = NOW_MS // 1000
ROLES = {"admins": Role.ADMIN, "crew": Role.OPERATOR}


@asynccontextmanager
async def signing_in(tmp_path: Path, other: Issuer, **changes: Any) -> AsyncIterator[Api]:
    """A hub whose provider it is; `changes` are of the hub's settings there."""
    name, secret = other.client
    given: dict[str, Any] = {
        "issuer": other.url,
        "client_id": name,
        "secret": secret,
        "user_claim": "preferred_username",
        "role_claim": "groups",
        "roles": ROLES,
        **changes,
    }
    provider = Provider(Client(**given), now_s=lambda: served[0].now_ms / 1000 if served else NOW_S)
    served: list[Api] = []
    keeping = asyncio.create_task(provider.jwks.keep())
    try:
        async with open_api(tmp_path, provider=provider) as api:
            served.append(api)
            yield api
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


@pytest.fixture
async def other() -> AsyncIterator[Issuer]:
    async with issuer(now_s=NOW_S) as found:
        found.claims["groups"] = ["crew"]
        yield found


async def go(api: Api, browser: httpx.AsyncClient | None = None) -> httpx.Response:
    """Begin, be sent to the provider and back again; the hub's last answer."""
    browser = browser or api.browser
    begun = await browser.get("/api/sign-in/oidc")
    assert begun.status_code == 303
    if begun.headers["location"].startswith("/"):
        return begun
    async with httpx.AsyncClient() as other:
        page = await other.get(begun.headers["location"])
    assert page.headers["location"].startswith(f"{ORIGIN}/api/sign-in/oidc/callback?")
    return await browser.get(page.headers["location"])


async def problem(api: Api) -> str:
    """The name of the problem that a sign-in ends with."""
    answer = await go(api)
    assert answer.status_code == 303
    assert COOKIE not in answer.headers.get("set-cookie", "")
    assert (await api.browser.get("/api/session")).json() == {"me": None}
    parts = urlsplit(answer.headers["location"])
    assert parts.path == "/sign-in"
    return parts.fragment.removeprefix("problem=")


async def test_a_browser_comes_back_signed_in(tmp_path: Path, other: Issuer) -> None:
    async with signing_in(tmp_path, other) as api:
        options = (await api.browser.get("/api/sign-in/options")).json()
        assert options == {"oidc": {"name": "127.0.0.1", "url": "/api/sign-in/oidc"}}
        answer = await go(api)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        me = {"user": "anna", "role": "operator", "expires": NOW_S + 3600}
        assert (await api.browser.get("/api/me")).json() == me
        assert ATTEMPT_COOKIE not in api.browser.cookies
        assert (await api.browser.post("/api/me/refresh")).status_code == 403
        assert api.context.audit.take() == [
            ("system/audit/sign-in", {"event": "signed_in", "user": "anna", "address": "127.0.0.1", "way": "oidc"})
        ]


async def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        assert (await api.browser.get("/api/sign-in/options")).json() == {"oidc": None}
        assert await problem(api) == "not_found"


@pytest.mark.parametrize(("groups", "role"), [(["crew", "admins"], "admin"), ("crew", "operator")])
async def test_the_greatest_role_of_the_claim_counts(tmp_path: Path, other: Issuer, groups: object, role: str) -> None:
    other.claims["groups"] = groups
    async with signing_in(tmp_path, other) as api:
        await go(api)
        assert (await api.browser.get("/api/me")).json()["role"] == role


@pytest.mark.parametrize("groups", [["guests"], None, [], {"crew": 1}, [["crew"], 7]])
async def test_who_has_no_role_is_not_let_in(tmp_path: Path, other: Issuer, groups: object) -> None:
    other.claims["groups"] = groups
    async with signing_in(tmp_path, other) as api:
        assert await problem(api) == "permission_denied"


async def test_anybody_may_be_let_in_and_a_claim_may_lie_deeper(tmp_path: Path, other: Issuer) -> None:
    other.claims = {"sub": "7", "email": "ivan@example.org", "realm_access": {"roles": ["admins"]}}
    roles = {"admins": Role.ADMIN, "*": Role.VIEWER}
    async with signing_in(tmp_path, other, roles=roles, user_claim="email", role_claim="realm_access.roles") as api:
        await go(api)
        me = (await api.browser.get("/api/me")).json()
        assert (me["user"], me["role"]) == ("ivan@example.org", "admin")
        other.claims["realm_access"] = "none"
        await go(api)
        assert (await api.browser.get("/api/me")).json()["role"] == "viewer"


@pytest.mark.parametrize("secret", ["s:cret/ %", None])
async def test_ways_to_say_the_secret(tmp_path: Path, other: Issuer, secret: str | None) -> None:
    other.ways = ("client_secret_post",)
    other.client = ("hub", secret or "")
    async with signing_in(tmp_path, other, secret=secret) as api:
        assert (await go(api)).headers["location"] == "/"


async def test_a_wrong_secret(tmp_path: Path, other: Issuer) -> None:
    async with signing_in(tmp_path, other, secret="another") as api:
        assert await problem(api) == "unauthorized"


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["hub", "another"], "azp": "another"},
        {"iss": "http://another"},
        {"exp": NOW_S - 100},
        {"exp": None},
        {"sub": None},
        {"iat": NOW_S + 1000},
        {"at_hash": "bm90aXQ"},
    ],
)
async def test_an_id_token_that_does_not_hold(tmp_path: Path, other: Issuer, changes: dict[str, object]) -> None:
    other.changes = changes
    async with signing_in(tmp_path, other) as api:
        assert await problem(api) == "unauthorized"


async def test_an_id_token_of_another_key(tmp_path: Path, other: Issuer) -> None:
    async with signing_in(tmp_path, other) as api:
        assert api.context.provider is not None
        await api.context.provider.jwks.settled()
        other.pairs = [key_pair("ES256", "two")]
        assert await problem(api) == "unauthorized"
        api.now_ms += 60_000
        other.now_s += 60
        assert (await go(api)).headers["location"] == "/", "the provider's new key is fetched"


async def test_a_name_that_is_none(tmp_path: Path, other: Issuer) -> None:
    other.claims["preferred_username"] = "an\u200bna"
    async with signing_in(tmp_path, other) as api:
        assert await problem(api) == "bad_request"


async def test_the_name_of_a_user_of_the_hub_is_taken(tmp_path: Path, other: Issuer, password_hash: str) -> None:
    async with signing_in(tmp_path, other) as api:
        await api.add_user("anna", Role.VIEWER, password_hash)
        assert await problem(api) == "conflict"


async def test_the_provider_may_say_no(tmp_path: Path, other: Issuer) -> None:
    other.error = "access_denied"
    async with signing_in(tmp_path, other) as api:
        assert await problem(api) == "unauthorized"


@pytest.mark.parametrize(
    "published", [{"issuer": "http://another"}, {"token_endpoint": None}, {"authorization_endpoint": 7}]
)
async def test_a_provider_that_publishes_something_else(
    tmp_path: Path, other: Issuer, published: dict[str, object]
) -> None:
    other.published = published
    async with signing_in(tmp_path, other) as api:
        assert await problem(api) == "not_available"


async def test_a_provider_that_is_away_is_found_later(tmp_path: Path, other: Issuer) -> None:
    other.published = {"issuer": "not yet"}
    async with signing_in(tmp_path, other) as api:
        assert await problem(api) == "not_available"
        other.published = {}
        api.now_ms += 60_000
        other.now_s += 60
        assert (await go(api)).headers["location"] == "/"


async def callback(api: Api, **changes: str) -> str:
    """Begin, and come back with something else than the provider's answer; the fragment one ends up with."""
    begun = await api.browser.get("/api/sign-in/oidc")
    async with httpx.AsyncClient() as other:
        page = await other.get(begun.headers["location"])
    given = {name: values[0] for name, values in parse_qs(urlsplit(page.headers["location"]).query).items()}
    answer = await api.browser.get("/api/sign-in/oidc/callback", params=given | changes)
    return urlsplit(answer.headers["location"]).fragment


async def test_an_answer_that_this_browser_did_not_ask_for(tmp_path: Path, other: Issuer) -> None:
    async with signing_in(tmp_path, other) as api:
        assert await callback(api, state="another") == "problem=unauthorized"
        assert await callback(api, code="another") == "problem=unauthorized"
        assert await callback(api, code="") == "problem=unauthorized"
        assert await callback(api) == ""
        begun = await api.browser.get("/api/sign-in/oidc")
        async with httpx.AsyncClient() as stranger:
            page = await stranger.get(begun.headers["location"])
        async with api.other_browser() as browser:
            answer = await browser.get(page.headers["location"])
        assert urlsplit(answer.headers["location"]).fragment == "problem=unauthorized"


async def test_a_sign_in_that_takes_too_long(tmp_path: Path, other: Issuer) -> None:
    async with signing_in(tmp_path, other) as api:
        begun = await api.browser.get("/api/sign-in/oidc")
        async with httpx.AsyncClient() as stranger:
            page = await stranger.get(begun.headers["location"])
        api.now_ms += ATTEMPT_S * 1000
        answer = await api.browser.get(page.headers["location"])
        assert answer.headers["location"] == "/sign-in#problem=unauthorized"


async def test_the_cookie_of_an_attempt_is_no_token(tmp_path: Path, other: Issuer) -> None:
    async with signing_in(tmp_path, other) as api:
        begun = await api.browser.get("/api/sign-in/oidc")
        morsel = begun.headers["set-cookie"]
        assert "HttpOnly" in morsel
        assert "SameSite=lax" in morsel
        assert "Path=/api/sign-in/oidc" in morsel
        sealed = api.browser.cookies[ATTEMPT_COOKIE]
        answer = await api.browser.get("/api/me", headers={"Authorization": f"Bearer {sealed}"})
        assert answer.json()["error"]["name"] == "invalid_token"
