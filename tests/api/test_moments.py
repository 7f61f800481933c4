from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.api.moments import EVENTS_READ, router
from hub.engine.local import LocalEngine
from hub.events import Batch, Position, encode_event
from tests.api.hub_api import NOW_MS, Api, open_api


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    async with LocalEngine(tmp_path / "log.db", max_bytes=2**30, max_age_s=3600) as opened:
        yield opened


@pytest.fixture
async def api(tmp_path: Path, engine: LocalEngine) -> AsyncIterator[Api]:
    async with open_api(tmp_path, routers=[router(engine.history)]) as opened:
        yield opened


async def append(engine: LocalEngine, *times: int, received: int | None = None) -> Position:
    pieces = [encode_event("telemetry/d", time, {"n": time}, received=received) for time in times]
    return await engine.publish(Batch.of(["telemetry/d"] * len(times), list(times), pieces))


async def at(api: Api, moment: object, **params: str) -> Any:
    return await api.get("/api/moments", {"at": str(moment), **params})


async def refused(api: Api, moment: str) -> tuple[int, str]:
    answer = await api.browser.get("/api/moments", params={"at": moment}, headers=api.bearer())
    return answer.status_code, answer.json()["error"]["name"]


async def test_a_position_is_the_time_at_which_its_batch_was_there(api: Api, engine: LocalEngine) -> None:
    first = await append(engine, NOW_MS - 9, NOW_MS - 7)
    second = await append(engine, 5, received=NOW_MS - 3)
    expected = {"position": str(first), "time": NOW_MS - 7, "device": None, "values": {}}
    assert await at(api, first) == expected
    # A device whose clock is wrong does not say when it was.
    assert (await at(api, second))["time"] == NOW_MS - 3


async def test_values_are_the_last_that_were_told_by_then(api: Api) -> None:
    await api.write(
        [
            ("telemetry/d", NOW_MS - 9, {"a": 1, "b": True}),
            ("telemetry/d", NOW_MS - 5, {"a": 2}),
            ("telemetry/e", NOW_MS - 5, {"a": 3}),
            ("telemetry/d", NOW_MS - 4, {"a": 4, "c": "late"}),
        ]
    )
    moment = await at(api, NOW_MS - 5, device="d")
    assert moment == {
        "position": None,
        "time": NOW_MS - 5,
        "device": "d",
        "values": {"a": {"time": NOW_MS - 5, "value": 2}, "b": {"time": NOW_MS - 9, "value": True}},
    }
    iso = await at(api, "2024-11-24T01:39:05.669Z", device="d")
    assert (iso["time"], set(iso["values"])) == (NOW_MS - 9, {"a", "b"})
    assert (await at(api, NOW_MS - 10, device="d"))["values"] == {}


async def test_a_key_that_was_silent_for_long_is_left_out(api: Api) -> None:
    told: list[tuple[str, int, dict[str, Any]]] = [("telemetry/d", 1, {"slow": 1})]
    await api.write([*told, *(("telemetry/d", 2 + n, {"fast": n}) for n in range(EVENTS_READ))])
    assert set((await at(api, NOW_MS, device="d"))["values"]) == {"fast"}
    assert set((await at(api, EVENTS_READ, device="d"))["values"]) == {"slow", "fast"}


@pytest.mark.parametrize("offset", [0, 2, 10**6])
async def test_a_position_that_the_log_has_not(api: Api, engine: LocalEngine, offset: int) -> None:
    known = await append(engine, NOW_MS)
    assert await refused(api, f"{known.epoch}-{offset}") == (410, "unrecoverable_position")


async def test_a_position_of_another_log(api: Api, engine: LocalEngine) -> None:
    await append(engine, NOW_MS)
    assert await refused(api, "elsewhere-1") == (410, "unrecoverable_position")


@pytest.mark.parametrize("moment", ["yesterday", "k3v9-", "-1", ""])
async def test_what_is_no_moment(api: Api, moment: str) -> None:
    assert await refused(api, moment) == (400, "bad_request")


async def test_who_may_not_see_the_device(api: Api) -> None:
    assert (await api.browser.get("/api/moments", params={"at": NOW_MS})).status_code == 401
    for device, status in (("d", 403), ("e", 200)):
        params = {"at": str(NOW_MS), "device": device}
        answer = await api.browser.get("/api/moments", params=params, headers=api.narrowed("telemetry/e"))
        assert answer.status_code == status
