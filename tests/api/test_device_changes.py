"""What people say of devices, over the API of a whole hub: every change is an event that everybody gets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from hub.auth import Identity, Keys, Role, sign
from tests.running import SECRET, Client, Running, running, settings_for, token, until


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path)) as found:
        await say(found, ("devices/kitchen/telemetry", '{"temperature": 21.5}'))
        yield found


async def say(hub: Running, *messages: tuple[str, str]) -> None:
    """Devices speak, and the hub has heard it."""
    assert hub.hub.ingest is not None
    heard = hub.hub.ingest.messages
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)
    ingest = hub.hub.ingest
    await until(lambda: ingest.messages >= heard + len(messages))
    await hub.hub.node.chat.reach(await hub.hub.engine.head())


class Asker:
    """Somebody who asks the API of a hub."""

    def __init__(self, hub: Running, role: Role = Role.OPERATOR, *, auth: str = "") -> None:
        self.origin = hub.origin
        self.auth = auth or token("anna", role)

    async def ask(
        self, method: str, path: str, body: object = None, *, status: int = 200, version: str | None = None
    ) -> Any:
        """The answer; for an error its name."""
        headers = {"Authorization": f"Bearer {self.auth}"} | ({} if version is None else {"If-Match": version})
        async with httpx.AsyncClient(base_url=self.origin) as http:
            answer = await http.request(method, f"/api/devices{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        said = answer.json() if answer.content else None
        return said["error"]["name"] if isinstance(said, dict) and "error" in said else said

    async def listed(self, query: str = "") -> list[str]:
        return [entry["device"] for entry in (await self.ask("GET", query))["devices"]]


@pytest.fixture
def anna(hub: Running) -> Asker:
    return Asker(hub)


async def test_a_new_name_is_an_event_and_everywhere(hub: Running, anna: Asker) -> None:
    async with Client.connected(hub.ws_url, auth=token("ivan", Role.VIEWER)) as ivan:
        await ivan.subscribe("registry/+")
        entry = await anna.ask("PATCH", "/kitchen", {"name": "Kitchen", "tags": ["indoors"], "location": "here"})
        assert (entry["name"], entry["tags"], entry["version"], entry["data"]) == (
            "Kitchen",
            ["indoors"],
            1,
            {"temperature": 21.5},
        )
        await ivan.receive_until(lambda client: bool(client.on("registry/kitchen")))
        (record,) = ivan.on("registry/kitchen")
        assert (record["name"], record["version"], record["by"]) == ("Kitchen", 1, "anna")
    assert (await anna.ask("GET", "/kitchen"))["name"] == "Kitchen"
    for query in ("?search=KITCHEN", "?tag=indoors", "?family=json", "?state=online", "?search=here", "?search=indoo"):
        assert await anna.listed(query) == ["kitchen"], query
    for query in ("?search=hall", "?tag=indoor", "?family=shelly", "?state=offline", "?cursor=kitchen"):
        assert await anna.listed(query) == [], query


async def test_a_change_of_an_old_version_is_a_conflict(anna: Asker) -> None:
    assert (await anna.ask("PATCH", "/kitchen", {"notes": "a"}, version='"0"'))["version"] == 1
    assert await anna.ask("PATCH", "/kitchen", {"notes": "b"}, version='"0"', status=409) == "conflict"
    assert (await anna.ask("PATCH", "/kitchen", {"notes": "c"}, version='"1"'))["notes"] == "c"
    assert (await anna.ask("PATCH", "/kitchen", {"name": "K"}, version="*"))["notes"] == "c"
    assert await anna.ask("PATCH", "/kitchen", {"notes": "d"}, version="new", status=400) == "bad_request"


async def test_the_version_is_the_etag(hub: Running, anna: Asker) -> None:
    await anna.ask("PATCH", "/kitchen", {"notes": "a"})
    async with httpx.AsyncClient(base_url=hub.origin, headers={"Authorization": f"Bearer {anna.auth}"}) as http:
        assert (await http.get("/api/devices/kitchen")).headers["ETag"] == '"1"'


async def test_who_may_change_devices(hub: Running) -> None:
    viewer = Asker(hub, Role.VIEWER)
    assert await viewer.ask("PATCH", "/kitchen", {"name": "K"}, status=403) == "permission_denied"
    assert await viewer.ask("DELETE", "/kitchen", status=403) == "permission_denied"
    identity = Identity("anna", Role.OPERATOR, 2**40, publish=("registry/hall",))
    narrowed = Asker(hub, auth=sign(identity, Keys(SECRET.encode())))
    assert await narrowed.ask("PATCH", "/kitchen", {"name": "K"}, status=403) == "permission_denied"
    assert await narrowed.ask("PATCH", "/hall", {"name": "K"}, status=404) == "not_found"


@pytest.mark.parametrize("change", [{"name": "x" * 81}, {"colour": "red"}, {"tags": [1]}])
async def test_what_can_not_be_is_refused(anna: Asker, change: dict[str, object]) -> None:
    assert await anna.ask("PATCH", "/kitchen", change, status=400) == "bad_request"
    assert await anna.ask("PATCH", "/kitchen", {"interval_s": -1}, status=400) == "invalid_data"


async def test_records_are_not_published_past_the_api(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("anna")) as anna:
        reply = await anna.publish("registry/kitchen", {"name": "K"})
        assert reply["error"]["name"] == "permission_denied"


async def test_what_was_said_survives_a_restart(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    async with running(settings) as hub:
        await say(hub, ("devices/kitchen/telemetry", '{"temperature": 21.5}'))
        await Asker(hub).ask("PATCH", "/kitchen", {"name": "Kitchen"})
    async with running(settings) as hub:
        entry = await Asker(hub).ask("GET", "/kitchen")
        assert (entry["name"], entry["version"]) == ("Kitchen", 1)


async def test_a_forgotten_device_is_gone_until_it_speaks_again(hub: Running, anna: Asker) -> None:
    await anna.ask("PATCH", "/kitchen", {"name": "Kitchen"})
    await anna.ask("DELETE", "/kitchen?history=true", status=204)
    assert await anna.ask("GET", "/kitchen", status=404) == "not_found"
    assert await anna.listed() == []
    await say(hub, ("devices/kitchen/telemetry", '{"humidity": 40}'))
    entry = await anna.ask("GET", "/kitchen")
    assert (entry["name"], entry["data"], entry["connectivity"]) == ("kitchen", {"humidity": 40}, "online")
    assert entry["first_seen"] == entry["since"]
    assert await anna.ask("DELETE", "/nothing", status=404) == "not_found"


async def test_what_a_merged_device_says_is_the_others(hub: Running, anna: Asker) -> None:
    await say(hub, ("devices/oven/telemetry", '{"power": 100}'))
    assert (await anna.ask("POST", "/oven/merge", {"into": "kitchen"}))["merged_into"] == "kitchen"
    await say(hub, ("devices/oven/telemetry", '{"power": 200}'))
    assert (await anna.ask("GET", "/kitchen"))["data"] == {"temperature": 21.5, "power": 200}
    assert (await anna.ask("GET", "/oven"))["data"] == {"power": 100}
    assert await anna.listed() == ["kitchen"]
    assert await anna.ask("POST", "/kitchen/merge", {"into": "oven"}, status=400) == "invalid_data"
    assert await anna.ask("POST", "/kitchen/merge", {"into": "kitchen"}, status=400) == "invalid_data"
    assert await anna.ask("POST", "/kitchen/merge", {"into": "nothing"}, status=404) == "not_found"
    await say(hub, ("devices/hall/telemetry", '{"power": 1}'))
    assert await anna.ask("POST", "/kitchen/merge", {"into": "hall"}, status=400) == "invalid_data"
    await anna.ask("POST", "/oven/merge", {"into": None})
    assert await anna.listed() == ["hall", "kitchen", "oven"]


async def test_new_devices_wait_until_an_operator_approves_them(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path, devices="approve")) as hub:
        anna = Asker(hub)
        async with Client.connected(hub.ws_url, auth=token("anna")) as client:
            await client.subscribe("$quarantine/+", "telemetry/+")
            await say(hub, ("devices/kitchen/telemetry", '{"temperature": 21.5}'))
            await client.receive_until(lambda one: bool(one.events))
            ((topic, waits),) = [(event["topic"], event["data"]) for event in client.events]
            assert (topic, waits["messages"], waits["family"]) == ("$quarantine/kitchen", 1, "json")
            assert await anna.ask("GET", "/kitchen", status=404) == "not_found"
            entry = await anna.ask("PATCH", "/kitchen", {"approved": True, "name": "Kitchen"})
            assert (entry["approved"], entry["name"], entry["time"]) == (True, "Kitchen", None)
            await say(hub, ("devices/kitchen/telemetry", '{"temperature": 22}'))
            await client.receive_until(lambda one: bool(one.on("telemetry/kitchen")))
        assert await anna.listed() == ["kitchen"]
        await anna.ask("PATCH", "/kitchen", {"approved": False})
        await say(hub, ("devices/kitchen/telemetry", '{"temperature": 23}'))
        assert (await anna.ask("GET", "/kitchen"))["data"] == {"temperature": 22}


async def test_viewers_do_not_hear_of_devices_that_wait(hub: Running) -> None:
    async with Client.connected(hub.ws_url, auth=token("ivan", Role.VIEWER)) as ivan:
        assert (await ivan.subscribe("$quarantine/+"))["error"]["name"] == "permission_denied"
