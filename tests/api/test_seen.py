from tests.api.hub_api import NOW_MS, Api


async def test_who_is_narrowed_reads_no_more_than_he_may_subscribe_to(api: Api) -> None:
    for device in ("kitchen", "hall"):
        await api.write(
            [
                (f"device/{device}", NOW_MS, {"name": device, "family": "json"}),
                (f"telemetry/{device}", NOW_MS, {"temperature": 20}),
                (f"connectivity/{device}", NOW_MS, {"state": "online"}),
            ]
        )
    headers = api.narrowed("+/kitchen")
    listed = (await api.browser.get("/api/devices", headers=headers)).json()
    assert [device["device"] for device in listed["devices"]] == ["kitchen"]
    assert (await api.browser.get("/api/devices/kitchen", headers=headers)).json()["data"] == {"temperature": 20}
    assert (await api.browser.get("/api/devices/hall", headers=headers)).status_code == 404
    assert (await api.browser.get("/api/history", params={"device": "kitchen"}, headers=headers)).status_code == 200
    assert (await api.browser.get("/api/history", params={"device": "hall"}, headers=headers)).status_code == 403
    partly = (await api.browser.get("/api/devices/kitchen", headers=api.narrowed("telemetry/#"))).json()
    assert (partly["family"], partly["connectivity"], partly["data"]) == ("", None, {"temperature": 20})
