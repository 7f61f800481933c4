"""A position as where an answer begins, over HTTP: what was recorded after it, each once."""

from typing import Any

import pytest

from hub.api import history_missed, since
from hub.events import Position
from tests.api.hub_api import NOW_MS, Api


async def missed(api: Api, **params: Any) -> tuple[dict[str, list[list[Any]]], list[dict[str, Any]]]:
    """All values by their key, and the answers they came with."""
    found: dict[str, list[list[Any]]] = {}
    answers: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while not answers or answers[-1]["next"] is not None:
        answers.append(await api.get("/api/history", {"device": "d", **params, **more}))
        for series in answers[-1]["series"]:
            found.setdefault(series["key"], []).extend(series["points"])
        more = {"after": answers[-1]["next"]}
    return found, answers


async def refused(api: Api, path: str, params: dict[str, Any]) -> tuple[int, str]:
    answer = await api.browser.get(path, params=params, headers=api.bearer())
    return answer.status_code, answer.json()["error"]["name"]


async def test_values_after_a_position_and_none_of_before(api: Api) -> None:
    await api.write([("device/d", NOW_MS, {"name": "D", "units": {"n": "W"}})])
    position = await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    await api.write([("telemetry/d", NOW_MS + 5, {"n": 2, "m": True}), ("telemetry/e", NOW_MS, {"n": 7})])
    last = await api.write([("telemetry/d", NOW_MS - 9_000_000, {"n": 3}), ("telemetry/d", NOW_MS + 6, {"n": 4})])
    values, (answer,) = await missed(api, since=str(position))
    assert values == {"m": [[NOW_MS + 5, True]], "n": [[NOW_MS + 5, 2], [NOW_MS - 9_000_000, 3], [NOW_MS + 6, 4]]}
    assert (answer["position"], answer["resolution_ms"], answer["series"][1]["unit"]) == (str(last), 0, "W")
    assert await missed(api, since=str(last)) == (
        {},
        [{"series": [], "resolution_ms": 0, "next": None, "position": str(last)}],
    )
    values, _ = await missed(api, since=str(position), key=["m", "none"])
    assert values == {"m": [[NOW_MS + 5, True]], "none": []}


async def test_pages_end_where_the_first_one_saw_the_end(api: Api) -> None:
    position = await api.write([("telemetry/d", NOW_MS, {"n": -1})])
    last = await api.write([("telemetry/d", NOW_MS + n, {"n": n}) for n in range(5)])
    first = await api.get("/api/history", {"device": "d", "since": str(position), "limit": 2})
    await api.write([("telemetry/d", NOW_MS, {"n": 99})])
    found, answers = await missed(api, since=str(position), limit=2, after=first["next"])
    assert found == {"n": [[NOW_MS + n, n] for n in range(2, 5)]}
    assert {answer["position"] for answer in answers} == {str(last)}
    assert [len(series["points"]) for answer in answers for series in answer["series"]] == [2, 1]


async def test_from_the_beginning_of_the_log(api: Api) -> None:
    empty = Position("epoch", 0)
    api.node.latest.position = empty
    assert (await missed(api, since=str(empty)))[1][0]["position"] == str(empty)
    assert (await api.get("/api/search", {"since": str(empty)}))["events"] == []
    await api.write([("telemetry/d", NOW_MS, {"n": 1}), ("chat/a", NOW_MS, {"text": "x"})])
    assert (await missed(api, since=str(empty)))[0] == {"n": [[NOW_MS, 1]]}
    assert len((await api.get("/api/search", {"since": str(empty)}))["events"]) == 1


async def test_what_is_on_the_log_is_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    monkeypatch.setattr(since, "WAIT_S", 0.05)
    api.node.latest.position = Position("epoch", 7)
    for path in ("/api/history", "/api/search"):
        assert await refused(api, path, {"device": "d", "since": "epoch-7"}) == (503, "not_available")
        assert await refused(api, path, {"device": "d", "since": "epoch-8"}) == (410, "unrecoverable_position")
    api.node.latest.position = Position("next", 3)
    assert await refused(api, "/api/history", {"device": "d", "since": "next-3"}) == (503, "not_available")


