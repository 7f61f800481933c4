from typing import Any

import pytest

from hub.api.history_page import MAX_SERIES
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
                "points": [[NOW_MS - 3_599_999, 20.5], [NOW_MS, 21.5]],
            }
        ],
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
    assert await api.get("/api/history", {"device": "nothing"}) == {"series": [], "next": None, "position": None}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "device: Field required"),
        ({"device": ""}, "device: "),
        ({"device": "d", "from": "yesterday"}, "'yesterday' is no time"),
        ({"device": "d", "from": "7", "to": "7"}, "from must be before to"),
        ({"device": "d", "limit": "0"}, "limit: "),
        ({"device": "d", "limit": "10001"}, "limit: "),
        ({"device": "d", "after": "nonsense"}, "after is not"),
    ],
)
async def test_bad_queries_are_told(api: Api, params: dict[str, str], said: str) -> None:
    answer = await api.browser.get("/api/history", params=params, headers=api.bearer())
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(said)


async def test_history_is_for_those_who_signed_in(api: Api) -> None:
    assert (await api.browser.get("/api/history", params={"device": "d"})).status_code == 401
