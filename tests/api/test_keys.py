import pytest

from hub.auth import Identity, Role, sign
from tests.api.hub_api import Api

ALL = ("GET", "/api/keys"), ("POST", "/api/keys"), ("DELETE", "/api/keys/x")


async def ask(api: Api, method: str, path: str, body: object = None, **who: object) -> tuple[int, dict[str, object]]:
    role = who.pop("role", Role.ADMIN)
    assert isinstance(role, Role)
    answer = await api.browser.request(method, path, json=body, headers=api.bearer(role, user="boss"))
    return answer.status_code, answer.json() if answer.content else {}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_only_admins_see_and_make_keys(api: Api, role: Role) -> None:
    for method, path in ALL:
        assert (await ask(api, method, path, role=role))[0] == 403
        assert (await api.browser.request(method, path)).status_code == 401


async def test_who_was_narrowed_is_no_admin(api: Api) -> None:
    identity = Identity("boss", Role.ADMIN, api.now_ms // 1000 + 60, subscribe=("telemetry/#",))
    headers = {"Authorization": f"Bearer {sign(identity, api.context.access.keys)}"}
    for method, path in (*ALL, ("GET", "/api/users")):
        assert (await api.browser.request(method, path, headers=headers)).status_code == 403


async def test_a_key_is_shown_once_and_holds_until_it_is_revoked(api: Api) -> None:
    new = {"name": "script", "role": "operator", "subscribe": ["telemetry/+"], "publish": []}
    status, made = await ask(api, "POST", "/api/keys", new)
    secret = str(made.pop("secret"))
    key_id = made["id"]
    entry = {**new, "id": key_id, "created": api.now_ms, "expires": None}
    assert (status, made) == (201, entry)
    assert await ask(api, "GET", "/api/keys") == (200, {"keys": [entry]})
    bearer = {"Authorization": f"Bearer {secret}"}
    me = (await api.browser.get("/api/me", headers=bearer)).json()
    assert me == {"user": "key:script", "role": "operator", "expires": 253_402_300_799}
    assert (await api.browser.post("/api/me/refresh", headers=bearer)).status_code == 403
    assert await ask(api, "DELETE", f"/api/keys/{key_id}") == (204, {})
    assert (await api.browser.get("/api/me", headers=bearer)).json()["error"]["name"] == "invalid_token"
    assert await ask(api, "GET", "/api/keys") == (200, {"keys": []})
    assert [data["event"] for _, data in api.announced] == ["key_added", "key_revoked"]
    added = {"event": "added", "user": "boss", "about": key_id, "name": "script", "role": "operator"}
    assert api.context.audit.take() == [
        ("system/audit/key", added),
        ("system/audit/key", {"event": "revoked", "user": "boss", "about": key_id}),
    ]
    assert secret not in str(api.announced)


async def test_a_key_can_expire(api: Api) -> None:
    expires = api.now_ms // 1000 + 10
    made = (await ask(api, "POST", "/api/keys", {"name": "script", "role": "viewer", "expires": expires}))[1]
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert (await api.browser.get("/api/me", headers=bearer)).json()["expires"] == expires
    api.now_ms += 10_000
    assert (await api.browser.get("/api/me", headers=bearer)).json()["error"]["name"] == "token_expired"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, "bad_request"),
        ({"role": "root"}, "bad_request"),
        ({"subscribe": ["a/#/b"]}, "invalid_filter"),
        ({"subscribe": "a"}, "bad_request"),
        ({"publish": ["a"] * 129}, "bad_request"),
        ({"expires": 5}, "bad_request"),
        ({"expires": 2**60}, "bad_request"),
    ],
)
async def test_unfit_keys_are_refused(api: Api, change: dict[str, object], error: str) -> None:
    status, answer = await ask(api, "POST", "/api/keys", {"name": "script", "role": "viewer", **change})
    assert status == 400
    assert answer["error"]["name"] == error  # type: ignore[index]  # an error's shape is another test's
    assert await ask(api, "GET", "/api/keys") == (200, {"keys": []})


async def test_a_name_is_there_once_and_an_unknown_key_not_at_all(api: Api) -> None:
    new = {"name": "script", "role": "viewer"}
    assert (await ask(api, "POST", "/api/keys", new))[0] == 201
    assert (await ask(api, "POST", "/api/keys", new))[0] == 409
    assert (await ask(api, "DELETE", "/api/keys/never"))[0] == 404


async def test_a_ticket_for_whoever_asks(api: Api) -> None:
    assert (await api.browser.post("/api/tickets")).status_code == 401
    answer = await api.browser.post("/api/tickets", headers=api.bearer(Role.OPERATOR))
    given = answer.json()
    assert (answer.status_code, given["expires"]) == (201, api.now_ms // 1000 + 30)
    identity = await api.context.tickets.redeem(given["ticket"])
    assert (identity.user, identity.role) == ("anna", Role.OPERATOR)
    assert (await api.browser.get("/api/me", params={"ticket": given["ticket"]})).status_code == 401
