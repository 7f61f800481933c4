"""Finding events: what is asked for, who may see it, and pages both ways."""

from collections.abc import Mapping
from typing import Any

import pytest

from hub.auth import Identity, Role, sign
from hub.room import Room
from hub.store import said as kept
from tests.api.hub_api import NOW_MS, Api

SAID: list[tuple[str, int, Mapping[str, object]]] = [
    ("chat/ops", NOW_MS, {"text": "Pumpe läuft; 100%", "author": "anna", "id": "1"}),
    ("telemetry/pump", NOW_MS, {"mode": "Pumpe"}),
    ("command/pump/7", NOW_MS + 1, {"step": "created", "name": "start", "by": "ivan"}),
    ("system/audit/access", NOW_MS + 2, {"event": "user_changed", "user": "ivan", "about": "anna"}),
    ("chat/ops/night", NOW_MS + 3, {"text": "pump is off", "author": "ivan", "id": "2"}),
    ("registry/pump", NOW_MS + 4, {"name": "Pump 3", "tags": ["hall"]}),
]


@pytest.fixture(autouse=True)
async def said(api: Api) -> None:
    for one in SAID:
        await api.write([one])


async def found(api: Api, role: Role = Role.ADMIN, **params: Any) -> list[str]:
    answer = await api.get("/api/search", params, role=role)
    return [event["topic"] for event in answer["events"]]


@pytest.mark.parametrize(
    ("params", "topics"),
    [
        ({}, ["registry/pump", "chat/ops/night", "system/audit/access", "command/pump/7", "chat/ops"]),
        ({"text": "PUMP"}, ["registry/pump", "chat/ops/night", "command/pump/7", "chat/ops"]),
        ({"text": "lauft pumpe"}, ["chat/ops"]),
        ({"text": "pump nothing"}, []),
        ({"text": '" OR 1=1 --'}, []),
        ({"text": "pump", "filter": "chat/+"}, ["chat/ops"]),
        ({"filter": "chat/ops/#"}, ["chat/ops/night", "chat/ops"]),
        ({"filter": "+/pump"}, ["registry/pump"]),
        ({"device": "pump"}, ["registry/pump", "command/pump/7"]),
        ({"user": "ivan"}, ["chat/ops/night", "system/audit/access", "command/pump/7"]),
        ({"user": "'; DROP TABLE said; --"}, []),
        ({"from": NOW_MS + 1, "to": NOW_MS + 3}, ["system/audit/access", "command/pump/7"]),
        ({"limit": 1}, ["registry/pump"]),
    ],
)
async def test_what_is_asked_for(api: Api, params: dict[str, Any], topics: list[str]) -> None:
    assert await found(api, **params) == topics


async def test_an_event_is_whole_and_has_its_position(api: Api) -> None:
    answer = await api.get("/api/search", {"filter": "chat/ops"})
    topic, time, data = SAID[0]
    assert answer["events"] == [{"topic": topic, "time": time, "data": data, "position": "epoch-1"}]


async def test_nobody_finds_what_he_may_not_see(api: Api) -> None:
    room = Room("~anna-ivan", version=1, members=("anna", "ivan"))
    await api.write([("room/~anna-ivan", NOW_MS, room.shown())])
    await api.write([("chat/~anna-ivan", NOW_MS, {"text": "secret", "author": "anna", "id": "9"})])
    assert await found(api, Role.VIEWER, user="ivan") == ["chat/ops/night", "command/pump/7"]
    assert await found(api, Role.VIEWER, text="secret") == ["chat/~anna-ivan"]
    other = await api.browser.get("/api/search", params={"text": "secret"}, headers=api.bearer(Role.ADMIN, user="zoe"))
    assert other.json()["events"] == []
    identity = Identity("zoe", Role.VIEWER, api.now_ms // 1000 + 60, subscribe=("chat/ops",))
    headers = {"Authorization": f"Bearer {sign(identity, api.context.access.keys)}"}
    answer = await api.browser.get("/api/search", headers=headers)
    assert [event["topic"] for event in answer.json()["events"]] == ["chat/ops"]
    assert (await api.browser.get("/api/search")).status_code == 401


@pytest.mark.parametrize("looked_at", [2, 2_000])
async def test_pages_both_ways(api: Api, monkeypatch: pytest.MonkeyPatch, looked_at: int) -> None:
    monkeypatch.setattr(kept, "LOOKED_AT", looked_at)
    everything = await found(api)
    down: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    newest = (await api.get("/api/search", {"limit": 1}))["newer"]
    for _ in range(10):
        answer = await api.get("/api/search", params, role=Role.ADMIN)
        down += [event["topic"] for event in answer["events"]]
        if answer["older"] is None:
            break
        params["before"] = answer["older"]
    assert down == ["registry/pump", "chat/ops/night", "system/audit/access", "command/pump/7", "chat/ops"]
    assert everything == down[: min(5, looked_at)]
    up: list[str] = []
    params = {"limit": 2, "after": 0}
    for _ in range(10):
        answer = await api.get("/api/search", params, role=Role.ADMIN)
        if not answer["events"]:
            break
        up += [event["topic"] for event in reversed(answer["events"])]
        params["after"] = answer["newer"]
    assert up == down[::-1][1:]  # the first event of all has the place 0
    await api.write([("chat/ops", NOW_MS, {"text": "new", "author": "anna", "id": "3"})])
    assert await found(api, after=newest) == ["chat/ops"]


LONG = "x" * 10_000


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"from": 7, "to": 7}, "bad_request"),
        ({"from": 8, "to": 7}, "bad_request"),
        ({"from": "' OR 1=1"}, "bad_request"),
        ({"to": LONG}, "bad_request"),
        ({"filter": "chat/#/x"}, "invalid_filter"),
        ({"filter": "chat/a+"}, "invalid_filter"),
        ({"filter": "chat/\0"}, "invalid_filter"),
        ({"filter": ""}, "invalid_filter"),
        ({"filter": LONG}, "bad_request"),
        ({"text": "---"}, "bad_request"),
        ({"text": "& | ! <-> :*"}, "bad_request"),
        ({"text": "\0"}, "bad_request"),
        ({"text": "x" * 201}, "bad_request"),
        ({"device": LONG}, "bad_request"),
        ({"user": LONG}, "bad_request"),
        ({"limit": 0}, "bad_request"),
        ({"limit": -1}, "bad_request"),
        ({"limit": 501}, "bad_request"),
        ({"limit": 10**9}, "bad_request"),
        ({"before": "x"}, "bad_request"),
        ({"before": 10**30}, "bad_request"),
        ({"after": "' OR 1=1"}, "bad_request"),
        ({"after": -2}, "bad_request"),
    ],
)
async def test_bad_queries_have_a_name(api: Api, params: dict[str, Any], name: str) -> None:
    answer = await api.browser.get("/api/search", params=params, headers=api.bearer())
    assert answer.status_code == 400
    assert answer.json()["error"]["name"] == name


@pytest.mark.parametrize(
    "odd", ["' OR 1=1 --", '" OR ""="', "%", "_", "pump\0 a", "\\", "$1", "{}", "a:*|b", "pump' & '"]
)
@pytest.mark.parametrize("name", ["device", "user", "filter"])
async def test_whatever_is_looked_for_is_no_syntax(api: Api, name: str, odd: str) -> None:
    answer = await api.browser.get("/api/search", params={name: odd}, headers=api.bearer(Role.ADMIN))
    assert answer.status_code == 200 or answer.json()["error"]["name"] == "invalid_filter"
    assert answer.json().get("events", []) == []
    assert len(await found(api)) == 5