async def test_what_takes_too_long_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    position = await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    monkeypatch.setattr(history_missed, "LIMIT_S", 0)
    assert await refused(api, "/api/history", {"device": "d", "since": str(position)}) == (503, "not_available")


BAD = ["", "x", "epoch-", "epoch-01", "-1", "' OR 1=1 --", "\0", "a" * 10_000, "epoch-1; DROP TABLE runs", "%", "é-1"]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("path", ["/api/history", "/api/search"])
async def test_a_position_that_is_none_has_a_name(api: Api, path: str, text: str) -> None:
    status, name = await refused(api, path, {"device": "d", "since": text})
    assert (status, name) in {(400, "invalid_position"), (400, "bad_request")}


@pytest.mark.parametrize("text", ["other-1", "none-0", "epoch-9999999999999999999", "epoch-2"])
@pytest.mark.parametrize("path", ["/api/history", "/api/search"])
async def test_a_position_of_elsewhere_has_a_name(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str, text: str
) -> None:
    monkeypatch.setattr(since, "WAIT_S", 0)
    await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    assert await refused(api, path, {"device": "d", "since": text}) == (410, "unrecoverable_position")


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"points": 5}, "bad_request"),
        ({"from": NOW_MS}, "bad_request"),
        ({"to": NOW_MS}, "bad_request"),
        ({"format": "csv"}, "bad_request"),
        ({"device": ["d", "e"]}, "bad_request"),
        ({"device": "+"}, "invalid_topic"),
        ({"device": "#"}, "invalid_topic"),
        ({"device": "a\0b"}, "invalid_topic"),
        ({"device": "d/e"}, "permission_denied"),
        ({"after": "nonsense"}, "bad_request"),
        ({"after": "since.1.2.nonsense"}, "invalid_position"),
        ({"limit": 0}, "bad_request"),
        ({"limit": -1}, "bad_request"),
        ({"limit": 10**9}, "bad_request"),
    ],
)
async def test_bad_queries_have_a_name(api: Api, params: dict[str, Any], name: str) -> None:
    position = await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    answer = await api.browser.get(
        "/api/history", params={"device": "d", "since": str(position), **params}, headers=api.narrowed("telemetry/+")
    )
    assert answer.status_code in {400, 403}
    assert answer.json()["error"]["name"] == name


async def test_events_after_a_position_oldest_first(api: Api) -> None:
    positions = [await api.write([("chat/a", NOW_MS + n, {"text": f"{n}"})]) for n in range(7)]

    async def asked(**params: Any) -> tuple[list[str], dict[str, Any]]:
        answer = await api.get("/api/search", params)
        return [event["data"]["text"] for event in answer["events"]], answer

    assert (await asked(since=positions[2]))[0] == ["3", "4", "5", "6"]
    assert (await asked(until=positions[2]))[0] == ["2", "1", "0"]
    assert (await asked(since=positions[1], until=positions[4]))[0] == ["2", "3", "4"]
    assert (await asked(since=positions[4], until=positions[1]))[0] == []
    texts, answer = await asked(since=positions[2], limit=2)
    assert texts == ["3", "4"]
    texts, answer = await asked(since=positions[2], limit=2, after=answer["newer"])
    assert texts == ["5", "6"]
    assert (await asked(since=positions[2], limit=2, before=answer["older"]))[0] == ["3", "4"]
    texts, answer = await asked(since=positions[2], limit=2, after=answer["newer"])
    assert texts == []
    await api.write([("chat/a", NOW_MS, {"text": "new"})])
    assert (await asked(since=positions[2], after=answer["newer"]))[0] == ["new"]
