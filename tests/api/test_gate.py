from collections.abc import AsyncIterator

import httpx
import pytest

from hub.api.gate import MAX_BODY_BYTES
from hub.auth import Role
from tests.api.hub_api import ORIGIN, PASSWORD, Api


@pytest.fixture
async def browser(api: Api, password_hash: str) -> httpx.AsyncClient:
    """A browser in which somebody has signed in."""
    await api.add_user("anna", Role.ADMIN, password_hash)
    signed_in = await api.browser.post("/api/sign-in", json={"name": "anna", "password": PASSWORD})
    assert signed_in.status_code == 200
    return api.browser


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://hub.test", "http://hub.test:8000.evil.example"]
)
async def test_a_foreign_page_changes_nothing(browser: httpx.AsyncClient, origin: str) -> None:
    for method, path in (("POST", "/api/me/refresh"), ("POST", "/api/sign-in"), ("DELETE", "/api/users/anna")):
        answer = await browser.request(method, path, headers={"Origin": origin})
        assert (answer.status_code, answer.json()["error"]["name"]) == (403, "permission_denied")
        assert "HUB_HTTP_ORIGINS" in answer.json()["error"]["message"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", [ORIGIN, "https://hub.test:8000", "https://other.example"])
async def test_own_and_allowed_pages_may(browser: httpx.AsyncClient, origin: str) -> None:
    assert (await browser.post("/api/me/refresh", headers={"Origin": origin})).status_code == 200


async def test_a_foreign_page_may_not_read_either(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/api/me", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_token_in_the_header_is_no_browsers_doing(api: Api) -> None:
    headers = {"Origin": "https://evil.example", **api.bearer(Role.ADMIN)}
    assert (await api.browser.delete("/api/users/nobody", headers=headers)).status_code == 404


async def test_allowed_origins_may_read_the_answers(browser: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "PATCH"}
    asked["Access-Control-Request-Headers"] = "authorization,content-type"
    preflight = await browser.options("/api/users/anna", headers=asked)
    assert preflight.status_code == 200
    for answer in (preflight, await browser.get("/api/nothing", headers={"Origin": "https://other.example"})):
        assert answer.headers["access-control-allow-origin"] == "https://other.example"
        assert answer.headers["access-control-allow-credentials"] == "true"


async def test_large_bodies_are_refused(api: Api) -> None:
    answer = await api.browser.post("/api/sign-in", content=b" " * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["error"]["name"]) == (413, "too_large")


async def test_large_bodies_of_unknown_length_are_refused(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1000 + 1):
            yield b" " * 1000

    answer = await api.browser.post("/api/sign-in", content=endless(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["name"]) == (413, "too_large")
