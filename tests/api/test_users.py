import pytest

from hub.auth import Role
from tests.api.hub_api import PASSWORD, Api


@pytest.fixture(autouse=True)
async def boss(api: Api, password_hash: str) -> None:
    await api.add_user("boss", Role.ADMIN, password_hash)


async def ask(api: Api, method: str, path: str, body: object = None, *, role: Role = Role.ADMIN) -> tuple[int, object]:
    answer = await api.browser.request(method, path, json=body, headers=api.bearer(role))
    return answer.status_code, answer.json() if answer.content else None


async def names(api: Api) -> list[str]:
    return [user.name for user in await api.context.users.list()]


def error(name: str, outcome: tuple[int, object]) -> int:
    status, body = outcome
    assert isinstance(body, dict)
    assert body["error"]["name"] == name
    return status


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_only_admins_see_and_change_users(api: Api, role: Role) -> None:
    for method, path in (("GET", "/api/users"), ("POST", "/api/users"), ("DELETE", "/api/users/boss")):
        assert error("permission_denied", await ask(api, method, path, role=role)) == 403
    assert (await api.browser.get("/api/users")).status_code == 401


async def test_add_list_and_sign_in(api: Api) -> None:
    new = {"name": "anna", "password": PASSWORD, "role": "viewer"}
    entry = {"name": "anna", "role": "viewer", "created": api.now_ms}
    assert await ask(api, "POST", "/api/users", new) == (201, entry)
    boss = {"name": "boss", "role": "admin", "created": api.now_ms}
    assert await ask(api, "GET", "/api/users") == (200, {"users": [entry, boss]})
    assert error("conflict", await ask(api, "POST", "/api/users", new)) == 409
    assert (await api.browser.post("/api/sign-in", json=new)).json()["role"] == "viewer"


@pytest.mark.parametrize("change", [{"name": " anna"}, {"password": "short"}, {"role": "root"}, {"role": 1}])
async def test_unfit_users_are_refused(api: Api, change: dict[str, object]) -> None:
    new = {"name": "anna", "password": PASSWORD, "role": "viewer", **change}
    assert error("bad_request", await ask(api, "POST", "/api/users", new)) == 400
    assert await names(api) == ["boss"]


async def test_role_and_password_change(api: Api, password_hash: str) -> None:
    await api.add_user("anna", Role.VIEWER, password_hash)
    status, entry = await ask(api, "PATCH", "/api/users/anna", {"role": "operator", "password": "battery staple"})
    assert (status, entry) == (200, {"name": "anna", "role": "operator", "created": api.now_ms})
    signed_in = await api.browser.post("/api/sign-in", json={"name": "anna", "password": "battery staple"})
    assert signed_in.json()["role"] == "operator"


async def test_an_unfit_change_changes_nothing(api: Api, password_hash: str) -> None:
    await api.add_user("anna", Role.VIEWER, password_hash)
    change = {"role": "operator", "password": "short"}
    assert error("bad_request", await ask(api, "PATCH", "/api/users/anna", change)) == 400
    user = await api.context.users.get("anna")
    assert user is not None
    assert user.role == "viewer"


async def test_the_last_admin_stays(api: Api, password_hash: str) -> None:
    assert error("conflict", await ask(api, "PATCH", "/api/users/boss", {"role": "viewer"})) == 409
    assert error("conflict", await ask(api, "DELETE", "/api/users/boss")) == 409
    assert (await ask(api, "PATCH", "/api/users/boss", {"role": "admin"}))[0] == 200
    await api.add_user("anna", Role.ADMIN, password_hash)
    assert await ask(api, "DELETE", "/api/users/boss") == (204, None)
    assert await names(api) == ["anna"]


async def test_a_change_ends_what_the_user_has_signed_in_with(api: Api, password_hash: str) -> None:
    await api.add_user("anna", Role.VIEWER, password_hash)
    credentials = {"name": "anna", "password": PASSWORD}
    for change in ({"role": "operator"}, {"password": PASSWORD + "!"}, None):
        async with api.other_browser() as browser:
            assert (await browser.post("/api/sign-in", json=credentials)).status_code == 200
            assert (await browser.get("/api/me")).status_code == 200
            method = "DELETE" if change is None else "PATCH"
            await api.browser.request(
                method, "/api/users/anna", json=change, headers=api.bearer(Role.ADMIN, user="boss")
            )
            assert (await browser.get("/api/me")).json()["error"]["name"] == "invalid_token"
            assert (await browser.post("/api/me/refresh")).status_code == 401
        credentials["password"] = PASSWORD + "!" if change and "password" in change else credentials["password"]
    assert [data for _, data in api.announced] == [{"event": "user_changed", "user": "anna"}] * 3
    told = [(data["event"], data.get("about")) for _, data in api.context.audit.take()]
    assert ("changed", "anna") in told
    assert ("removed", "anna") in told
    assert PASSWORD not in str(told)


async def test_no_user_is_called_like_a_key(api: Api) -> None:
    new = {"name": "key:script", "password": PASSWORD, "role": "viewer"}
    assert error("bad_request", await ask(api, "POST", "/api/users", new)) == 400


@pytest.mark.parametrize(("method", "body"), [("PATCH", {}), ("DELETE", None)])
async def test_unknown_users_are_not_found(api: Api, method: str, body: object) -> None:
    assert error("not_found", await ask(api, method, "/api/users/nobody", body)) == 404
