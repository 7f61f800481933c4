from collections.abc import Awaitable, Callable

import pytest
from fastapi import Request

from hub.api.answers import refuse, refuse_http, refuse_invalid
from hub.api.headers import CONTENT_SECURITY_POLICY
from hub.errors import Unavailable
from tests.api.hub_api import Api


async def test_no_such_path(api: Api) -> None:
    answer = await api.browser.get("/api/nothing")
    assert (answer.status_code, answer.json()["error"]["name"]) == (404, "not_found")


async def test_no_such_method(api: Api) -> None:
    answer = await api.browser.put("/api/sign-in", json={})
    assert answer.status_code == 405
    assert answer.json()["error"] == {"code": 107, "name": "bad_request", "message": "Method Not Allowed."}
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", "application/json", "body: Field required."),
        (b"{", "application/json", "1: JSON decode error."),
        (b"\xff", "application/json", "There was an error parsing the body."),
        (b"[]", "application/json", "body: should be a valid dictionary"),
        (b'{"name":"anna"}', "application/json", "password: Field required."),
        (b'{"name":"anna","password":7}', "application/json", "password: should be a valid string."),
        (b'{"name":"\\ud800","password":"x"}', "application/json", "name: should be a valid string,"),
        (b'{"name":"anna","password":"x"}', "text/plain", "body: should be a valid dictionary"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_body_is_told(api: Api, content: bytes, kind: str, said: str) -> None:
    answer = await api.browser.post("/api/sign-in", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["name"]) == (400, "bad_request")
    assert answer.json()["error"]["message"].startswith(said)


async def test_security_headers_are_on_every_answer(api: Api) -> None:
    for path in ("/api/nothing", "/openapi.json"):
        headers = (await api.browser.get(path)).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert (await api.browser.get("/api/me")).headers["cache-control"] == "no-store"


async def test_a_store_that_is_away_is_told(api: Api) -> None:
    async def away() -> None:
        raise Unavailable("The store is away.")

    api.app.add_api_route("/api/away", away)
    api.app.router.routes.insert(0, api.app.router.routes.pop())
    answer = await api.browser.get("/api/away")
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "The store is away.")


async def test_an_unexpected_failure_shows_no_trace(api: Api) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    api.app.add_api_route("/api/broken", broken)
    api.app.router.routes.insert(0, api.app.router.routes.pop())
    answer = await api.browser.get("/api/broken")
    assert answer.status_code == 500
    assert answer.json()["error"] == {"code": 100, "name": "internal", "message": "The hub failed; its log says where."}
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_api_describes_itself(api: Api) -> None:
    document = (await api.browser.get("/openapi.json")).json()
    assert {"/api/sign-in", "/api/users", "/api/devices", "/api/history", "/api/status"} <= set(document["paths"])
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie"}


@pytest.mark.parametrize("refusing", [refuse, refuse_invalid, refuse_http])
async def test_other_errors_go_on(refusing: Callable[[Request, Exception], Awaitable[object]]) -> None:
    with pytest.raises(ZeroDivisionError):
        await refusing(Request({"type": "http"}), ZeroDivisionError())
