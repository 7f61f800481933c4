"""Everything as it was at a moment: which, for whom, and what is refused."""

from typing import Any

import pytest

from hub.auth import Role
from hub.errors import BAD_REQUEST, INVALID_FILTER, UNRECOVERABLE_POSITION, ErrorCode
from tests.api.hub_api import NOW_MS, Api


@pytest.fixture(autouse=True)
async def said(api: Api) -> None:
    await api.write(
        [("telemetry/pump", NOW_MS - 500, {"speed": 1, "on": True}), ("chat/ops", NOW_MS - 400, {"id": "1"})]
    )
    await api.write([("telemetry/pump", NOW_MS - 300, {"speed": 2}), ("telemetry/fan", NOW_MS - 300, {"speed": 9})])
    await api.write([("chat/ops", NOW_MS - 200, {"id": "2"}), ("system/audit/access", NOW_MS - 100, {"user": "anna"})])


async def data_of(api: Api, role: Role = Role.VIEWER, **params: Any) -> list[tuple[str, object]]:
    answer = await api.get("/api/state", params, role=role)
    return sorted(((event["topic"], event["data"]) for event in answer["events"]), key=str)


PUMP, FAN = ("telemetry/pump", {"speed": 2, "on": True}), ("telemetry/fan", {"speed": 9})


@pytest.mark.parametrize(
    ("at", "devices"),
    [
        ("epoch-1", [("telemetry/pump", {"speed": 1, "on": True})]),
        ("epoch-2", [FAN, PUMP]),
        (NOW_MS - 501, []),
        (NOW_MS - 400, [("telemetry/pump", {"speed": 1, "on": True})]),
        (NOW_MS, [FAN, PUMP]),
        ("1971-01-01T00:00:00Z", []),
    ],
)
async def test_a_moment(api: Api, at: str | int, devices: list[tuple[str, object]]) -> None:
    assert await data_of(api, at=at, filter="telemetry/#") == devices


async def test_the_last_that_was_recorded(api: Api) -> None:
    answer = await api.get("/api/state")
    assert (answer["position"], answer["time"]) == ("epoch-3", NOW_MS - 100)
    assert [event["data"]["id"] for event in answer["events"] if event["topic"] == "chat/ops"] == ["1", "2"]


async def test_filters(api: Api) -> None:
    assert await data_of(api, filter=["telemetry/fan", "nothing/#"]) == [FAN]


async def test_what_one_may_not_see_is_not_there(api: Api) -> None:
    audit = ("system/audit/access", {"user": "anna"})
    assert audit not in await data_of(api, filter="#")
    assert audit in await data_of(api, role=Role.ADMIN, filter="#")
    answer = await api.browser.get("/api/state", headers=api.narrowed("telemetry/fan"))
    assert [event["topic"] for event in answer.json()["events"]] == ["telemetry/fan"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"at": "epoch-4"}, UNRECOVERABLE_POSITION),
        ({"at": "other-1"}, UNRECOVERABLE_POSITION),
        ({"at": "yesterday"}, BAD_REQUEST),
        ({"at": "' OR 1=1 --"}, BAD_REQUEST),
        ({"at": "9" * 60}, BAD_REQUEST),
        ({"at": "9" * 65}, BAD_REQUEST),
        ({"filter": "a/#/b"}, INVALID_FILTER),
        ({"filter": ["a"] * 129}, BAD_REQUEST),
    ],
)
async def test_what_is_refused(api: Api, params: dict[str, Any], code: ErrorCode) -> None:
    answer = await api.browser.get("/api/state", headers=api.bearer(), params=params)
    assert (answer.status_code, answer.json()["error"]["name"]) == (code.http_status, code.name)
