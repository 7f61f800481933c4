import asyncio
from http.cookies import SimpleCookie

import pytest

from hub.api.limits import ATTEMPTS
from hub.auth import COOKIE, Role, verify
from tests.api.hub_api import KEYS, PASSWORD, Api
from tests.running import until


@pytest.fixture(autouse=True)
async def anna(api: Api, password_hash: str) -> None:
    await api.add_user("anna", Role.OPERATOR, password_hash)


async def sign_in(api: Api, name: str = "anna", password: str = PASSWORD) -> dict[str, object]:
    answer = await api.browser.post("/api/sign-in", json={"name": name, "password": password})
    body: dict[str, object] = answer.json()
    return body if answer.status_code == 200 else {"status": answer.status_code, **body}


async def test_a_right_password_signs_in(api: Api) -> None:
    answer = await api.browser.post("/api/sign-in", json={"name": "anna", "password": PASSWORD})
    assert answer.json() == {"user": "anna", "role": "operator", "expires": api.now_ms // 1000 + 3600}
    morsel = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["secure"]) == (True, "strict", "/", "")
    assert morsel["max-age"] == "3600"
    assert verify(morsel.value, KEYS, now_s=api.now_ms / 1000).role is Role.OPERATOR
    assert (await api.browser.get("/api/me")).json() == answer.json()


async def test_over_https_the_cookie_is_secure(api: Api) -> None:
    async with api.other_browser(origin="https://hub.test") as browser:
        answer = await browser.post("/api/sign-in", json={"name": "anna", "password": PASSWORD})
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", ""), ("a\x00", "x")])
async def test_a_wrong_password_and_an_unknown_name_answer_alike(api: Api, name: str, password: str) -> None:
    answer = await api.browser.post("/api/sign-in", json={"name": name, "password": password})
    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": 101, "name": "unauthorized", "message": "Name or password is wrong."}}
    assert "set-cookie" not in answer.headers


async def test_guessing_is_slowed_down_by_name(api: Api, password_hash: str) -> None:
    await api.add_user("berta", Role.VIEWER, password_hash)
    answers = await asyncio.gather(*(sign_in(api, password=f"guess {n}") for n in range(ATTEMPTS + 1)))
    assert sorted(str(answer["status"]) for answer in answers) == ["401"] * ATTEMPTS + ["429"]
    refused = await api.browser.post("/api/sign-in", json={"name": "anna", "password": PASSWORD})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.json()["error"]["name"] == "too_many_requests"
    assert (await sign_in(api, "berta"))["user"] == "berta"
    api.now_ms += 60_000
    assert (await sign_in(api))["user"] == "anna"


async def test_signing_out_forgets_the_cookie(api: Api) -> None:
    await sign_in(api)
    assert (await api.browser.post("/api/sign-out")).status_code == 204
    assert (await api.browser.get("/api/me")).status_code == 401


async def test_without_a_token_one_is_asked_to_sign_in(api: Api) -> None:
    answer = await api.browser.get("/api/me")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {"error": {"code": 101, "name": "unauthorized", "message": "Sign in first."}}


async def test_the_header_goes_before_the_cookie(api: Api) -> None:
    await sign_in(api)
    me = (await api.browser.get("/api/me", headers=api.bearer(Role.ADMIN, user="script"))).json()
    assert (me["user"], me["role"]) == ("script", "admin")
    forged = await api.browser.get("/api/me", headers={"Authorization": "Bearer no.token.here"})
    assert forged.json()["error"]["name"] == "invalid_token"


async def test_an_expired_token_is_told_as_such(api: Api) -> None:
    headers = api.bearer(ttl_s=60)
    api.now_ms += 60_000
    assert (await api.browser.get("/api/me", headers=headers)).json()["error"]["name"] == "token_expired"


async def test_refresh_gives_the_role_of_now(api: Api) -> None:
    first = await sign_in(api)
    await api.context.users.set_role("anna", "viewer", now_ms=0)
    api.now_ms += 1_000_000
    again = (await api.browser.post("/api/me/refresh")).json()
    assert again == {"user": "anna", "role": "viewer", "expires": int(str(first["expires"])) + 1000}
    assert (await api.browser.get("/api/me")).json() == again


async def test_who_was_removed_is_not_refreshed(api: Api) -> None:
    await sign_in(api)
    await api.context.users.remove("anna", now_ms=0)
    assert (await api.browser.post("/api/me/refresh")).status_code == 401


async def test_a_page_may_ask_who_is_signed_in_before_anybody_is(api: Api) -> None:
    assert (await api.browser.get("/api/session")).json() == {"me": None}
    me = await sign_in(api)
    assert (await api.browser.get("/api/session")).json() == {"me": me}
    api.browser.cookies.set("hub_token", "forged")
    assert (await api.browser.get("/api/session")).status_code == 200


async def test_sign_ins_are_in_the_audit(api: Api) -> None:
    await sign_in(api, password="wrong")
    await sign_in(api)
    await api.browser.post("/api/sign-out")
    await api.browser.post("/api/sign-out")
    said = [(topic, data["event"], data["user"], data["address"]) for topic, data in api.context.audit.take()]
    topic = "system/audit/sign-in"
    assert said == [(topic, event, "anna", "127.0.0.1") for event in ("refused", "signed_in", "signed_out")]


async def test_only_a_sign_in_is_renewed(api: Api) -> None:
    answer = await api.browser.post("/api/me/refresh", headers=api.bearer(Role.ADMIN))
    assert answer.json()["error"]["name"] == "permission_denied"


async def test_a_change_while_the_password_is_checked_ends_the_sign_in(api: Api) -> None:
    signing_in = asyncio.create_task(sign_in(api))
    await until(lambda: api.context.passwords._waiting == 1)
    api.now_ms += 1
    await api.context.users.set_role("anna", "viewer", now_ms=api.now_ms)
    await api.context.access.user_changed("anna")
    assert (await signing_in)["user"] == "anna"
    assert (await api.browser.get("/api/me")).status_code == 401
