from pathlib import Path

from hub.api.first_start import FirstStart
from hub.auth import Role
from tests.api.hub_api import PASSWORD, Api, open_api

CODE = "the code of this start"


def sent(**changes: str) -> dict[str, str]:
    return {"code": CODE, "name": "anna", "password": PASSWORD, **changes}


def test_the_link_has_the_code_behind_the_hash() -> None:
    first_start = FirstStart("abc")
    assert first_start.link("http://127.0.0.1:8000") == "http://127.0.0.1:8000/sign-in#code=abc"
    first_start.spend()
    assert first_start.link("http://127.0.0.1:8000") is None
    assert not first_start.matches("abc")


def test_without_a_code_nothing_matches() -> None:
    assert not FirstStart().matches("")
    assert FirstStart().link("http://x") is None


async def test_the_link_makes_the_first_admin_once(tmp_path: Path) -> None:
    async with open_api(tmp_path, first_start=FirstStart(CODE)) as api:
        wrong = await api.browser.post("/api/sign-in/link", json=sent(code="another"))
        assert (wrong.status_code, wrong.json()["error"]["name"]) == (403, "permission_denied")
        short = await api.browser.post("/api/sign-in/link", json=sent(password="short"))
        assert (short.status_code, short.json()["error"]["name"]) == (400, "bad_request")
        made = await api.browser.post("/api/sign-in/link", json=sent())
        assert made.json() == {"user": "anna", "role": "admin", "expires": api.now_ms // 1000 + 3600}
        assert (await api.browser.get("/api/me")).json() == made.json()
        again = await api.browser.post("/api/sign-in/link", json=sent(name="berta"))
        assert again.status_code == 403
        assert [user.name for user in await api.context.users.list()] == ["anna"]
        assert (await api.browser.post("/api/sign-in", json=sent())).json() == made.json()


async def test_the_link_is_of_no_use_where_users_are(tmp_path: Path, password_hash: str) -> None:
    async with open_api(tmp_path, first_start=FirstStart(CODE)) as api:
        await api.add_user("anna", Role.VIEWER, password_hash)
        refused = await api.browser.post("/api/sign-in/link", json=sent(name="berta"))
        assert (refused.status_code, refused.json()["error"]["name"]) == (409, "conflict")


async def test_an_api_without_first_start_has_no_link(api: Api) -> None:
    assert (await api.browser.post("/api/sign-in/link", json=sent(code=""))).status_code == 403
