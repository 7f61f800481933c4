"""The inbox of a whole hub: what came in by MQTT, what a person makes of it, and what becomes of the kept messages."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from hub.auth import Role
from hub.settings import Settings
from tests.running import Client, Running, running, settings_for, token, until


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    path = tmp_path / "mappings.yaml"
    path.write_text("- {name: filed, filter: homie/filed, device: filed, format: pairs}\n")
    return settings_for(tmp_path, mappings_file=path)


@pytest.fixture(name="hub")
async def _hub(settings: Settings) -> AsyncIterator[Running]:
    async with running(settings) as hub:
        yield hub


class Person:
    """Somebody who uses the API."""

    def __init__(self, hub: Running, role: Role) -> None:
        bearer = {"Authorization": f"Bearer {token(role=role)}"}
        self.http = httpx.AsyncClient(base_url=hub.origin, headers=bearer)

    async def inbox(self, **params: int) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get("/api/inbox", params=params)).json()
        return {entry["shape"]: entry for entry in found["shapes"]}


@pytest.fixture(name="operator")
async def _operator(hub: Running) -> AsyncIterator[Person]:
    person = Person(hub, Role.OPERATOR)
    async with person.http:
        yield person


async def say(hub: Running, *messages: tuple[str, str | bytes]) -> None:
    """Publish, and wait until the hub has taken it."""
    ingest = hub.hub.ingest
    assert ingest is not None
    before = ingest.messages
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)
    await until(lambda: ingest.messages >= before + len(messages))


async def gathered(hub: Running, number: int) -> None:
    await until(lambda: sum(entry.count for entry in hub.hub.decoding.desk.inbox) >= number)


async def test_a_proposal_that_is_accepted_decodes_what_was_kept_and_what_comes(hub: Running, operator: Person) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as dashboard:
        await dashboard.subscribe("telemetry/+", "device/+")
        messages = [(f"homie/{n}/air", json.dumps({"t": n, "ts": 1_732_412_340 + n})) for n in range(3)]
        await say(hub, *messages)
        await gathered(hub, 3)
        entry = (await operator.inbox(samples=1))["homie/+/air"]
        assert (entry["count"], entry["refusals"], len(entry["samples"])) == (3, {"unclaimed": 3}, 1)
        proposal = entry["proposal"]
        stored = await operator.http.put(f"/api/mappings/{proposal.pop('name')}", json=proposal)
        assert (stored.status_code, stored.json()["decoded"], stored.json()["cut"]) == (200, 3, 0)
        assert await operator.inbox() == {}
        await say(hub, ("homie/1/air", '{"t":9}'))
        await dashboard.receive_until(lambda seen: len(seen.on("telemetry/1")) == 2)
    late = next(event for event in dashboard.events if event["topic"] == "telemetry/2")
    assert (late["data"], late["time"]) == ({"t": 2}, 1_732_412_342_000)
    assert late["received"] > late["time"]
    assert dashboard.on("telemetry/1") == [{"t": 1}, {"t": 9}]


async def test_a_family_on_foreign_topics_is_proposed_and_what_was_kept_is_decoded_as_its_own(
    hub: Running, operator: Person
) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as dashboard:
        await dashboard.subscribe("telemetry/+", "connectivity/+")
        messages = [
            ("$state", "ready"),
            ("power/watt/$datatype", "float"),
            ("power/watt/$unit", "W"),
        ]
        await say(hub, *((f"berlin/homie/meter/{topic}", payload) for topic, payload in messages))
        await gathered(hub, 3)
        proposals = [entry["proposal"] for entry in (await operator.inbox()).values()]
        (proposal,) = (each for each in proposals if each is not None)
        assert proposal["filter"] == "berlin/homie/#"
        stored = (await operator.http.put(f"/api/mappings/{proposal.pop('name')}", json=proposal)).json()
        assert (stored["decoded"], stored["mapping"]["family"], stored["mapping"]["topic"]) == (3, "homie", "{2#}")
        assert await operator.inbox() == {}
        await say(hub, ("berlin/homie/meter/power/watt", "5.5"), ("berlin/homie/meter/$state", "lost"))
        await dashboard.receive_until(
            lambda seen: bool(seen.on("telemetry/meter")) and len(seen.on("connectivity/meter")) == 2
        )
    assert dashboard.on("telemetry/meter") == [{"power.watt": 5.5}]
    assert dashboard.on("connectivity/meter")[-1]["state"] == "offline"
    described = (await operator.http.get("/api/devices/meter")).json()
    assert described["units"] == {"power.watt": "W"}


async def test_a_message_without_a_clock_has_the_time_of_its_receipt(hub: Running, operator: Person) -> None:
    await say(hub, ("homie/x", "a=1;b=2"))
    await gathered(hub, 1)
    sample = (await operator.inbox())["homie/x"]["samples"][0]
    async with Client.connected(hub.ws_url, auth=token()) as dashboard:
        await dashboard.subscribe("telemetry/+")
        record = {"filter": "homie/x", "device": "{2}", "format": "pairs"}
        assert (await operator.http.put("/api/mappings/x", json=record)).json()["decoded"] == 1
        await dashboard.receive_until(lambda seen: bool(seen.on("telemetry/x")))
    assert dashboard.events[0]["time"] == sample["time"]


async def test_a_kept_message_of_a_clock_without_a_zone_has_the_time_in_the_devices_zone(
    hub: Running, operator: Person
) -> None:
    await say(
        hub,
        ("devices/m1/telemetry", '{"t":1}'),
        ("homie/m1", "t=1;at=2025-06-15 12:00"),
        ("homie/m2", "t=1;at=2025-06-15 12:00"),
    )
    await gathered(hub, 2)
    await until(lambda: hub.hub.node.latest.get("device/m1") is not None)
    assert (await operator.http.patch("/api/devices/m1", json={"zone": "Europe/Berlin"})).status_code == 200
    record = {
        "filter": "homie/+", "device": "{2}", "format": "pairs", "time": "/at", "values": [{"key": "t", "path": "/t"}],
    }  # fmt: skip
    sample = (await operator.inbox())["homie/+"]["samples"][0]
    async with Client.connected(hub.ws_url, auth=token()) as dashboard:
        await dashboard.subscribe("telemetry/+")
        assert (await operator.http.put("/api/mappings/x", json=record)).json()["decoded"] == 2
        await dashboard.receive_until(lambda seen: len(seen.events) == 2)
    times = {event["topic"]: event["time"] for event in dashboard.events}
    # 12:00 in Berlin's summer; of the device whose zone nobody said, when the message came.
    assert times == {"telemetry/m1": 1_749_981_600_000, "telemetry/m2": sample["time"]}


async def test_what_a_mapping_can_not_read_stays(hub: Running, operator: Person) -> None:
    await say(hub, ("homie/a", "t=1"), ("homie/b", "t 1 2"), ("homie/c", "t=" + "9" * 2_000))
    await gathered(hub, 3)
    record = {"filter": "homie/+", "device": "{2}", "format": "pairs"}
    answer = (await operator.http.put("/api/mappings/x", json=record)).json()
    assert (answer["decoded"], answer["cut"]) == (1, 1)
    assert list(await operator.inbox()) == ["homie/b"]
    assert (await operator.http.put("/api/mappings/no", json={"filter": "homie/#", "ignore": True})).status_code == 200
    assert await operator.inbox() == {}


async def test_mappings_are_listed_removed_and_there_after_a_restart(settings: Settings) -> None:
    async with running(settings) as hub:
        person = Person(hub, Role.OPERATOR)
        async with person.http as http:
            record = {"filter": "homie/x", "device": "d", "format": "pairs"}
            for name in ("a", "b"):
                assert (await http.put(f"/api/mappings/{name}", json=record)).status_code == 200
            assert (await http.delete("/api/mappings/b")).status_code == 204
            assert (await http.delete("/api/mappings/filed")).status_code == 404
    async with running(settings) as hub:
        person = Person(hub, Role.OPERATOR)
        async with person.http as http:
            listed = (await http.get("/api/mappings")).json()["mappings"]
            assert [(each["name"], each["origin"]) for each in listed] == [("a", "log"), ("filed", "file")]
            await say(hub, ("homie/x", "t=1"), ("homie/filed", "t=2"))
            latest = hub.hub.node.latest
            await until(lambda: latest.get("telemetry/d") is not None and latest.get("telemetry/filed") is not None)


async def test_it_is_for_operators(hub: Running) -> None:
    person = Person(hub, Role.VIEWER)
    async with person.http as http:
        assert (await http.get("/api/inbox")).status_code == 403
        assert (await http.get("/api/mappings")).status_code == 403
        assert (await http.put("/api/mappings/a", json={"filter": "a"})).status_code == 403
        assert (await http.delete("/api/mappings/a")).status_code == 403


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"filter": "a/#/b", "device": "d"}, "Mapping a: Filter"),
        ({"filter": "a"}, "Mapping a: 'device' is missing"),
        ({"filter": "a", "colour": 1}, "colour: "),
        ({"filter": "a", "device": "d", "values": [{"key": "k", "path": "k"}]}, "Mapping a: 'k' is no path"),
    ],
)
async def test_a_fault_is_named(hub: Running, operator: Person, record: dict[str, Any], message: str) -> None:
    answer = await operator.http.put("/api/mappings/a", json=record)
    assert (answer.status_code, answer.json()["error"]["message"][: len(message)]) == (400, message)
    assert hub.hub.decoding.desk.mappings.on_log == {}


async def test_of_a_flood_the_inbox_looks_at_a_part(
    hub: Running, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hub.hub.decoding.desk
    monkeypatch.setattr("hub.inbox_desk.MAX_HEARD_PER_S", 5)
    desk._second = 0
    await say(hub, *((f"homie/a{n}", "x") for n in range(200)))
    await until(lambda: desk.skipped > 0)
    await until(lambda: desk.skipped + sum(entry.count for entry in desk.inbox) == 200)
    assert (await operator.http.put("/api/mappings/no", json={"filter": "homie/#", "ignore": True})).status_code == 200
    assert await operator.inbox() == {}
