import pytest

from hub.auth import Role
from hub.registry import Record
from hub.topics import to_level
from tests.api.hub_api import NOW_MS, Api


def described(device: str, name: str, family: str = "plain") -> tuple[str, int, dict[str, object]]:
    facts: dict[str, object] = {
        "name": name,
        "family": family,
        "units": {"temperature": "°C"},
        "attributes": {"model": "T1"},
    }
    return f"device/{device}", NOW_MS, facts


async def test_a_device_as_it_is_now(api: Api) -> None:
    await api.write(
        [
            described("kitchen", "Kitchen", "tasmota"),
            ("connectivity/kitchen", NOW_MS, {"state": "online"}),
            ("telemetry/kitchen", NOW_MS, {"temperature": 21.5}),
            ("telemetry/kitchen", NOW_MS + 1, {"on": True}),
        ]
    )
    entry: dict[str, object] = {
        "device": "kitchen",
        "name": "Kitchen",
        "family": "tasmota",
        "units": {"temperature": "°C"},
        "attributes": {"model": "T1"},
        "keys": {},
        "via": None,
        "first_seen": None,
        "connectivity": "online",
        "since": None,
        "interval_ms": None,
        "stale_keys": [],
        "key_intervals": {},
        "time": NOW_MS + 1,
        "data": {"temperature": 21.5, "on": True},
        "tags": [],
        "location": "",
        "notes": "",
        "interval_s": None,
        "zone": "",
        "approved": None,
        "merged_into": None,
        "version": 0,
    }
    assert await api.get("/api/devices") == {"devices": [entry], "next": None}
    assert await api.get("/api/devices/kitchen") == entry


async def test_a_device_that_has_only_values(api: Api) -> None:
    await api.write([("telemetry/cellar", NOW_MS, {"level": 3})])
    entry = await api.get("/api/devices/cellar")
    assert (entry["name"], entry["family"], entry["connectivity"], entry["data"]) == ("cellar", "", None, {"level": 3})


async def test_an_id_with_encoded_characters(api: Api) -> None:
    device = to_level("hall/lamp 1")
    await api.write([described(device, "Lamp")])
    assert (await api.get("/api/devices/hall%252Flamp%201"))["device"] == "hall%2Flamp 1"


async def test_unknown_devices_are_not_found(api: Api) -> None:
    answer = await api.browser.get("/api/devices/nothing", headers=api.bearer())
    assert (answer.status_code, answer.json()["error"]["name"]) == (404, "not_found")


async def test_pages_go_on_without_hole_or_repetition(api: Api) -> None:
    ids = [f"d{number:02}" for number in range(25)]
    await api.write([described(device, device) for device in reversed(ids)])
    found, after = [], ""
    while True:
        page = await api.get("/api/devices", {"limit": 10, "cursor": after})
        found += [entry["device"] for entry in page["devices"]]
        after = page["next"]
        if after is None:
            break
    assert found == ids
    assert (await api.get("/api/devices", {"limit": 25}))["next"] is None


@pytest.mark.parametrize(
    ("q", "ids"), [("kit", ["k1"]), ("KÜCHE", ["k2"]), ("TASMO", ["k2"]), ("k", ["k1", "k2"]), ("?", [])]
)
async def test_a_search_looks_at_id_name_and_family(api: Api, q: str, ids: list[str]) -> None:
    await api.write([described("k1", "Kitchen"), described("k2", "Küche", "tasmota")])
    assert [entry["device"] for entry in (await api.get("/api/devices", {"search": q}))["devices"]] == ids


async def test_a_thousand_devices_are_searched_and_paged(api: Api) -> None:
    ids = [f"d{number:04}" for number in range(1_000)]
    await api.write([described(device, f"Name {device}", "json" if device[-1] < "5" else "homie") for device in ids])
    await api.write([(f"connectivity/{device}", NOW_MS, {"state": "offline"}) for device in ids[::10]])
    said = [(device, Record(1, tags=("odd",), location="Cellar")) for device in ids[1::2]]
    await api.write([(f"registry/{device}", NOW_MS, record.shown()) for device, record in said])
    await api.write([(f"registry/{ids[0]}", NOW_MS, Record(1, merged_into=ids[2]).shown())])

    async def listed(**params: str) -> list[str]:
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await api.get("/api/devices", {**params, "cursor": cursor, "limit": 300})
            found += [entry["device"] for entry in page["devices"]]
            cursor = page["next"]
        return found

    assert await listed() == ids[1:]
    assert await listed(tag="odd") == ids[1::2]
    assert await listed(search="cellar") == ids[1::2]
    assert await listed(search="name D09") == ids[900:]
    assert await listed(state="offline") == ids[10::10]
    assert len(await listed(state="unknown")) == 900
    assert await listed(tag="odd", family="homie", search="d0") == [one for one in ids[1::2] if one[-1] >= "5"]
    assert await listed(tag="even") == []
    assert [entry["location"] for entry in (await api.get("/api/devices", {"tag": "odd", "limit": 1}))["devices"]] == [
        "Cellar"
    ]


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
async def test_bad_limits_are_refused(api: Api, limit: str) -> None:
    answer = await api.browser.get("/api/devices", params={"limit": limit}, headers=api.bearer(Role.VIEWER))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("limit: should be ")


async def test_devices_are_for_those_who_signed_in(api: Api) -> None:
    assert (await api.browser.get("/api/devices")).status_code == 401
    assert (await api.browser.get("/api/devices/x")).status_code == 401
