import csv
import io
import json
from typing import Any

import pytest

from hub.api import history_points
from hub.api.history_page import MAX_SERIES
from hub.api.history_text import CsvText, NdjsonText
from tests.api.hub_api import NOW_MS, Api


def values(answer: dict[str, Any]) -> dict[str, list[list[Any]]]:
    return {series["key"]: series["points"] for series in answer["series"]}


async def test_values_of_the_last_hour_with_their_unit(api: Api) -> None:
    await api.write([("device/kitchen", NOW_MS, {"name": "Kitchen", "units": {"temperature": "°C"}})])
    position = await api.write(
        [
            ("telemetry/kitchen", NOW_MS - 3_600_000, {"temperature": 1}),
            ("telemetry/kitchen", NOW_MS - 3_599_999, {"temperature": 20.5, "open": False}),
            ("telemetry/kitchen", NOW_MS, {"temperature": 21.5, "mode": "auto"}),
            ("telemetry/kitchen", NOW_MS + 1, {"temperature": 2}),
        ]
    )
    assert await api.get("/api/history", {"device": "kitchen", "key": "temperature"}) == {
        "series": [
            {
                "device": "kitchen",
                "key": "temperature",
                "unit": "°C",
                "columns": ["time", "value"],
                "points": [[NOW_MS - 3_599_999, 20.5], [NOW_MS, 21.5]],
            }
        ],
        "resolution_ms": 0,
        "next": None,
        "position": str(position),
    }


async def test_all_keys_or_several(api: Api) -> None:
    await api.write([("telemetry/d", NOW_MS, {"c": 2**63 - 1, "b": True, "a": "x"})])
    everything = await api.get("/api/history", {"device": "d"})
    assert values(everything) == {"a": [[NOW_MS, "x"]], "b": [[NOW_MS, True]], "c": [[NOW_MS, 2**63 - 1]]}
    assert everything["series"][0]["unit"] is None
    some = await api.get("/api/history", {"device": "d", "key": ["c", "a", "a", "none"]})
    assert values(some) == {"a": [[NOW_MS, "x"]], "c": [[NOW_MS, 2**63 - 1]], "none": []}


async def test_a_range_in_ms_or_iso(api: Api) -> None:
    await api.write([("telemetry/d", NOW_MS + number, {"n": number}) for number in range(5)])
    expected = {"n": [[NOW_MS + 1, 1], [NOW_MS + 2, 2]]}
    assert values(await api.get("/api/history", {"device": "d", "from": NOW_MS + 1, "to": NOW_MS + 3})) == expected
    iso = {"from": "2024-11-24T01:39:05.679Z", "to": "2024-11-24T02:39:05.681+01:00"}
    assert values(await api.get("/api/history", {"device": "d", **iso})) == expected


async def test_pages_hold_everything_once_while_time_goes_on(api: Api) -> None:
    keys = [f"k{number:02}" for number in range(MAX_SERIES + 2)]
    await api.write([("telemetry/d", NOW_MS - 10 + number, dict.fromkeys(keys, number)) for number in range(5)])
    found: dict[str, list[list[Any]]] = {key: [] for key in keys}
    more: dict[str, Any] = {}
    for _ in range(50):
        answer = await api.get("/api/history", {"device": "d", "limit": 2, **more})
        for key, points in values(answer).items():
            found[key] += points
        api.now_ms += 3_600_000
        if answer["next"] is None:
            break
        more = {"after": answer["next"]}
    assert found == {key: [[NOW_MS - 10 + number, number] for number in range(5)] for key in keys}


async def test_a_device_without_history(api: Api) -> None:
    expected = {"series": [], "resolution_ms": 0, "next": None, "position": None}
    assert await api.get("/api/history", {"device": "nothing"}) == expected


