"""What nobody should ask of history: each is answered with a named error, and nothing is read for it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from hub.api import history_points
from hub.bench.history import filled
from tests.api.hub_api import NOW_MS, Api, open_api

DROP = "'; DROP TABLE events; --"
SQL = (
    DROP,
    "') OR 1=1 --",
    '" UNION SELECT body FROM latest --',
    "%' ESCAPE '",
    "$1",
    ":first",
    "json_extract(body,'$')",
)


def forged(*fields: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


CASES: list[tuple[dict[str, Any], int, str, str]] = [
    ({"from": "8", "to": "7"}, 400, "bad_request", "from must be before to"),
    ({"points": "1000000"}, 400, "bad_request", "points: "),
    ({"points": "-1"}, 400, "bad_request", "points: "),
    ({"points": "NaN"}, 400, "bad_request", "points: "),
    ({"points": "1e3"}, 400, "bad_request", "points: "),
    ({"points": "9" * 400}, 400, "bad_request", "points: "),
    ({"limit": "9" * 4_000}, 400, "bad_request", "limit: "),
    ({"format": "xml"}, 400, "bad_request", "format: "),
    ({"device": "unknown", "points": "5"}, 404, "not_found", "There is no device 'unknown'"),
    ({"device": DROP, "points": "5"}, 404, "not_found", "There is no device"),
    ({"device": "+"}, 400, "invalid_topic", "Topic 'telemetry/+' has a wildcard"),
    ({"device": "#", "points": "5"}, 400, "invalid_topic", "Topic 'telemetry/#' has a wildcard"),
    ({"device": "d/#", "format": "csv"}, 400, "invalid_topic", "Topic 'telemetry/d/#' has a wildcard"),
    ({"device": "d\x00"}, 400, "invalid_topic", "Topic 'telemetry/d\\x00' has a control character"),
    ({"device": "/" * 70}, 400, "invalid_topic", "Topic"),
    ({"device": "d" * 1_025}, 400, "bad_request", "device.0: "),
    ({"device": "д" * 1_000}, 400, "invalid_topic", "Topic"),
    ({"key": "n\x00"}, 400, "bad_request", "key.0: "),
    ({"key": "k" * 1_025}, 400, "bad_request", "key.0: "),
    ({"device": [f"d{n}" for n in range(101)], "points": "5"}, 400, "bad_request", "device: "),
    ({"key": [f"k{n}" for n in range(129)], "points": "5"}, 400, "bad_request", "key: "),
    (
        {"device": [f"d{n}" for n in range(100)], "key": [f"k{n}" for n in range(128)], "points": "5"},
        413,
        "limit_exceeded",
        "These are 12800 series; at most 500",
    ),
    ({"key": [f"k{n}" for n in range(128)], "points": "10000"}, 413, "limit_exceeded", "128 series of so many points"),
    ({"device": ["d", "e"]}, 400, "bad_request", "Values are read of one device"),
    ({"points": "5", "aggregate": "median"}, 400, "bad_request", "aggregate.0: "),
    ({"points": "5", "aggregate": DROP}, 400, "bad_request", "aggregate.0: "),
    ({"points": "5", "aggregate": ["avg"] * 1_000}, 400, "bad_request", "aggregate: "),
    *(
        ({name: text}, 400, "bad_request", f"{text[:40]!r} is no time")
        for text in ("1e308", "-1", "NaN", "Infinity", "9999999999999999", "9" * 400, "yesterday", "2024-11-24", *SQL)
        for name in ("from", "to")
    ),
    *(
        ({"after": text}, 400, "bad_request", "after is not the `next`")
        for text in (
            *SQL,
            "A" * 40_000,
            forged(1, 2, {}),
            forged(1, 2, [], None),
            forged("1", 2, {}, None),
            forged(*json.loads("[true, 2, {}, null]")),
            forged(0, 2**64 - 1, {}, None),
            forged(-(2**63), 5, {}, None),
            forged(1.5, 2, {}, None),
            forged(0, 5, {str(n): "0.0" for n in range(17)}, None),
            forged(0, 5, {"n": 7}, None),
        )
    ),
    ({"after": forged(0, 5, {"n": DROP}, "n")}, 400, "bad_request", "is not where a page of history ends"),
    ({"after": forged(0, 5, {"n": "9" * 30}, "n")}, 400, "bad_request", "is not where a page of history ends"),
]


@pytest.fixture(autouse=True)
async def _a_value(api: Api) -> None:
    await api.write([("telemetry/d", NOW_MS, {"n": 1})])


@pytest.mark.parametrize(
    ("params", "status", "error"),
    [(params, status, (name, said)) for params, status, name, said in CASES],
    ids=[f"{number}-{','.join(case[0])}" for number, case in enumerate(CASES)],
)
async def test_each_has_a_name(api: Api, params: dict[str, Any], status: int, error: tuple[str, str]) -> None:
    name, said = error
    answer = await api.browser.get("/api/history", params={"device": "d", **params}, headers=api.bearer())
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["name"] == name
    assert said in answer.json()["error"]["message"]
    assert len(answer.content) < 1_000


async def test_sql_is_a_text_like_any_other(api: Api) -> None:
    for text in SQL:
        await api.write([(f"telemetry/{text}", NOW_MS, {text: text})])
        for more in ({}, {"points": 1, "aggregate": "last"}):
            found = await api.get("/api/history", {"device": text, "key": [text, DROP], **more})
            of_key = {series["key"]: series["points"] for series in found["series"]}
            assert of_key[text] == [[NOW_MS, text]]
        assert await api.get("/api/history", {"device": "d", "key": text, "points": 1})
    assert (await api.get("/api/history", {"device": "d"}))["series"][0]["points"] == [[NOW_MS, 1]]


async def test_the_same_again_and_again_is_once(api: Api) -> None:
    asked = {"device": ["d"] * 100, "key": ["n"] * 128, "aggregate": ["max"] * 9, "points": 10_000}
    found = await api.get("/api/history", asked)
    assert [(series["key"], series["columns"]) for series in found["series"]] == [("n", ["time", "max"])]


async def test_what_reads_too_much_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(tmp_path / "hub.db", values=40_000, now_ms=lambda: NOW_MS)
    monkeypatch.setattr(history_points, "LIMIT_S", 0.001)
    asked: dict[str, Any] = {"device": [f"stored-{n}" for n in range(20)], "from": 1, "to": NOW_MS, "points": 1_000}
    async with open_api(tmp_path) as api:
        answer = await api.browser.get("/api/history", params=asked, headers=api.bearer())
        assert answer.status_code == 503
        assert answer.json()["error"]["name"] == "not_available"
        assert "takes longer than 0.001 s" in answer.json()["error"]["message"]
        monkeypatch.undo()
        # Nobody was held up by it, and the same question is answered where it may take its time.
        assert (await api.get("/api/history", asked))["resolution_ms"] > 0