async def test_several_series_as_wide_as_asked_for(api: Api) -> None:
    await api.write([("device/a", NOW_MS, {"name": "A", "units": {"t": "°C"}})])
    position = await api.write(
        [
            *(("telemetry/a", NOW_MS - 999 + number, {"t": number, "s": "on"}) for number in range(1000)),
            ("telemetry/b", NOW_MS, {"t": 7}),
        ]
    )
    span = {"from": NOW_MS - 999, "to": NOW_MS + 1}
    params = {"device": ["b", "a", "b"], "key": ["t", "none"], "points": 2, **span}
    assert await api.get("/api/history", {**params, "aggregate": ["max", "count", "max"]}) == {
        "series": [
            {"device": device, "key": key, "unit": unit, "columns": ["time", "max", "count"], "points": points}
            for device, key, unit, points in (
                ("b", "t", None, [[NOW_MS, 7, 1]]),
                ("b", "none", None, []),
                ("a", "t", "°C", [[NOW_MS - 999, 499, 500], [NOW_MS - 499, 999, 500]]),
                ("a", "none", None, []),
            )
        ],
        "resolution_ms": 500,
        "next": None,
        "position": str(position),
    }
    few = await api.get("/api/history", {"device": "b", "points": 2, **span})
    assert (few["series"][0]["columns"], values(few), few["resolution_ms"]) == (
        ["time", "value"],
        {"t": [[NOW_MS, 7]]},
        0,
    )
    everything = await api.get("/api/history", {"device": "a", "points": 1, **span})
    assert everything["series"][0]["columns"] == ["time", "avg", "min", "max", "last"]
    assert values(everything) == {
        "t": [[NOW_MS - 999, 499.5, 0, 999, 999]],
        "s": [[NOW_MS - 999, None, None, None, "on"]],
    }


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"device": "nothing", "points": 10}, 404, "There is no device 'nothing'"),
        ({"device": "d", "key": [str(n) for n in range(100)], "points": 10_000}, 413, "100 series of so many points"),
        (
            {"device": [str(n) for n in range(100)], "key": [str(n) for n in range(100)], "points": 1},
            413,
            "These are 10000 series; at most 500",
        ),
        ({"device": "'; DROP TABLE events; --", "key": "') OR 1=1 --", "points": 3}, 200, ""),
    ],
)
async def test_what_is_too_much_or_not_there_has_a_name(
    api: Api, params: dict[str, Any], status: int, said: str
) -> None:
    answer = await api.browser.get("/api/history", params=params, headers=api.bearer())
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("message", "").startswith(said)


async def test_what_takes_too_long_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_points, "LIMIT_S", 0)
    await api.write([("telemetry/d", NOW_MS, {"n": 1})])
    answer = await api.browser.get("/api/history", params={"device": "d", "points": 3}, headers=api.bearer())
    assert answer.status_code == 503
    assert answer.json()["error"]["name"] == "not_available"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "device: Field required"),
        ({"device": ""}, "device.0: "),
        ({"device": "d", "from": "yesterday"}, "'yesterday' is no time"),
        ({"device": "d", "from": "7", "to": "7"}, "from must be before to"),
        ({"device": "d", "limit": "0"}, "limit: "),
        ({"device": "d", "limit": "10001"}, "limit: "),
        ({"device": "d", "after": "nonsense"}, "after is not"),
        ({"device": "d", "points": "0"}, "points: "),
        ({"device": "d", "points": "1000000"}, "points: "),
        ({"device": "d", "points": "5", "aggregate": "median"}, "aggregate.0: "),
        ({"device": ["d", "e"]}, "Values are read of one device"),
        ({"device": ["d"] * 101}, "device: "),
    ],
)
async def test_bad_queries_are_told(api: Api, params: dict[str, Any], said: str) -> None:
    answer = await api.browser.get("/api/history", params=params, headers=api.bearer())
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(said)


async def test_history_is_for_those_who_signed_in(api: Api) -> None:
    assert (await api.browser.get("/api/history", params={"device": "d"})).status_code == 401


async def text(api: Api, params: dict[str, Any]) -> str:
    answer = await api.browser.get("/api/history", params=params, headers=api.bearer())
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="history.{params["format"]}"'
    return answer.text


async def test_all_values_as_text(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CsvText, "page_rows", 2)
    monkeypatch.setattr(NdjsonText, "page_rows", 2)
    await api.write([("telemetry/a", NOW_MS + number, {"n": 2**63 - 1 - number}) for number in range(5)])
    await api.write([("telemetry/b", NOW_MS, {"s": 'a "b", c', "t": True, "f": 0.1})])
    params = {"device": ["a", "b"], "from": NOW_MS, "to": NOW_MS + 5}
    expected = [
        *(("a", "n", NOW_MS + number, 2**63 - 1 - number) for number in range(5)),
        ("b", "f", NOW_MS, 0.1),
        ("b", "s", NOW_MS, 'a "b", c'),
        ("b", "t", NOW_MS, True),
    ]
    lines = (await text(api, {**params, "format": "ndjson"})).splitlines()
    assert [tuple(json.loads(line).values()) for line in lines] == expected
    head, *rows = csv.reader(io.StringIO(await text(api, {**params, "format": "csv"})))
    assert head == ["device", "key", "time", "value"]
    assert rows == [
        [device, key, str(time), value if isinstance(value, str) else json.dumps(value)]
        for device, key, time, value in expected
    ]


async def test_rows_as_text(api: Api) -> None:
    await api.write([("telemetry/a", NOW_MS + number, {"n": number}) for number in range(4)])
    params = {"device": "a", "from": NOW_MS, "to": NOW_MS + 4, "points": 2, "aggregate": ["max", "avg"]}
    assert await text(api, {**params, "format": "csv"}) == (
        f"device,key,time,max,avg\r\na,n,{NOW_MS},1,0.5\r\na,n,{NOW_MS + 2},3,2.5\r\n"
    )
    assert json.loads((await text(api, {**params, "format": "ndjson"})).splitlines()[1]) == {
        "device": "a",
        "key": "n",
        "time": NOW_MS + 2,
        "max": 3,
        "avg": 2.5,
    }
